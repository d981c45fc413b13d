//! `otactl artifacts relate`, and what an upload says of relations.

use super::artifacts::{all, pick};
use crate::error::CliError;
use crate::output::Output;
use crate::schema;
use crate::session::Session;
use otahub_client::proto::{Artifact, ArtifactKind, ArtifactRelation, UpdateArtifactRequest};

/// The options that only a delta has.
const DELTA: [&str; 3] = ["makes", "base_version", "base_sha256"];

/// What an artifact is to another one of its module.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Relation {
    /// It is a signature of this file.
    #[arg(long, value_name = "FILENAME", conflicts_with_all = DELTA)]
    pub(crate) signs: Option<String>,
    /// It is a delta that makes this file.
    #[arg(long, value_name = "FILENAME")]
    pub(crate) makes: Option<String>,
    /// It is a delta; the version of what has to be there.
    #[arg(long, value_name = "VERSION")]
    pub(crate) base_version: Option<String>,
    /// It is a delta; the SHA-256 of what has to be there.
    #[arg(long, value_name = "SHA256")]
    pub(crate) base_sha256: Option<String>,
    /// How it is signed or made: cms, ed25519, vcdiff, …
    #[arg(long)]
    pub(crate) format: Option<String>,
}

/// Which artifact is changed, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Relate {
    /// The artifact, by number or file name.
    pub(crate) artifact: String,
    /// The module: its number or NAME:VERSION.
    #[arg(long)]
    pub(crate) module: String,
    #[command(flatten)]
    pub(crate) relation: Relation,
}

impl Relation {
    /// None of a plain file.
    pub(crate) fn message(self) -> Option<ArtifactRelation> {
        let is_delta = [&self.makes, &self.base_version, &self.base_sha256];
        let kind = if self.signs.is_some() {
            ArtifactKind::Signature
        } else if is_delta.into_iter().any(Option::is_some) {
            ArtifactKind::Delta
        } else {
            ArtifactKind::Unspecified
        };
        let relation = ArtifactRelation {
            kind: kind.into(),
            subject_filename: self.signs.or(self.makes).unwrap_or_default(),
            subject_sha256: String::new(),
            format: self.format.unwrap_or_default(),
            base_version: self.base_version.unwrap_or_default(),
            base_sha256: self.base_sha256.unwrap_or_default(),
        };
        Some(relation).filter(|relation| *relation != ArtifactRelation::default())
    }
}

/// Says anew what an artifact is to another one; without any word, that it is a plain file.
pub(crate) async fn carry_out(
    order: Relate,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let artifacts = all(&order.module, session).await?;
    let name = pick(&artifacts, &order.artifact)?.name.clone();
    let artifact = Artifact { name, relation: order.relation.message(), ..Default::default() };
    let request = UpdateArtifactRequest {
        artifact: Some(artifact),
        update_mask: Some(prost_types::FieldMask { paths: vec!["relation".to_owned()] }),
    };
    let changed = session.hub().software().update_artifact(request).await?.into_inner();
    output.show(&schema::json_of("Artifact", &changed))
}
