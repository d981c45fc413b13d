//! Artifact bytes: content-addressed by SHA-256, in a local folder or an S3-compatible store.
//!
//! Bytes come in under a temporary name and are moved to their hash's name when they are whole
//! and accepted, so that an interrupted upload leaves nothing that could be taken for a file.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use md5::{Digest, Md5};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt};
use otahub_domain::software::Hashes;
use otahub_domain::{Error, Timestamp};
use sha1::Sha1;
use sha2::Sha256;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use url::Url;

/// How much is read from storage, and sent to a caller, at once. Bytes.
const CHUNK_BYTES: usize = 256 << 10;
/// Where the desks are, below the folder.
const DESKS: &str = "tmp";
/// For how long a desk that nobody holds may be one that is about to be.
const JUST_MADE: Duration = Duration::from_millis(500);
/// How much of an upload is gathered for one write to storage. Bytes.
const PART_BYTES: usize = 8 << 20;

/// A local folder, and this process' claim on its desk in it.
struct Folder {
    path: PathBuf,
    /// Locked as long as the process lives; the lock goes with it, however it ends.
    _claim: std::fs::File,
}

/// Where artifact bytes are kept. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// Where uploads under way are kept, below `tmp`: a folder of this process alone.
    desk: String,
    /// The folder, if it is one: files are synced to disk before an upload is answered.
    folder: Option<Arc<Folder>>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs({})", self.store)
    }
}

impl Blobs {
    /// Opens `file:///folder` (made if it is not there) or `s3://bucket/prefix`, the latter with
    /// the credentials and endpoint of the usual `AWS_…` environment variables.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the URL or the place it names.
    pub fn open(url: &Url) -> Result<Self, String> {
        let desk = uuid::Uuid::new_v4().to_string();
        if url.scheme() == "file" {
            let path = url.to_file_path().map_err(|()| format!("{url} is no absolute path"))?;
            let unusable =
                |e: &dyn std::fmt::Display| format!("cannot use {}: {e}", path.display());
            std::fs::create_dir_all(path.join(DESKS)).map_err(|e| unusable(&e))?;
            let claim = claim(&path, &desk).map_err(|e| unusable(&e))?;
            sweep_dead(&path);
            let store = LocalFileSystem::new_with_prefix(&path).map_err(|e| unusable(&e))?;
            let store = Arc::new(store.with_automatic_cleanup(false));
            let folder = Some(Arc::new(Folder { path, _claim: claim }));
            return Ok(Self { store, root: Path::default(), desk, folder });
        }
        let options = std::env::vars().filter(|(k, _)| k.starts_with("AWS_"));
        let (store, root) = object_store::parse_url_opts(url, options)
            .map_err(|e| format!("cannot use {url}: {e}"))?;
        Ok(Self { store: store.into(), root, desk, folder: None })
    }

    /// Begins an upload.
    #[must_use]
    pub fn upload(&self) -> Upload {
        let name = uuid::Uuid::new_v4().to_string();
        let temporary = self.root.clone().join("tmp").join(self.desk.as_str()).join(name);
        let writer = BufWriter::with_capacity(self.store.clone(), temporary.clone(), PART_BYTES)
            .with_max_concurrency(2);
        Upload {
            blobs: self.clone(),
            temporary,
            writer: Some(writer),
            digests: Digests::default(),
            size: 0,
        }
    }

