//! What to download and install.

use super::{Hal, List};
use serde::Serialize;
use utoipa::ToSchema;

/// A deployment, or one to be confirmed, under its own key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiDeployment)]
pub(crate) struct DeploymentDocument {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment: Option<Deployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmation: Option<Deployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action_history: Option<ActionHistory>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiDeployment)]
pub(crate) struct Deployment {
    pub(crate) download: &'static str,
    pub(crate) update: &'static str,
    pub(crate) chunks: Vec<Chunk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maintenance_window: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiChunk)]
pub(crate) struct Chunk {
    pub(crate) part: String,
    pub(crate) version: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) encrypted: bool,
    pub(crate) artifacts: Vec<Artifact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Vec<KeyValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiKeyValue)]
pub(crate) struct KeyValue {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiArtifact)]
pub(crate) struct Artifact {
    pub(crate) filename: String,
    pub(crate) hashes: Hashes,
    /// Bytes.
    pub(crate) size: i64,
    /// Not hawkBit's; clients pass over what they do not know. Absent of a plain file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relation: Option<Relation>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub(crate) hal: Option<Hal>,
    #[serde(rename = "links", skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<List>,
}

/// What a file signs or makes, by name and hash; of what a delta makes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiRelation)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Relation {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) subject_sha256: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) format: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) base_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) base_sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiHashes)]
pub(crate) struct Hashes {
    pub(crate) sha1: String,
    pub(crate) md5: String,
    pub(crate) sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiActionHistory)]
pub(crate) struct ActionHistory {
    pub(crate) status: String,
    pub(crate) messages: Vec<String>,
}
