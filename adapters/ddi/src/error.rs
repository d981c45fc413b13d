//! The hub's refusals in DDI's words.

use http::StatusCode;
use otahub_client::{HubError, Reason};
use otahub_rest::{Exception, Problem};
use serde_json::json;
use tonic::Status;

/// What a device is told when the hub refuses.
pub(crate) fn problem(status: Status) -> Problem {
    translate(&HubError::from(status))
}

/// As [`problem`] where nobody asked for the cancellation that a device wants to read.
pub(crate) fn no_cancellation(status: Status) -> Problem {
    let error = HubError::from(status);
    if error.reason == Reason::ActionNotCanceling {
        return Problem::empty(StatusCode::NOT_FOUND);
    }
    translate(&error)
}

/// As [`problem`] where a device named a distribution set, which is then told as `{name: version}`.
pub(crate) fn unknown_set(status: Status, name: &str, version: &str) -> Problem {
    let error = HubError::from(status);
    let problem = translate(&error);
    if error.reason == Reason::NotFound && error.detail("type") == Some("DistributionSet") {
        return problem.with_info("DistributionSet", json!({ name: version }));
    }
    problem
}

/// Whether the module has no file of the name asked for.
pub(crate) fn is_unknown_file(status: &Status) -> bool {
    let error = HubError::from(status.clone());
    error.reason == Reason::NotFound && error.detail("type") == Some("Artifact")
}

fn translate(error: &HubError) -> Problem {
    match error.reason {
        Reason::Unspecified => Problem::from_code(error),
        Reason::NotFound if error.detail("type") == Some("Artifact") => {
            Problem::empty(StatusCode::NOT_FOUND)
        }
        Reason::NotFound | Reason::NotRelated | Reason::Deleted => Problem::entity_not_found(error),
        Reason::Unauthenticated => Problem::empty(StatusCode::UNAUTHORIZED),
        Reason::PermissionDenied => Problem::of(Exception::INSUFFICIENT_PERMISSION, error),
        Reason::ActionClosed => Problem::empty(StatusCode::GONE),
        Reason::ActionWaiting
        | Reason::ActionNotWaiting
        | Reason::ActionCanceling
        | Reason::ActionActive => Problem::empty(StatusCode::NOT_FOUND),
        Reason::ActionNotCanceling
        | Reason::ActionNotCancelable
        | Reason::ActionNotForceQuitable => Problem::of(Exception::NOT_CANCELABLE, error),
        Reason::AutoConfirmationActive => Problem::of(Exception::AUTO_CONFIRM_ACTIVE, error),
        Reason::InvalidAttributes => Problem::of(Exception::INVALID_ATTRIBUTES, error),
        Reason::InvalidField
        | Reason::InvalidMaintenanceSchedule
        | Reason::SetIncomplete
        | Reason::SetInvalid
        | Reason::ModuleTypeUnsupported
        | Reason::TargetTypeIncompatible
        | Reason::TargetTypeInUse
        | Reason::InvalidAutoAssignmentType
        | Reason::KeyOrNameRequired
        | Reason::RolloutState
        | Reason::MultipleAssignments
        | Reason::ChecksumMismatch
        | Reason::EmptyFile
        | Reason::EncryptionNotSupported
        | Reason::ConfigurationKeyInvalid
        | Reason::ConfigurationValueInvalid
        | Reason::ReadOnly
        | Reason::Locked => Problem::of(Exception::CONSTRAINT_VIOLATION, error),
        Reason::QuotaExceeded | Reason::FileTooLarge | Reason::StorageFull => {
            Problem::of(Exception::QUOTA_EXCEEDED, error)
        }
        Reason::AlreadyExists => Problem::of(Exception::ALREADY_EXISTS, error),
        Reason::BinaryDeleted => Problem::of(Exception::BINARY_DELETED, error),
        Reason::Conflict | Reason::EtagMismatch | Reason::RequestIdReused => {
            Problem::of(Exception::CONCURRENT_MODIFICATION, error)
        }
        Reason::Unavailable => Problem::unavailable(),
        Reason::EncryptionFailed | Reason::Internal => {
            Problem::exception(Exception::GENERIC, "an internal error occurred")
        }
        Reason::NotImplemented => Problem::generic(StatusCode::NOT_IMPLEMENTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic::Code;

    fn error(reason: Reason, code: Code) -> HubError {
        HubError {
            reason,
            code,
            message: "why".into(),
            metadata: HashMap::new(),
            details: Default::default(),
        }
    }

    #[test]
    fn every_reason_has_the_documented_status() {
        for (reason, status) in [
            (Reason::NotFound, 404),
            (Reason::NotRelated, 404),
            (Reason::Unauthenticated, 401),
            (Reason::ActionClosed, 410),
            (Reason::ActionWaiting, 404),
            (Reason::ActionNotWaiting, 404),
            (Reason::ActionCanceling, 404),
            (Reason::ActionActive, 404),
            (Reason::ActionNotCanceling, 405),
            (Reason::AutoConfirmationActive, 409),
            (Reason::InvalidAttributes, 400),
            (Reason::InvalidField, 400),
            (Reason::QuotaExceeded, 429),
            (Reason::BinaryDeleted, 410),
            (Reason::Conflict, 409),
            (Reason::Unavailable, 503),
            (Reason::Internal, 500),
        ] {
            let problem = translate(&error(reason, Code::Unknown));
            assert_eq!(problem.status().as_u16(), status, "{reason:?}");
        }
    }

    #[test]
    fn a_reason_that_is_not_known_yet_goes_by_its_code() {
        for (code, status) in [
            (Code::Unauthenticated, 401),
            (Code::NotFound, 404),
            (Code::FailedPrecondition, 400),
            (Code::ResourceExhausted, 429),
            (Code::DeadlineExceeded, 503),
            (Code::Cancelled, 503),
            (Code::Internal, 500),
        ] {
            let problem = translate(&error(Reason::Unspecified, code));
            assert_eq!(problem.status().as_u16(), status, "{code:?}");
        }
    }
}
