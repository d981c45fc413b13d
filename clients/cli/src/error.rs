//! What can go wrong, in words, and the exit codes.

use crate::schema::Wrong;
use otahub_client::{HubError, Reason, TransferError, Violation};
use serde_json::{Value, json};
use std::io;
use tonic::{Code, Status};

/// How a command ended that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The update that was watched failed.
    UpdateFailed,
    /// The update that was watched was cancelled.
    Canceled,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::UpdateFailed => 3,
            Self::Canceled => 4,
        }
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(String),
    /// Something of this kind is not there.
    #[error("there is no {0} «{1}»")]
    Missing(&'static str, String),
    /// Something of this kind is there already.
    #[error("there is a {0} «{1}» already")]
    Taken(&'static str, String),
    /// What is there does not allow it.
    #[error("{0}")]
    Clash(String),
    /// Something went wrong at this place of a file.
    #[error("{0}: {1}")]
    At(String, Box<CliError>),
    /// A time is over that was set.
    #[error("{0}")]
    TimeOver(String),
    #[error("{}", refusal(.0))]
    Refused(Box<HubError>),
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    #[error("{0}")]
    Local(String),
    #[error("the result cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl CliError {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Refused(error) => refused_code(error.code),
            Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::Missing(..) => 5,
            Self::Taken(..) => 6,
            Self::Clash(_) => 8,
            Self::At(_, error) => error.code(),
            Self::TimeOver(_) => 10,
            Self::Unreachable(_) => 69,
            // Whoever read the result has heard enough.
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Write(_) => 1,
        }
    }

    /// A request that cannot be made: a field of it has a value that it cannot have.
    pub(crate) fn field(wrong: Wrong) -> Self {
        Self::Usage(format!("{}: {}", wrong.field, wrong.why))
    }

    /// What clap has to say, in a line.
    pub(crate) fn usage(error: clap::Error) -> Self {
        Self::Usage(error.to_string().trim_end().to_owned())
    }

    /// Whether the same call may succeed when it is made again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(error) => error.is_transient(),
            Self::At(_, error) => error.is_transient(),
            Self::Usage(_)
            | Self::Clash(_)
            | Self::Missing(..)
            | Self::Taken(..)
            | Self::TimeOver(_)
            | Self::Local(_)
            | Self::Write(_) => false,
        }
    }

    /// For programs: what the hub refused with; nothing if something else went wrong.
    pub(crate) fn refusal(&self) -> Option<Value> {
        let error = match self {
            Self::At(_, error) => return error.refusal(),
            Self::Refused(error) => error,
            _ => return None,
        };
        let violations = |violations: &[Violation]| {
            let value =
                |v: &Violation| json!({ "subject": v.subject, "description": v.description });
            violations.iter().map(value).collect::<Vec<_>>()
        };
        Some(json!({
            "code": error.code_name(),
            "reason": error.reason_name(),
            "message": error.message,
            "metadata": error.metadata,
            "fields": violations(&error.details.fields),
            "quotas": violations(&error.details.quotas),
        }))
    }

    /// Whether the hub refused for this reason.
    pub(crate) fn is_refusal(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused(error) if error.reason == reason)
    }
}

/// The exit code of a refusal.
fn refused_code(code: Code) -> u8 {
    match code {
        Code::NotFound => 5,
        Code::AlreadyExists => 6,
        Code::Unauthenticated | Code::PermissionDenied => 7,
        Code::FailedPrecondition | Code::Aborted => 8,
        Code::ResourceExhausted => 9,
        Code::Unavailable | Code::DeadlineExceeded => 69,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::InvalidArgument
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => 1,
    }
}

impl From<Status> for CliError {
    fn from(status: Status) -> Self {
        let message = chain(&status);
        Self::from(HubError { message, ..HubError::from(status) })
    }
}

impl From<HubError> for CliError {
    fn from(error: HubError) -> Self {
        let silent = matches!(
            error.code,
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded
        );
        if silent && error.reason == Reason::Unspecified {
            return Self::Unreachable(error.message);
        }
        Self::Refused(Box::new(error))
    }
}

impl From<TransferError> for CliError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Hub(error) => error.into(),
            TransferError::Local(why) => {
                Self::Local(format!("the file cannot be read or written: {why}"))
            }
            TransferError::Checksum { filename, found, announced } => Self::Local(format!(
                "{filename} did not arrive whole: its sha256 is {found}, announced was {announced}"
            )),
        }
    }
}

impl From<tonic::transport::Error> for CliError {
    fn from(error: tonic::transport::Error) -> Self {
        Self::Unreachable(causes(error.to_string(), &error))
    }
}

fn chain(status: &Status) -> String {
    let text = match status.message() {
        "" => status.code().description().to_owned(),
        message => message.to_owned(),
    };
    causes(text, status)
}

/// `text` and what it was caused by, each once.
fn causes(mut text: String, error: &dyn std::error::Error) -> String {
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// What the hub said, its reason in words, and what may help.
fn refusal(error: &HubError) -> String {
    let reason = words(error);
    let text = match error.message.as_str() {
        "" => format!("the hub refused: {reason}"),
        message => format!("the hub refused: {message} ({reason})"),
    };
    match (error.reason, error.detail("permission")) {
        (Reason::Unauthenticated, _) => format!("{text}; say who you are with --user or --token"),
        (Reason::PermissionDenied, Some(permission)) if !error.message.contains(permission) => {
            format!("{text}; it takes the permission {permission}")
        }
        _ => text,
    }
}

/// `action closed` from `REASON_ACTION_CLOSED`; of an unknown reason, what the code means.
fn words(error: &HubError) -> String {
    match error.reason {
        Reason::Unspecified => error.code.description().to_lowercase(),
        reason => {
            reason.as_str_name().trim_start_matches("REASON_").replace('_', " ").to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: Reason, message: &str) -> CliError {
        CliError::Refused(Box::new(HubError {
            reason,
            code: Code::FailedPrecondition,
            message: message.to_owned(),
            metadata: [("permission".to_owned(), "READ_TARGET".to_owned())].into(),
            details: Default::default(),
        }))
    }

    #[test]
    fn a_refusal_tells_its_reason_in_words() {
        let text = error(Reason::ActionClosed, "action 7 is over").to_string();
        assert_eq!(text, "the hub refused: action 7 is over (action closed)");
        let text = error(Reason::PermissionDenied, "").to_string();
        let expected = "the hub refused: permission denied; it takes the permission READ_TARGET";
        assert_eq!(text, expected);
    }

    #[test]
    fn programs_get_a_refusal_in_parts() {
        let refusal = error(Reason::ActionClosed, "action 7 is over").refusal().unwrap();
        assert_eq!(refusal["code"], "FAILED_PRECONDITION");
        assert_eq!(refusal["reason"], "ACTION_CLOSED");
        assert_eq!(refusal["metadata"]["permission"], "READ_TARGET");
        assert_eq!(CliError::Local("the disk is full".to_owned()).refusal(), None);
    }

    #[test]
    fn silence_is_told_from_refusal() {
        assert_eq!(CliError::from(Status::unavailable("no route")).code(), 69);
        assert_eq!(CliError::from(Status::not_found("no such target")).code(), 5);
        assert_eq!(CliError::from(Status::invalid_argument("no")).code(), 1);
    }
}
