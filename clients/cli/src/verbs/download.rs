//! Downloads an artifact beside its place, checks it, and moves it there.

use super::artifacts::{Download, all, pick};
use crate::error::CliError;
use crate::output::Output;
use crate::session::Session;
use crate::view::View;
use indicatif::ProgressBar;
use md5::{Digest, Md5};
use otahub_client::proto::{Artifact, DownloadArtifactRequest};
use sha1::Sha1;
use sha2::Sha256;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How often a broken transfer is taken up again.
const RESUMES_MAX: u32 = 5;
/// How long to wait before that.
const RESUME_WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn carry_out(
    order: Download,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let all = all(order.module, session).await?;
    let artifact = pick(&all, &order.artifact)?;
    let place = place(order.to, &artifact.filename)?;
    if !order.force && fs::try_exists(&place).await.unwrap_or(false) {
        let text = format!("{} is there already; --force replaces it", place.display());
        return Err(CliError::Usage(text));
    }
    let bar = output.bar(&artifact.filename, artifact.size_bytes.unsigned_abs());
    let outcome = fetch(artifact, &place, &bar, session).await;
    bar.finish_and_clear();
    outcome?;
    let words = format!("{} is here, {} bytes", place.display(), artifact.size_bytes);
    let mut value = artifact.json();
    value["path"] = place.display().to_string().into();
    output.done(&words, &value)
}

async fn fetch(
    artifact: &Artifact,
    place: &Path,
    bar: &ProgressBar,
    session: &Session,
) -> Result<(), CliError> {
    let part = part(place, artifact);
    let fail = |why| unwritable(&part, why);
    let mut partial = Partial::open(&part).await.map_err(fail)?;
    if partial.done > artifact.size_bytes {
        partial.restart().await.map_err(fail)?;
    }
    let mut resumes = 0;
    while partial.done < artifact.size_bytes {
        bar.set_position(partial.done.unsigned_abs());
        match partial.receive(artifact, bar, session, &part).await {
            Ok(()) => break,
            Err(error) if error.is_transient() && resumes < RESUMES_MAX => {
                resumes += 1;
                tokio::time::sleep(RESUME_WAIT).await;
            }
            Err(error) => return Err(error),
        }
    }
    partial.file.sync_all().await.map_err(fail)?;
    if let Err(error) = partial.check(artifact) {
        let _ = fs::remove_file(&part).await;
        return Err(error);
    }
    fs::rename(&part, place).await.map_err(|why| unwritable(place, why))
}

/// What is there of an artifact.
struct Partial {
    file: File,
    done: i64,
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Partial {
    /// Opens what an earlier attempt left behind, or begins.
    async fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path).await?;
        let (md5, sha1, sha256) = (Md5::new(), Sha1::new(), Sha256::new());
        let mut this = Self { file, done: 0, md5, sha1, sha256 };
        let mut buffer = vec![0; 256 << 10];
        loop {
            let count = this.file.read(&mut buffer).await?;
            if count == 0 {
                return Ok(this);
            }
            this.note(&buffer[..count]);
        }
    }

    async fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0).await?;
        self.done = 0;
        (self.md5, self.sha1, self.sha256) = (Md5::new(), Sha1::new(), Sha256::new());
        Ok(())
    }

    /// Takes what the hub sends from where it stands.
    async fn receive(
        &mut self,
        artifact: &Artifact,
        bar: &ProgressBar,
        session: &Session,
        path: &Path,
    ) -> Result<(), CliError> {
        let request = DownloadArtifactRequest {
            name: artifact.name.clone(),
            offset_bytes: self.done,
            length_bytes: 0,
        };
        let mut stream = session.software().download_artifact(request).await?.into_inner();
        while let Some(piece) = stream.message().await? {
            self.file.write_all(&piece.data).await.map_err(|why| unwritable(path, why))?;
            self.note(&piece.data);
            bar.set_position(self.done.unsigned_abs());
        }
        self.file.flush().await.map_err(|why| unwritable(path, why))
    }

    fn note(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        self.done += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    }

    fn check(self, artifact: &Artifact) -> Result<(), CliError> {
        let announced = artifact.hashes.clone().unwrap_or_default();
        let pairs = [
            ("md5", hex::encode(self.md5.finalize()), announced.md5),
            ("sha1", hex::encode(self.sha1.finalize()), announced.sha1),
            ("sha256", hex::encode(self.sha256.finalize()), announced.sha256),
        ];
        for (algorithm, found, expected) in pairs {
            if !expected.eq_ignore_ascii_case(&found) {
                return Err(CliError::Local(format!(
                    "{} did not arrive whole: its {algorithm} is {found}, announced was {expected}",
                    artifact.filename
                )));
            }
        }
        Ok(())
    }
}

/// Where an artifact goes. Its name was chosen elsewhere, so it must not lead out of the folder.
fn place(to: Option<PathBuf>, filename: &str) -> Result<PathBuf, CliError> {
    match to {
        Some(path) if !path.is_dir() => Ok(path),
        folder => {
            let plain =
                !filename.contains(['/', '\\', '\0']) && !matches!(filename, "" | "." | "..");
            if !plain {
                let text = format!("«{filename}» cannot name a file here; say where with --to");
                return Err(CliError::Usage(text));
            }
            Ok(folder.unwrap_or_default().join(filename))
        }
    }
}

/// The temporary name: hidden, and of these bytes only, so that no other download is taken up.
fn part(place: &Path, artifact: &Artifact) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let hashes = artifact.hashes.clone().unwrap_or_default();
    let mark = hashes.sha256.chars().filter(char::is_ascii_hexdigit).take(12).collect::<String>();
    place.with_file_name(format!(".{name}.{mark}.part"))
}

fn unwritable(path: &Path, why: io::Error) -> CliError {
    CliError::Local(format!("{} cannot be written: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_elsewhere_does_not_lead_out_of_the_folder() {
        for filename in ["../x", "/etc/passwd", "a\\b", "..", ""] {
            assert!(place(None, filename).is_err(), "{filename}");
        }
        assert_eq!(place(None, "a.bin").unwrap(), PathBuf::from("a.bin"));
        let folder = std::env::temp_dir();
        assert_eq!(place(Some(folder.clone()), "a.bin").unwrap(), folder.join("a.bin"));
        assert_eq!(place(Some("b".into()), "../x").unwrap(), PathBuf::from("b"));
    }
}
