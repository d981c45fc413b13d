//! What devices are sent.

use serde::Serialize;

/// `…/request`: what to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub operation: Operation,
    /// What the device's events name it by.
    pub uuid: String,
    /// The first file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Bytes of the first file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Of the first file, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Name and version of what is to be installed.
    pub name: String,
    pub version: String,
    /// It is not to be postponed.
    pub force: bool,
    /// It is to be downloaded and not installed.
    pub download_only: bool,
    /// Until when the request and its links hold, as RFC 3339 writes it.
    pub not_after: String,
    /// All files.
    pub artifacts: Vec<File>,
}

/// What to do about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Operation {
    Confirm,
    Update,
    Cancel,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct File {
    /// The module that it belongs to: its type, name and version.
    pub part: String,
    pub name: String,
    pub version: String,
    pub filename: String,
    pub url: String,
    pub size: i64,
    pub sha256: String,
}

/// `…/notice`: something that the device said could not be used, or is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Notice {
    /// One of few words, for programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// On which topic it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}
