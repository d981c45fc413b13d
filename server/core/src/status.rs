//! The one place where a refusal becomes a gRPC status.

use otahub_domain::{Error, Kind};
use otahub_proto::otahub::v1::Reason;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The `domain` of every `ErrorInfo` that the hub sends (AIP-193).
pub(crate) const DOMAIN: &str = "otahub.dev";

/// After how long a caller may try again when the hub says that it is unavailable.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The status for a refusal: code by its kind, `ErrorInfo` with reason and what the message
/// mentions, and `BadRequest`, `QuotaFailure` or `RetryInfo` where they apply.
#[must_use]
pub fn from_error(error: &Error) -> Status {
    let (reason, metadata) = describe(error);
    let name = reason.as_str_name().trim_start_matches("REASON_");
    let mut details = ErrorDetails::with_error_info(name, DOMAIN, metadata);
    if let Some(field) = field(error) {
        details.add_bad_request_violation(field, violation(error));
    }
    match error {
        Error::QuotaExceeded { what, .. } => {
            details.add_quota_failure_violation(*what, error.to_string());
        }
        Error::FileTooLarge { .. } | Error::StorageFull { .. } => {
            details.add_quota_failure_violation("artifacts", error.to_string());
        }
        Error::Unavailable | Error::Conflict => {
            details.set_retry_info(Some(RETRY_DELAY));
        }
        _ => {}
    }
    Status::with_error_details(code(error.kind()), error.to_string(), details)
}

/// The field of the request that is wrong, in the contract's words, if the request is.
fn field(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Invalid { field, .. } => field,
        Error::FilterField { .. } => "filter",
        Error::InvalidAttributes { .. } => "attributes",
        Error::InvalidMaintenanceSchedule { .. } => "maintenance_window",
        Error::ModuleTypeUnsupported { .. } => "software_modules",
        Error::MultipleAssignments { .. } => "assignments",
        Error::ChecksumMismatch { .. } => "expected_hashes",
        Error::EmptyFile => "data",
        Error::EncryptionNotSupported => "encrypted",
        Error::KeyOrNameRequired => "key",
        Error::InvalidAutoAssignmentType => "auto_assignment.type",
        Error::ConfigurationKeyInvalid { .. } => "name",
        Error::ConfigurationValueInvalid { .. } => "value",
        _ => return None,
    })
}

/// What is wrong with it.
fn violation(error: &Error) -> String {
    match error {
        Error::Invalid { message, .. }
        | Error::FilterField { message, .. }
        | Error::InvalidAttributes { message }
        | Error::InvalidMaintenanceSchedule { message }
        | Error::ConfigurationValueInvalid { message, .. } => message.clone(),
        other => other.to_string(),
    }
}

/// The reason of a refusal.
pub(crate) fn reason(error: &Error) -> Reason {
    describe(error).0
}

/// The status of an rpc that is part of the contract and not served by this version.
#[must_use]
pub(crate) fn not_implemented(what: &str) -> Status {
    let details = ErrorDetails::with_error_info("NOT_IMPLEMENTED", DOMAIN, HashMap::new());
    let message = format!("{what} is not served by this version of the hub");
    Status::with_error_details(Code::Unimplemented, message, details)
}

const fn code(kind: Kind) -> Code {
    match kind {
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::Aborted => Code::Aborted,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Internal => Code::Internal,
    }
}

type Described = (Reason, HashMap<String, String>);

