//! What went wrong, the same whether the hub is near or far.

use crate::Reason;
use std::collections::HashMap;
use std::time::Duration;
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
    /// What else came along.
    pub details: Box<Details>,
}

/// What comes along with some refusals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Fields of the request that break a rule.
    pub fields: Vec<Violation>,
    /// Quotas that are full.
    pub quotas: Vec<Violation>,
    /// After what time the same call may succeed.
    pub retry_after: Option<Duration>,
}

/// A broken rule: of a field, or a quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub subject: String,
    /// How, for people.
    pub description: String,
}

impl HubError {
    /// Whether the call ran out of time. A hub across the network says `Cancelled` for that.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.code, Code::DeadlineExceeded | Code::Cancelled)
    }

    /// gRPC's name of the code: `NOT_FOUND`.
    #[must_use]
    pub fn code_name(&self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The reason's name without its prefix: `ACTION_CLOSED`.
    #[must_use]
    pub fn reason_name(&self) -> &'static str {
        let name = self.reason.as_str_name();
        name.strip_prefix("REASON_").unwrap_or(name)
    }

    /// Whether the connection broke, or the hub asks to try again: what a stream is taken up
    /// after, and what a call is repeated after that may be made twice.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let nobody_said = self.reason == Reason::Unspecified;
        self.code == Code::Unavailable
            || (nobody_said
                && matches!(self.code, Code::Internal | Code::Unknown | Code::Cancelled))
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
            details: Box::new(Details::from(&status)),
        }
    }
}

impl From<&Status> for Details {
    fn from(status: &Status) -> Self {
        let violation = |subject, description| Violation { subject, description };
        let fields = status.get_details_bad_request().map(|d| d.field_violations);
        let quotas = status.get_details_quota_failure().map(|d| d.violations);
        Self {
            fields: fields
                .into_iter()
                .flatten()
                .map(|v| violation(v.field, v.description))
                .collect(),
            quotas: quotas
                .into_iter()
                .flatten()
                .map(|v| violation(v.subject, v.description))
                .collect(),
            retry_after: status.get_details_retry_info().and_then(|d| d.retry_delay),
        }
    }
}
