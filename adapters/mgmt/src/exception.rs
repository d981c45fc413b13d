//! hawkBit's errors: the status, key and exception class of each that this interface gives.

use http::StatusCode;
use otahub_rest::Exception;

const REPOSITORY: &str = "org.eclipse.hawkbit.repository.exception";
const REST: &str = "org.eclipse.hawkbit.rest.exception";

macro_rules! exceptions {
    ($($name:ident = $status:ident $key:literal, $package:expr, $class:literal;)*) => {
        $(pub(crate) const $name: Exception = Exception {
            status: StatusCode::$status,
            key: concat!("hawkbit.server.error.", $key),
            package: $package,
            class: $class,
        };)*
    };
}

exceptions! {
    NOT_FOUND = NOT_FOUND "repo.entityNotFound", REPOSITORY, "EntityNotFoundException";
    DELETED = NOT_FOUND "deleted", REPOSITORY, "DeletedException";
    EXISTS = CONFLICT "repo.entityAlreadyExists", REPOSITORY, "EntityAlreadyExistsException";
    CONSTRAINT = BAD_REQUEST "repo.constraintViolation", "jakarta.validation",
        "ConstraintViolationException";
    ATTRIBUTES = BAD_REQUEST "repo.invalidTargetAttributes", REPOSITORY,
        "InvalidTargetAttributeException";
    SCHEDULE = BAD_REQUEST "maintenanceScheduleInvalid", REPOSITORY,
        "InvalidMaintenanceScheduleException";
    NOT_CANCELABLE = METHOD_NOT_ALLOWED "action.notCancelable", REPOSITORY,
        "CancelActionNotAllowedException";
    NOT_QUITABLE = METHOD_NOT_ALLOWED "action.notForceQuitable", REPOSITORY,
        "ForceQuitActionNotAllowedException";
    AUTO_CONFIRMED = CONFLICT "repo.autoConfAlreadyActive", REPOSITORY,
        "AutoConfirmationAlreadyActiveException";
    QUOTA = TOO_MANY_REQUESTS "quota.tooManyEntries", REPOSITORY,
        "AssignmentQuotaExceededException";
    FILE_SIZE = TOO_MANY_REQUESTS "quota.fileSizeExceeded", REPOSITORY,
        "FileSizeQuotaExceededException";
    STORAGE = TOO_MANY_REQUESTS "quota.storageExceeded", REPOSITORY,
        "StorageQuotaExceededException";
    INCOMPLETE = BAD_REQUEST "distributionset.incomplete", REPOSITORY,
        "IncompleteDistributionSetException";
    INVALIDATED = BAD_REQUEST "distributionset.invalid", REPOSITORY,
        "InvalidDistributionSetException";
    UNSUPPORTED_MODULE = BAD_REQUEST "distributionset.modules.unsupported", REPOSITORY,
        "UnsupportedSoftwareModuleForThisDistributionSetException";
    LOCKED = LOCKED "locked", REPOSITORY, "LockedException";
    TYPE_INCOMPATIBLE = BAD_REQUEST "target.type.incompatible", REPOSITORY,
        "IncompatibleTargetTypeException";
    ROLLOUT_STATE = BAD_REQUEST "rollout.illegalState", REPOSITORY, "RolloutIllegalStateException";
    TYPE_USED = CONFLICT "target.type.used", REPOSITORY, "TargetTypeInUseException";
    AUTO_ASSIGNMENT_TYPE = BAD_REQUEST "repo.invalidAutoAssignActionType", REPOSITORY,
        "InvalidAutoAssignActionTypeException";
    KEY_OR_NAME = BAD_REQUEST "target.type.keyOrNameRequired", REPOSITORY,
        "TargetTypeKeyOrNameRequiredException";
    MULTIPLE = BAD_REQUEST "multiAssignmentNotEnabled", REPOSITORY,
        "MultiAssignmentIsNotEnabledException";
    UPLOAD = BAD_REQUEST "artifact.uploadFailed", REST, "MultiPartFileUploadException";
    MD5 = BAD_REQUEST "artifact.uploadFailed.checksum.md5.match", REPOSITORY,
        "InvalidMD5HashException";
    SHA1 = BAD_REQUEST "artifact.uploadFailed.checksum.sha1.match", REPOSITORY,
        "InvalidSHA1HashException";
    SHA256 = BAD_REQUEST "artifact.uploadFailed.checksum.sha256.match", REPOSITORY,
        "InvalidSHA256HashException";
    BINARY_DELETED = GONE "artifact.binaryDeleted", "org.eclipse.hawkbit.artifact.exception",
        "ArtifactBinaryNoLongerExistsException";
    NO_ENCRYPTION = BAD_REQUEST "artifact.encryptionNotSupported", REPOSITORY,
        "ArtifactEncryptionUnsupportedException";
    ENCRYPTION_FAILED = INTERNAL_SERVER_ERROR "artifact.encryptionFailed", REPOSITORY,
        "ArtifactEncryptionFailedException";
    CONFIG_KEY = BAD_REQUEST "configKeyInvalid", REPOSITORY,
        "InvalidTenantConfigurationKeyException";
    CONFIG_VALUE = BAD_REQUEST "configValueInvalid", REPOSITORY,
        "TenantConfigurationValidatorException";
    READ_ONLY = FORBIDDEN "entityReadOnly", REPOSITORY, "EntityReadOnlyException";
    PERMISSION = FORBIDDEN "insufficientPermission", REPOSITORY,
        "InsufficientPermissionException";
    CONFLICT = CONFLICT "repo.concurrentModification", REPOSITORY,
        "ConcurrentModificationException";
    INTERNAL = INTERNAL_SERVER_ERROR "repo.genericError", REPOSITORY,
        "GenericRepositoryException";
    SEARCH_SYNTAX = BAD_REQUEST "rest.param.rsqlParamSyntax", REPOSITORY,
        "RSQLParameterSyntaxException";
    SEARCH_FIELD = BAD_REQUEST "rest.param.rsqlInvalidField", REPOSITORY,
        "RSQLParameterUnsupportedFieldException";
    SORT_SYNTAX = BAD_REQUEST "rest.param.sortParamSyntax", REST,
        "SortParameterSyntaxErrorException";
    SORT_FIELD = BAD_REQUEST "rest.param.invalidField", REST,
        "SortParameterUnsupportedFieldException";
    SORT_DIRECTION = BAD_REQUEST "rest.param.invalidDirection", REST,
        "SortParameterUnsupportedDirectionException";
}