fn with<const N: usize>(reason: Reason, pairs: [(&str, String); N]) -> Described {
    (reason, pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn describe(error: &Error) -> Described {
    describe_entity(error)
        .or_else(|| describe_action(error))
        .or_else(|| describe_software(error))
        .unwrap_or_else(|| describe_rest(error))
}

fn describe_entity(error: &Error) -> Option<Described> {
    Some(match error {
        Error::NotFound { entity, id } => {
            with(Reason::NotFound, [("type", entity.as_str().into()), ("id", id.clone())])
        }
        Error::NotRelated { entity, id, parent } => with(
            Reason::NotRelated,
            [("type", entity.as_str().into()), ("id", id.clone()), ("parent", parent.clone())],
        ),
        Error::Deleted { entity, id } => {
            with(Reason::Deleted, [("type", entity.as_str().into()), ("id", id.clone())])
        }
        Error::AlreadyExists { entity } => {
            with(Reason::AlreadyExists, [("type", entity.as_str().into())])
        }
        Error::Locked { entity, id, operation } => with(
            Reason::Locked,
            [
                ("type", entity.as_str().into()),
                ("id", id.clone()),
                ("operation", (*operation).into()),
            ],
        ),
        Error::ReadOnly { entity, id } => {
            with(Reason::ReadOnly, [("type", entity.as_str().into()), ("id", id.clone())])
        }
        _ => return None,
    })
}

fn describe_action(error: &Error) -> Option<Described> {
    let (reason, action) = match error {
        Error::ActionClosed { action } => (Reason::ActionClosed, action),
        Error::ActionWaiting { action } => (Reason::ActionWaiting, action),
        Error::ActionNotWaiting { action } => (Reason::ActionNotWaiting, action),
        Error::ActionCanceling { action } => (Reason::ActionCanceling, action),
        Error::ActionNotCanceling { action } => (Reason::ActionNotCanceling, action),
        Error::ActionActive { action } => (Reason::ActionActive, action),
        Error::ActionNotCancelable { action } => (Reason::ActionNotCancelable, action),
        Error::ActionNotForceQuitable { action } => (Reason::ActionNotForceQuitable, action),
        _ => return None,
    };
    Some(with(reason, [("action", action.to_string())]))
}

fn describe_software(error: &Error) -> Option<Described> {
    Some(match error {
        Error::SetIncomplete { id } => with(Reason::SetIncomplete, [("id", id.clone())]),
        Error::SetInvalid { id } => with(Reason::SetInvalid, [("id", id.clone())]),
        Error::ModuleTypeUnsupported { module_type, set_type } => with(
            Reason::ModuleTypeUnsupported,
            [("module_type", module_type.clone()), ("set_type", set_type.clone())],
        ),
        Error::TargetTypeIncompatible { controller_id, set_type } => with(
            Reason::TargetTypeIncompatible,
            [("controller_id", controller_id.clone()), ("set_type", set_type.clone())],
        ),
        Error::RolloutState { rollout } => {
            with(Reason::RolloutState, [("rollout", rollout.to_string())])
        }
        Error::TargetTypeInUse { id } => with(Reason::TargetTypeInUse, [("id", id.clone())]),
        Error::KeyOrNameRequired => with(Reason::KeyOrNameRequired, []),
        Error::InvalidAutoAssignmentType => with(Reason::InvalidAutoAssignmentType, []),
        Error::MultipleAssignments { controller_id } => {
            with(Reason::MultipleAssignments, [("controller_id", controller_id.clone())])
        }
        Error::ChecksumMismatch { algorithm } => {
            with(Reason::ChecksumMismatch, [("algorithm", (*algorithm).into())])
        }
        Error::EmptyFile => with(Reason::EmptyFile, []),
        Error::BinaryDeleted { id } => with(Reason::BinaryDeleted, [("id", id.clone())]),
        Error::EncryptionNotSupported => with(Reason::EncryptionNotSupported, []),
        Error::EncryptionFailed => with(Reason::EncryptionFailed, []),
        Error::FileTooLarge { limit } => with(Reason::FileTooLarge, [("limit", limit.to_string())]),
        Error::StorageFull { limit } => with(Reason::StorageFull, [("limit", limit.to_string())]),
        _ => return None,
    })
}

fn describe_rest(error: &Error) -> Described {
    match error {
        Error::Invalid { field, .. } => with(Reason::InvalidField, [("field", (*field).into())]),
        Error::FilterField { path, allowed, .. } => with(
            Reason::InvalidField,
            [
                ("field", "filter".into()),
                ("filter_field", path.clone()),
                ("allowed", allowed.join(", ")),
            ],
        ),
        Error::InvalidAttributes { .. } => with(Reason::InvalidAttributes, []),
        Error::InvalidMaintenanceSchedule { .. } => with(Reason::InvalidMaintenanceSchedule, []),
        Error::AutoConfirmationActive { controller_id } => {
            with(Reason::AutoConfirmationActive, [("controller_id", controller_id.clone())])
        }
        Error::QuotaExceeded { what, limit } => {
            with(Reason::QuotaExceeded, [("what", (*what).into()), ("limit", limit.to_string())])
        }
        Error::ConfigurationKeyInvalid { key } => {
            with(Reason::ConfigurationKeyInvalid, [("key", key.clone())])
        }
        Error::ConfigurationValueInvalid { key, .. } => {
            with(Reason::ConfigurationValueInvalid, [("key", key.clone())])
        }
        Error::Unauthenticated => with(Reason::Unauthenticated, []),
        Error::PermissionDenied { permission } => {
            with(Reason::PermissionDenied, [("permission", (*permission).into())])
        }
        Error::Conflict => with(Reason::Conflict, []),
        Error::EtagMismatch => with(Reason::EtagMismatch, []),
        Error::RequestIdReused { request_id } => {
            with(Reason::RequestIdReused, [("request_id", request_id.clone())])
        }
        Error::Unavailable => with(Reason::Unavailable, []),
        _ => with(Reason::Internal, []),
    }
}
