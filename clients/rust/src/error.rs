//! What went wrong, the same whether the hub is near or far.

use crate::Reason;
use std::collections::HashMap;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refusal or failure of a call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct HubError {
    /// Why, from the list that every protocol shares.
    pub reason: Reason,
    /// The gRPC code: what to go by when the reason is `Unspecified`.
    pub code: Code,
    /// A text for people.
    pub message: String,
    /// What the text mentions, by name (see `errors.proto`).
    pub metadata: HashMap<String, String>,
}

impl HubError {
    /// Whether the call ran out of time. A hub across the network says `Cancelled` for that.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.code, Code::DeadlineExceeded | Code::Cancelled)
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_timeout() || matches!(self.code, Code::Unavailable | Code::Aborted)
    }

    /// An entry of the metadata, or nothing.
    #[must_use]
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }
}

impl From<Status> for HubError {
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info();
        let reason = info
            .as_ref()
            .and_then(|i| Reason::from_str_name(&format!("REASON_{}", i.reason)))
            .unwrap_or(Reason::Unspecified);
        Self {
            reason,
            code: status.code(),
            message: status.message().to_owned(),
            metadata: info.map(|i| i.metadata).unwrap_or_default(),
        }
    }
}
