//! What becomes of a message that cannot be carried out.

use otahub_client::{HubError, Reason};

/// Why a message is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It never will be: it goes to the dead letters with this reason.
    #[error("{0}")]
    Permanent(String),
    /// It may be, later.
    #[error("{0}")]
    Passing(String),
}

impl Failure {
    /// A failure that no repetition mends.
    pub(crate) fn permanent(text: impl Into<String>) -> Self {
        Self::Permanent(text.into())
    }

    /// A refusal of the hub that no repetition mends.
    pub(crate) fn of(error: &HubError) -> Self {
        Self::permanent(format!("{:?}: {}", error.reason, error.message))
    }
}

/// What the hub's refusal means for the message: nothing more to be done, or a failure.
pub(crate) fn judge(error: &HubError) -> Result<(), Failure> {
    let permanent = || Err(Failure::of(error));
    match error.reason {
        // late, or said already: hawkBit passes over it, too
        Reason::ActionClosed | Reason::ActionWaiting | Reason::AutoConfirmationActive => Ok(()),
        Reason::Unavailable | Reason::Conflict | Reason::Internal => {
            Err(Failure::Passing(error.message.clone()))
        }
        Reason::Unspecified if error.is_transient() => Err(Failure::Passing(error.message.clone())),
        Reason::Unspecified
        | Reason::NotFound
        | Reason::NotRelated
        | Reason::Deleted
        | Reason::AlreadyExists
        | Reason::InvalidField
        | Reason::InvalidAttributes
        | Reason::InvalidMaintenanceSchedule
        | Reason::ActionNotWaiting
        | Reason::ActionCanceling
        | Reason::ActionNotCanceling
        | Reason::ActionActive
        | Reason::ActionNotCancelable
        | Reason::ActionNotForceQuitable
        | Reason::QuotaExceeded
        | Reason::FileTooLarge
        | Reason::StorageFull
        | Reason::SetIncomplete
        | Reason::SetInvalid
        | Reason::ModuleTypeUnsupported
        | Reason::Locked
        | Reason::TargetTypeIncompatible
        | Reason::MultipleAssignments
        | Reason::ChecksumMismatch
        | Reason::EmptyFile
        | Reason::BinaryDeleted
        | Reason::EncryptionNotSupported
        | Reason::ConfigurationKeyInvalid
        | Reason::ConfigurationValueInvalid
        | Reason::ReadOnly
        | Reason::Unauthenticated
        | Reason::PermissionDenied
        | Reason::NotImplemented
        | Reason::TargetTypeInUse
        | Reason::KeyOrNameRequired
        | Reason::EncryptionFailed
        | Reason::InvalidAutoAssignmentType
        | Reason::EtagMismatch
        | Reason::RequestIdReused
        | Reason::RolloutState => permanent(),
    }
}
