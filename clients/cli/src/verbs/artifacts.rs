//! `otactl artifacts upload`, `download`, `show`, `relate` and `delete`.

use super::relation::{self, Relate, Relation};
use crate::error::CliError;
use crate::nouns::MODULE;
use crate::output::Output;
use crate::resolve;
use crate::schema;
use crate::session::Session;
use clap::Subcommand;
use otahub_client::proto::{Artifact, DeleteArtifactRequest, ListArtifactsRequest};
use std::path::{Path, PathBuf};
use tokio::fs::File;

/// What can be done with artifacts besides.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Uploads a file.
    Upload(Upload),
    /// Downloads an artifact and checks it. What broke off goes on when it is asked for again.
    Download(Download),
    /// Shows one artifact.
    #[command(visible_alias = "get")]
    Show(One),
    /// Says what an artifact signs or makes; without any option, that it is a plain file.
    Relate(Relate),
    /// Deletes artifacts.
    Delete {
        /// The artifacts, by number or file name.
        #[arg(required = true, value_name = "ARTIFACT")]
        artifacts: Vec<String>,
        /// The module: its number or NAME:VERSION.
        #[arg(long)]
        module: String,
    },
}

/// An artifact.
#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The artifact, by number or file name.
    artifact: String,
    /// The module: its number or NAME:VERSION.
    #[arg(long)]
    module: String,
}

/// What is uploaded.
#[derive(Debug, clap::Args)]
pub(crate) struct Upload {
    /// The file.
    file: PathBuf,
    /// The module: its number or NAME:VERSION.
    #[arg(long)]
    module: String,
    /// What the artifact is called; as the file without one.
    #[arg(long)]
    name: Option<String>,
    /// What it must hash to; what was read from the file without it.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    #[command(flatten)]
    relation: Relation,
}

/// What is downloaded.
#[derive(Debug, clap::Args)]
pub(crate) struct Download {
    #[command(flatten)]
    one: One,
    /// Where it goes: a file or a folder; here under its own name without one.
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Replaces a file that is there already.
    #[arg(long)]
    force: bool,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::Upload(order) => upload(order, session, output).await,
        Verb::Download(order) => download(order, session, output).await,
        Verb::Relate(order) => relation::carry_out(order, session, output).await,
        Verb::Show(One { artifact, module }) => {
            let all = all(&module, session).await?;
            output.show(&schema::json_of("Artifact", pick(&all, &artifact)?))
        }
        Verb::Delete { artifacts, module } => {
            let all = all(&module, session).await?;
            let mut gone = Vec::new();
            for key in artifacts {
                let name = pick(&all, &key)?.name.clone();
                let request = DeleteArtifactRequest { name: name.clone() };
                session.hub().software().delete_artifact(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

/// All artifacts of a module: there are at most some dozens.
pub(crate) async fn all(module: &str, session: &Session) -> Result<Vec<Artifact>, CliError> {
    let parent = resolve::name(&MODULE, module, session).await?;
    let request = ListArtifactsRequest { parent, ..Default::default() };
    Ok(session.hub().software().list_artifacts(request).await?.into_inner().artifacts)
}

/// The artifact with this number, else the one with this file name.
pub(crate) fn pick<'a>(all: &'a [Artifact], key: &str) -> Result<&'a Artifact, CliError> {
    let number = key.parse::<i64>().ok();
    all.iter()
        .find(|artifact| Some(artifact.id) == number)
        .or_else(|| all.iter().find(|artifact| artifact.filename == key))
        .ok_or_else(|| CliError::Missing("artifact of the module", key.to_owned()))
}

async fn upload(order: Upload, session: &Session, output: &mut Output) -> Result<(), CliError> {
    let filename = match order.name {
        Some(name) => name,
        None => own_name(&order.file)?,
    };
    let upload = otahub_client::Upload {
        module: resolve::name(&MODULE, &order.module, session).await?,
        filename,
        sha256: order.sha256,
        relation: order.relation.message(),
    };
    let artifact = send(&order.file, upload, session, output).await?;
    output.show(&schema::json_of("Artifact", &artifact))
}

/// Uploads a file with a bar.
pub(crate) async fn send(
    path: &Path,
    upload: otahub_client::Upload,
    session: &Session,
    output: &Output,
) -> Result<Artifact, CliError> {
    let (file, bytes) = open(path).await?;
    let bar = output.bar(&upload.filename, bytes);
    let progress = bar.clone();
    let outcome = session.hub().upload(upload, file, move |done| progress.set_position(done)).await;
    bar.finish_and_clear();
    Ok(outcome?)
}

async fn download(order: Download, session: &Session, output: &mut Output) -> Result<(), CliError> {
    let all = all(&order.one.module, session).await?;
    let artifact = pick(&all, &order.one.artifact)?;
    let place = place(order.to, &artifact.filename)?;
    if !order.force && tokio::fs::try_exists(&place).await.unwrap_or(false) {
        let text = format!("{} is there already; --force replaces it", place.display());
        return Err(CliError::Usage(text));
    }
    let bar = output.bar(&artifact.filename, artifact.size_bytes.unsigned_abs());
    let progress = |done| bar.set_position(done);
    let outcome = session.hub().download_file(artifact, &place, progress).await;
    bar.finish_and_clear();
    outcome?;
    let path = place.display().to_string();
    let words = format!("{path} is here, {} bytes", artifact.size_bytes);
    let mut value = schema::json_of("Artifact", artifact);
    value["path"] = path.as_str().into();
    output.done(&words, std::slice::from_ref(&artifact.name), &value)
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

async fn open(path: &Path) -> Result<(File, u64), CliError> {
    let fail =
        |why: std::io::Error| CliError::Usage(format!("{} cannot be read: {why}", path.display()));
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
        let file = PathBuf::from("no/such/file");
        assert_eq!(place(Some(file.clone()), "..").unwrap(), file);
    }
}
