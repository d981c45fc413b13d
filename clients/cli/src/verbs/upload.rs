//! Uploads a file: read, hashed and sent piece by piece, so that its size does not matter.

use super::artifacts::Upload;
use crate::error::CliError;
use crate::output::Output;
use crate::session::Session;
use bytes::Bytes;
use indicatif::ProgressBar;
use md5::{Digest, Md5};
use otahub_client::names;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::{Artifact, Hashes, UploadArtifactRequest, UploadArtifactStart};
use sha1::Sha1;
use sha2::Sha256;
use std::io;
use std::path::Path;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::{Sender, channel};

/// What is sent at once; the hub takes up to 1 MiB.
const PIECE_BYTES: usize = 256 << 10;

pub(crate) async fn carry_out(
    order: Upload,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let (file, bytes) = open(&order.file).await?;
    let filename = match order.name {
        Some(name) => name,
        None => own_name(&order.file)?,
    };
    let bar = output.bar(&filename, bytes);
    let start = UploadArtifactStart {
        parent: names::software_module(order.module),
        filename,
        relation: order.relation.message(),
        expected_hashes: Some(Hashes { sha256: order.sha256, ..Default::default() }),
        ..Default::default()
    };
    let outcome = send(start, file, &bar, session).await;
    bar.finish_and_clear();
    output.show(&outcome?)
}

async fn send(
    start: UploadArtifactStart,
    file: File,
    bar: &ProgressBar,
    session: &Session,
) -> Result<Artifact, CliError> {
    let (sender, mut receiver) = channel(4);
    let feeder = feed(start, file, sender, bar.clone());
    let pieces = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut software = session.software();
    let call = software.upload_artifact(pieces);
    tokio::pin!(feeder, call);
    let mut fed = None;
    let artifact = loop {
        tokio::select! {
            answer = &mut call => break answer?.into_inner(),
            outcome = &mut feeder, if fed.is_none() => fed = Some(outcome?),
        }
    };
    let decrypted = artifact.decrypted.as_ref().and_then(|decrypted| decrypted.hashes.as_ref());
    match (fed.flatten(), decrypted.or(artifact.hashes.as_ref())) {
        (Some(ours), Some(theirs)) if ours != *theirs => Err(CliError::Local(format!(
            "the hub has other bytes than were sent: their sha256 is {}, not {}",
            theirs.sha256, ours.sha256
        ))),
        _ => Ok(artifact),
    }
}

/// Sends the file and last its hashes, which are the result. Where reading fails the stream must
/// not end, for that would look like the end of the file: the sender lives on in the error, and
/// the call is dropped instead.
async fn feed(
    start: UploadArtifactStart,
    mut file: File,
    sender: Sender<UploadArtifactRequest>,
    bar: ProgressBar,
) -> Result<Option<Hashes>, Unread> {
    let wanted = start.expected_hashes.clone().unwrap_or_default().sha256;
    if !pass(&sender, Step::Start(start)).await {
        return Ok(None);
    }
    let (mut md5, mut sha1, mut sha256) = (Md5::new(), Sha1::new(), Sha256::new());
    loop {
        let piece = match read(&mut file).await {
            Ok(piece) if piece.is_empty() => break,
            Ok(piece) => piece,
            Err(why) => {
                return Err(Unread { why, _sender: sender });
            }
        };
        md5.update(&piece);
        sha1.update(&piece);
        sha256.update(&piece);
        let count = piece.len() as u64;
        if !pass(&sender, Step::Data(piece)).await {
            return Ok(None);
        }
        bar.inc(count);
    }
    let hashes = Hashes {
        md5: hex::encode(md5.finalize()),
        sha1: hex::encode(sha1.finalize()),
        sha256: hex::encode(sha256.finalize()),
    };
    let mut expected = hashes.clone();
    if !wanted.is_empty() {
        expected.sha256 = wanted;
    }
    pass(&sender, Step::ExpectedHashes(expected)).await;
    Ok(Some(hashes))
}

/// Whether anybody still listens: a hub that refuses does not.
async fn pass(sender: &Sender<UploadArtifactRequest>, step: Step) -> bool {
    sender.send(UploadArtifactRequest { step: Some(step) }).await.is_ok()
}

async fn read(file: &mut File) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    file.take(PIECE_BYTES as u64).read_to_end(&mut piece).await?;
    Ok(piece.into())
}

/// The file could not be read to its end.
struct Unread {
    why: io::Error,
    _sender: Sender<UploadArtifactRequest>,
}

impl From<Unread> for CliError {
    fn from(unread: Unread) -> Self {
        Self::Local(format!("the file cannot be read: {}", unread.why))
    }
}

async fn open(path: &Path) -> Result<(File, u64), CliError> {
    let fail =
        |why: io::Error| CliError::Usage(format!("{} cannot be read: {why}", path.display()));
    let file = File::open(path).await.map_err(fail)?;
    let about = file.metadata().await.map_err(fail)?;
    if !about.is_file() {
        return Err(CliError::Usage(format!("{} is not a file", path.display())));
    }
    Ok((file, about.len()))
}

fn own_name(path: &Path) -> Result<String, CliError> {
    path.file_name()
        .and_then(|name| name.to_str())
        .map(str::to_owned)
        .ok_or_else(|| CliError::Usage("give the artifact a name with --name".to_owned()))
}