    /// Reads `length` bytes from `offset` on, in chunks. The caller has checked the bounds.
    ///
    /// # Errors
    /// [`Error::BinaryDeleted`] if the bytes are gone, [`Error::Unavailable`] if storage fails.
    pub async fn read(
        &self,
        sha256: &str,
        offset: u64,
        length: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let options = GetOptions {
            range: (length > 0).then_some(GetRange::Bounded(offset..offset + length)),
            ..GetOptions::default()
        };
        let found =
            self.store.get_opts(&self.path(sha256), options).await.map_err(|e| match e {
                object_store::Error::NotFound { .. } => Error::BinaryDeleted { id: sha256.into() },
                other => unavailable(&other),
            })?;
        match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.seek(std::io::SeekFrom::Start(offset)).await.map_err(|e| unavailable(&e))?;
                let bytes = ReaderStream::with_capacity(file.take(length), CHUNK_BYTES);
                Ok(bytes.map_err(|e| unavailable(&e)).boxed())
            }
            GetResultPayload::Stream(stream) => Ok(stream
                .map_err(|e| unavailable(&e))
                .flat_map(|piece| futures::stream::iter(split(piece)))
                .boxed()),
        }
    }

    /// Removes bytes; that they are gone already is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if storage fails.
    pub async fn delete(&self, sha256: &str) -> Result<(), Error> {
        match self.store.delete(&self.path(sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(unavailable(&e)),
        }
    }

    /// Removes what interrupted uploads left: in a local folder those of processes that are gone,
    /// elsewhere those that began before `before`. Gives their number.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if storage fails.
    pub async fn sweep(&self, before: Timestamp) -> Result<usize, Error> {
        if let Some(folder) = &self.folder {
            return Ok(sweep_dead(&folder.path));
        }
        let mut listed = self.store.list(Some(&self.root.clone().join("tmp")));
        let mut removed = 0;
        while let Some(object) = listed.try_next().await.map_err(|e| unavailable(&e))? {
            if object.last_modified.timestamp_millis() < before.millis() {
                self.store.delete(&object.location).await.map_err(|e| unavailable(&e))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn path(&self, sha256: &str) -> Path {
        let fan = sha256.get(0..2).unwrap_or("00");
        self.root.clone().join("blobs").join(fan).join(sha256)
    }

    async fn sync(&self, path: &Path) -> Result<(), Error> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file = folder.path.join(path.as_ref());
        for place in [Some(file.as_path()), file.parent()].into_iter().flatten() {
            let opened = tokio::fs::File::open(place).await.map_err(|e| unavailable(&e))?;
            opened.sync_all().await.map_err(|e| unavailable(&e))?;
        }
        Ok(())
    }
}

/// Claims a desk by a lock on it: whoever finds that free knows that its process is gone.
fn claim(folder: &std::path::Path, desk: &str) -> std::io::Result<std::fs::File> {
    let desk = folder.join(DESKS).join(desk);
    std::fs::create_dir(&desk)?;
    let held = std::fs::File::open(&desk)?;
    held.lock()?;
    Ok(held)
}

/// Removes the desks of processes that are gone. Gives their number.
fn sweep_dead(folder: &std::path::Path) -> usize {
    let Ok(desks) = std::fs::read_dir(folder.join(DESKS)) else { return 0 };
    let dead = desks.flatten().map(|entry| entry.path()).filter(|desk| is_dead(desk));
    dead.filter(|desk| std::fs::remove_dir_all(desk).is_ok()).count()
}

fn is_dead(desk: &std::path::Path) -> bool {
    let Ok(held) = std::fs::File::open(desk) else { return false };
    // made a moment ago, it may be about to be locked
    let created = held.metadata().and_then(|about| about.created());
    let is_new = created.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < JUST_MADE));
    !is_new && held.try_lock().is_ok()
}

fn split(piece: Result<Bytes, Error>) -> Vec<Result<Bytes, Error>> {
    match piece {
        Err(e) => vec![Err(e)],
        Ok(mut bytes) => {
            let mut pieces = Vec::new();
            while !bytes.is_empty() {
                pieces.push(Ok(bytes.split_to(bytes.len().min(CHUNK_BYTES))));
            }
            pieces
        }
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> Error {
    tracing::error!(%error, "artifact storage does not answer");
    Error::Unavailable
}

/// The three hashes in the making.
#[derive(Default)]
pub(crate) struct Digests {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Digests {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    /// What the bytes hash to.
    pub(crate) fn finish(self) -> Hashes {
        Hashes {
            md5: hex::encode(self.md5.finalize()),
            sha1: hex::encode(self.sha1.finalize()),
            sha256: hex::encode(self.sha256.finalize()),
        }
    }
}

/// An upload under way. Dropped before [`Upload::keep`], it leaves nothing behind.
pub struct Upload {
    blobs: Blobs,
    temporary: Path,
    writer: Option<BufWriter>,
    digests: Digests,
    size: u64,
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if storage fails.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.digests.update(&bytes);
        self.size += bytes.len() as u64;
        match &mut self.writer {
            Some(writer) => writer.put(bytes).await.map_err(|e| unavailable(&e)),
            None => Err(Error::Internal),
        }
    }

    /// Bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the bytes and tells what they hash to. They are in storage, under a temporary name.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if storage fails.
    pub async fn finish(&mut self) -> Result<Hashes, Error> {
        use tokio::io::AsyncWriteExt;
        if let Some(mut writer) = self.writer.take() {
            writer.shutdown().await.map_err(|e| unavailable(&e))?;
        }
        Ok(std::mem::take(&mut self.digests).finish())
    }

    /// Moves the finished bytes to the name of their hash, for good.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if storage fails.
    pub async fn keep(self, sha256: &str) -> Result<(), Error> {
        let place = self.blobs.path(sha256);
        self.blobs.sync(&self.temporary).await?;
        let moved = self.blobs.store.rename(&self.temporary, &place).await;
        moved.map_err(|e| unavailable(&e))?;
        self.blobs.sync(&place).await
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let writer = self.writer.take();
        let (store, temporary) = (self.blobs.store.clone(), self.temporary.clone());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            if let Some(mut writer) = writer {
                // nothing to do about a failure: what is left is swept at the next start
                let _ = writer.abort().await;
            }
            let _ = store.delete(&temporary).await;
        });
    }
}
