//! hawkBit's names for what can go wrong.

use http::StatusCode;

const REPO: &str = "org.eclipse.hawkbit.repository.exception";

/// A kind of error in hawkBit's words: status, `errorCode` and `exceptionClass` belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// The status it is answered with.
    pub status: StatusCode,
    /// `errorCode`.
    pub key: &'static str,
    /// The package of `exceptionClass`.
    pub package: &'static str,
    /// The simple name of `exceptionClass`.
    pub class: &'static str,
}

macro_rules! exceptions {
    ($(
        $(#[$doc:meta])*
        $name:ident = $status:ident $key:literal $package:expr, $class:literal;
    )*) => {
        /// The kinds that both interfaces know.
        impl Exception {
            $($(#[$doc])* pub const $name: Self = Self {
                status: StatusCode::$status, key: $key, package: $package, class: $class,
            };)*
        }
    };
}

exceptions! {
    /// An entity is not there.
    ENTITY_NOT_FOUND = NOT_FOUND "hawkbit.server.error.repo.entityNotFound"
        REPO, "EntityNotFoundException";
    /// The body, or a part of the path, cannot be read.
    NOT_READABLE = BAD_REQUEST "hawkbit.server.error.rest.body.notReadable"
        "org.eclipse.hawkbit.rest.exception", "MessageNotReadableException";
    /// A field breaks a rule.
    CONSTRAINT_VIOLATION = BAD_REQUEST "hawkbit.server.error.repo.constraintViolation"
        "jakarta.validation", "ConstraintViolationException";
    /// A device attribute breaks a rule.
    INVALID_ATTRIBUTES = BAD_REQUEST "hawkbit.server.error.repo.invalidTargetAttributes"
        REPO, "InvalidTargetAttributeException";
    /// A count is full.
    QUOTA_EXCEEDED = TOO_MANY_REQUESTS "hawkbit.server.error.quota.tooManyEntries"
        REPO, "AssignmentQuotaExceededException";
    /// The action cannot be cancelled, or is not being cancelled.
    NOT_CANCELABLE = METHOD_NOT_ALLOWED "hawkbit.server.error.action.notCancelable"
        REPO, "CancelActionNotAllowedException";
    /// Auto-confirmation is on already.
    AUTO_CONFIRM_ACTIVE = CONFLICT "hawkbit.server.error.repo.autoConfAlreadyActive"
        REPO, "AutoConfirmationAlreadyActiveException";
    /// Somebody else changed the entity first.
    CONCURRENT_MODIFICATION = CONFLICT "hawkbit.server.error.repo.concurrentModification"
        REPO, "ConcurrentModificationException";
    /// A unique name is taken.
    ALREADY_EXISTS = CONFLICT "hawkbit.server.error.repo.entityAlreadyExists"
        REPO, "EntityAlreadyExistsException";
    /// The artifact's bytes are gone.
    BINARY_DELETED = GONE "hawkbit.server.error.artifact.binaryDeleted"
        "org.eclipse.hawkbit.artifact.exception", "ArtifactBinaryNoLongerExistsException";
    /// A permission is missing.
    INSUFFICIENT_PERMISSION = FORBIDDEN "hawkbit.server.error.insufficientpermission"
        REPO, "InsufficientPermissionException";
    /// A fault of the hub.
    GENERIC = INTERNAL_SERVER_ERROR "hawkbit.server.error.repo.genericError"
        REPO, "GenericRepositoryException";
}
