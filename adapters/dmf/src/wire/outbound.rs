//! Bodies that the hub sends.

use serde::Serialize;
use std::collections::BTreeMap;

/// `DOWNLOAD_AND_INSTALL`, `DOWNLOAD` and `CONFIRM`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadAndUpdate {
    pub(crate) action_id: i64,
    pub(crate) target_security_token: String,
    pub(crate) software_modules: Vec<SoftwareModule>,
}

/// `BATCH_DOWNLOAD_AND_INSTALL` and `BATCH_DOWNLOAD`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchDownloadAndUpdate {
    pub(crate) timestamp: i64,
    pub(crate) targets: Vec<BatchTarget>,
    pub(crate) software_modules: Vec<SoftwareModule>,
}

/// A target of a batch.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchTarget {
    pub(crate) action_id: i64,
    pub(crate) controller_id: String,
    pub(crate) target_security_token: String,
}

/// `CANCEL_DOWNLOAD`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) action_id: i64,
}

/// A software module.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SoftwareModule {
    pub(crate) module_id: i64,
    pub(crate) module_type: String,
    pub(crate) module_version: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) encrypted: bool,
    pub(crate) artifacts: Vec<Artifact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Vec<Metadata>,
}

/// A file.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifact {
    pub(crate) filename: String,
    pub(crate) hashes: Hashes,
    pub(crate) size: i64,
    pub(crate) last_modified: i64,
    pub(crate) urls: BTreeMap<&'static str, String>,
}

/// Hashes of a file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Hashes {
    pub(crate) sha1: String,
    pub(crate) md5: String,
}

/// What a module says of itself.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Metadata {
    pub(crate) key: String,
    pub(crate) value: String,
}
