//! `otactl artifacts …`.

use super::relation::{self, Relate, Relation};
use super::{download, upload};
use crate::error::CliError;
use crate::output::Output;
use crate::session::Session;
use clap::Subcommand;
use otahub_client::names;
use otahub_client::proto::{Artifact, DeleteArtifactRequest, ListArtifactsRequest};
use std::path::PathBuf;

/// What can be done with artifacts.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Uploads a file.
    Upload(Upload),
    /// Lists the artifacts of a module.
    List {
        /// The module's number.
        #[arg(long)]
        module: i64,
    },
    /// Downloads an artifact and checks it. What broke off goes on when it is asked for again.
    Download(Download),
    /// Says what an artifact signs or makes; without any option, that it is a plain file.
    Relate(Relate),
    /// Deletes artifacts.
    Delete {
        /// The artifacts, by number or file name.
        #[arg(required = true, value_name = "ARTIFACT")]
        artifacts: Vec<String>,
        /// The module's number.
        #[arg(long)]
        module: i64,
    },
}

/// What is uploaded.
#[derive(Debug, clap::Args)]
pub(crate) struct Upload {
    /// The file.
    pub(crate) file: PathBuf,
    /// The module's number.
    #[arg(long)]
    pub(crate) module: i64,
    /// What the artifact is called; as the file without one.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What it must hash to; what was read from the file without it.
    #[arg(long, value_name = "HEX", default_value = "", hide_default_value = true)]
    pub(crate) sha256: String,
    #[command(flatten)]
    pub(crate) relation: Relation,
}

/// What is downloaded.
#[derive(Debug, clap::Args)]
pub(crate) struct Download {
    /// The artifact, by number or file name.
    pub(crate) artifact: String,
    /// The module's number.
    #[arg(long)]
    pub(crate) module: i64,
    /// Where it goes: a file or a folder; here under its own name without one.
    #[arg(long, value_name = "PATH")]
    pub(crate) to: Option<PathBuf>,
    /// Replaces a file that is there already.
    #[arg(long)]
    pub(crate) force: bool,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::Upload(order) => upload::carry_out(order, session, output).await,
        Verb::List { module } => {
            let artifacts = all(module, session).await?;
            let total = i64::try_from(artifacts.len()).unwrap_or(i64::MAX);
            output.list("artifacts", &artifacts, total)
        }
        Verb::Download(order) => download::carry_out(order, session, output).await,
        Verb::Relate(order) => relation::carry_out(order, session, output).await,
        Verb::Delete { artifacts, module } => {
            let all = all(module, session).await?;
            let mut gone = Vec::new();
            for key in artifacts {
                let name = pick(&all, &key)?.name.clone();
                let request = DeleteArtifactRequest { name: name.clone() };
                session.software().delete_artifact(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

/// All artifacts of a module: there are at most some dozens.
pub(crate) async fn all(module: i64, session: &Session) -> Result<Vec<Artifact>, CliError> {
    let parent = names::software_module(module);
    let request = ListArtifactsRequest { parent, ..Default::default() };
    Ok(session.software().list_artifacts(request).await?.into_inner().artifacts)
}

/// The artifact with this number, else the one with this file name.
pub(crate) fn pick<'a>(all: &'a [Artifact], key: &str) -> Result<&'a Artifact, CliError> {
    let number = key.parse::<i64>().ok();
    all.iter()
        .find(|artifact| Some(artifact.id) == number)
        .or_else(|| all.iter().find(|artifact| artifact.filename == key))
        .ok_or_else(|| CliError::Local(format!("the module has no artifact «{key}»")))
}
