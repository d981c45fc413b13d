//! Artifacts on their way to the hub and from it.

use crate::repeat::Backoff;
use crate::{Hub, HubError, proto};
use bytes::Bytes;
use futures::stream;
use proto::upload_artifact_request::Step;
use proto::{
    Artifact, ArtifactRelation, DownloadArtifactRequest, Hashes, UploadArtifactRequest,
    UploadArtifactStart,
};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::{self, OpenOptions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tonic::Status;

/// What is sent at once; the hub takes up to 1 MiB.
const PIECE_BYTES: u64 = 256 << 10;

/// Why an artifact did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The hub refused, or cannot be reached.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// What is to be read or written here cannot be.
    #[error(transparent)]
    Local(#[from] io::Error),
    /// The bytes that came are not those that the hub announced.
    #[error("{filename} is {found}, not {announced}")]
    Checksum {
        /// The artifact's name.
        filename: String,
        /// SHA-256 of what came.
        found: String,
        /// SHA-256 that the hub announced.
        announced: String,
    },
}

impl From<Status> for TransferError {
    fn from(status: Status) -> Self {
        Self::Hub(status.into())
    }
}

/// A file for a module.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// `softwareModules/{id}`.
    pub module: String,
    /// The name that it is to have.
    pub filename: String,
    /// What the bytes must hash to; without one, it is what was read.
    pub sha256: Option<String>,
    /// What it is to another file of the module; nothing of a plain file.
    pub relation: Option<ArtifactRelation>,
}

/// What has passed.
struct Passed<P> {
    done: u64,
    hash: Sha256,
    progress: P,
}

impl<P: FnMut(u64)> Passed<P> {
    fn new(progress: P) -> Self {
        Self { done: 0, hash: Sha256::new(), progress }
    }

    fn note(&mut self, data: &[u8]) {
        self.hash.update(data);
        self.done += data.len() as u64;
        (self.progress)(self.done);
    }

    /// Notes what is there already.
    async fn take_up(&mut self, source: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        loop {
            let mut piece = Vec::new();
            if (&mut *source).take(PIECE_BYTES).read_to_end(&mut piece).await? == 0 {
                return Ok(());
            }
            self.note(&piece);
        }
    }

    /// Whether what has passed is what the hub announced.
    fn check(self, artifact: &Artifact) -> Result<(), TransferError> {
        let announced = artifact.hashes.clone().unwrap_or_default().sha256;
        let found = hex::encode(self.hash.finalize());
        if found != announced {
            let filename = artifact.filename.clone();
            return Err(TransferError::Checksum { filename, found, announced });
        }
        Ok(())
    }
}

impl Hub {
    /// Uploads what `source` has; the hub checks its SHA-256. `progress` is told how many bytes
    /// are done.
    ///
    /// # Errors
    /// If the hub refuses, or if `source` cannot be read.
    pub async fn upload(
        &self,
        upload: Upload,
        source: impl AsyncRead + Send + Unpin + 'static,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Artifact, TransferError> {
        let (unread, failed) = oneshot::channel();
        let sending = Sending {
            next: Some(Next::Start),
            upload,
            source,
            passed: Passed::new(progress),
            unread: Some(unread),
        };
        let mut software = self.software();
        let steps = stream::unfold(sending, Sending::step);
        tokio::select! {
            answer = software.upload_artifact(steps) => Ok(answer?.into_inner()),
            Ok(error) = failed => Err(TransferError::Local(error)),
        }
    }

    /// Writes an artifact's bytes to `sink`, and goes on where it was if the connection breaks.
    /// `progress` is told how many bytes are done.
    ///
    /// # Errors
    /// If the hub refuses, if `sink` cannot be written, or if what came is not what the hub
    /// announced.
    pub async fn download(
        &self,
        artifact: &Artifact,
        mut sink: impl AsyncWrite + Unpin,
        progress: impl FnMut(u64),
    ) -> Result<(), TransferError> {
        let mut passed = Passed::new(progress);
        self.receive_all(artifact, &mut sink, &mut passed).await?;
        passed.check(artifact)
    }

