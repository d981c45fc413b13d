//! Software modules, their types and their artifacts.

use super::{Audit, Links, lenient};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A software module.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SoftwareModule {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) id: i64,
    pub(crate) version: String,
    #[serde(rename = "type")]
    pub(crate) type_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) type_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vendor: Option<String>,
    pub(crate) encrypted: bool,
    pub(crate) locked: bool,
    pub(crate) deleted: bool,
    pub(crate) complete: bool,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What creates or changes a software module.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SoftwareModuleBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) version: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) type_key: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 256)]
    pub(crate) vendor: Option<String>,
    #[serde(default, deserialize_with = "lenient::primitive_flag")]
    pub(crate) encrypted: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) locked: Option<bool>,
}

/// A kind of software module.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SoftwareModuleType {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) colour: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) id: i64,
    pub(crate) min_artifacts: i32,
    pub(crate) max_assignments: i32,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// A file of a module; `size` in bytes. hawkBit has no `decrypted` and no `relation`: they are
/// there only if there is something to tell.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifact {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) id: i64,
    pub(crate) hashes: Hashes,
    pub(crate) provided_filename: String,
    pub(crate) size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decrypted: Option<Decrypted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relation: Option<Relation>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What an encrypted file is once it is decrypted; `size` in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decrypted {
    pub(crate) hashes: Hashes,
    pub(crate) size: i64,
    pub(crate) scheme: String,
    pub(crate) key_id: String,
}

/// What a file signs or makes, by name and hash; of what a delta makes it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Relation {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base_sha256: Option<String>,
}

/// The hashes of a file, in lower-case hexadecimal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hashes {
    pub(crate) sha1: String,
    pub(crate) md5: String,
    pub(crate) sha256: String,
}