    /// Writes an artifact to the file `place`: first beside it under a hidden name, and moves it
    /// there once it is whole. What an earlier attempt left is taken up. `progress` is told how
    /// many bytes are done.
    ///
    /// # Errors
    /// As [`Hub::download`]; what came and is not what the hub announced is removed.
    pub async fn download_file(
        &self,
        artifact: &Artifact,
        place: &Path,
        progress: impl FnMut(u64),
    ) -> Result<(), TransferError> {
        let part = part(place, artifact);
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(&part).await?;
        let mut passed = Passed::new(progress);
        if file.metadata().await?.len() > artifact.size_bytes.unsigned_abs() {
            file.set_len(0).await?;
        }
        passed.take_up(&mut file).await?;
        self.receive_all(artifact, &mut file, &mut passed).await?;
        file.sync_all().await?;
        if let Err(error) = passed.check(artifact) {
            fs::remove_file(&part).await?;
            return Err(error);
        }
        Ok(fs::rename(&part, place).await?)
    }

    /// Takes all that is still missing.
    async fn receive_all(
        &self,
        artifact: &Artifact,
        sink: &mut (impl AsyncWrite + Unpin),
        passed: &mut Passed<impl FnMut(u64)>,
    ) -> Result<(), TransferError> {
        let mut backoff = Backoff::of_streams();
        while passed.done < artifact.size_bytes.unsigned_abs() {
            let received = self.receive(artifact, sink, passed, &mut backoff).await;
            sink.flush().await?;
            match received {
                Ok(()) => {}
                Err(TransferError::Hub(error)) => backoff.wait(error).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn receive(
        &self,
        artifact: &Artifact,
        sink: &mut (impl AsyncWrite + Unpin),
        passed: &mut Passed<impl FnMut(u64)>,
        backoff: &mut Backoff,
    ) -> Result<(), TransferError> {
        let request = DownloadArtifactRequest {
            name: artifact.name.clone(),
            offset_bytes: passed.done.cast_signed(),
            length_bytes: 0,
        };
        let mut stream = self.software().download_artifact(request).await?.into_inner();
        while let Some(answer) = stream.message().await? {
            backoff.progress();
            sink.write_all(&answer.data).await?;
            passed.note(&answer.data);
        }
        Ok(())
    }
}

/// The temporary name: hidden, and of these bytes only, so that no other download is taken up.
fn part(place: &Path, artifact: &Artifact) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let hashes = artifact.hashes.clone().unwrap_or_default();
    let mark: String = hashes.sha256.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    place.with_file_name(format!(".{name}.{mark}.part"))
}

/// What is sent next.
enum Next {
    Start,
    Data,
}

struct Sending<R, P> {
    next: Option<Next>,
    upload: Upload,
    source: R,
    passed: Passed<P>,
    unread: Option<oneshot::Sender<io::Error>>,
}

impl<R: AsyncRead + Unpin, P: FnMut(u64)> Sending<R, P> {
    async fn step(mut self) -> Option<(UploadArtifactRequest, Self)> {
        let step = match self.next.take()? {
            Next::Start => {
                self.next = Some(Next::Data);
                Step::Start(UploadArtifactStart {
                    parent: self.upload.module.clone(),
                    filename: self.upload.filename.clone(),
                    relation: self.upload.relation.take(),
                    ..Default::default()
                })
            }
            Next::Data => {
                let piece = self.read().await;
                if piece.is_empty() {
                    let sum = std::mem::take(&mut self.passed.hash);
                    let sum = || hex::encode(sum.finalize());
                    let sha256 = self.upload.sha256.take().unwrap_or_else(sum);
                    Step::ExpectedHashes(Hashes { sha256, ..Default::default() })
                } else {
                    self.passed.note(&piece);
                    self.next = Some(Next::Data);
                    Step::Data(piece)
                }
            }
        };
        Some((UploadArtifactRequest { step: Some(step) }, self))
    }

    /// The next bytes; none at the end. If they cannot be read, this never ends, for the end of
    /// the stream would look like the end of the file: the call is dropped instead.
    async fn read(&mut self) -> Bytes {
        let mut piece = Vec::new();
        let read = (&mut self.source).take(PIECE_BYTES).read_to_end(&mut piece).await;
        if let Err(error) = read {
            if let Some(unread) = self.unread.take() {
                let _ = unread.send(error);
            }
            std::future::pending::<()>().await;
        }
        piece.into()
    }
}
