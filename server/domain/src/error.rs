//! Every refusal that the rules can give. `Display` is safe to show to strangers.

use crate::{ActionId, RolloutId};

/// What a rule answers.
pub type Result<T> = std::result::Result<T, Error>;

/// The kinds of entity that a refusal can speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the entity of the same name")]
pub enum Entity {
    Tenant,
    Target,
    TargetType,
    TargetTag,
    SoftwareModule,
    SoftwareModuleType,
    SoftwareModuleMetadata,
    Artifact,
    DistributionSet,
    DistributionSetType,
    DistributionSetTag,
    DistributionSetMetadata,
    TargetMetadata,
    TargetFilter,
    Action,
    Rollout,
    RolloutGroup,
    TenantConfiguration,
    User,
    ApiToken,
    Webhook,
    WebhookDelivery,
}

impl Entity {
    /// The name that hawkBit's error bodies use for this kind (`info.type`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::Target => "Target",
            Self::TargetType => "TargetType",
            Self::TargetTag => "TargetTag",
            Self::SoftwareModule => "SoftwareModule",
            Self::SoftwareModuleType => "SoftwareModuleType",
            Self::SoftwareModuleMetadata => "SoftwareModuleMetadata",
            Self::Artifact => "Artifact",
            Self::DistributionSet => "DistributionSet",
            Self::DistributionSetType => "DistributionSetType",
            Self::DistributionSetTag => "DistributionSetTag",
            Self::DistributionSetMetadata => "DistributionSetMetadata",
            Self::TargetMetadata => "TargetMetadata",
            Self::TargetFilter => "TargetFilterQuery",
            Self::Action => "Action",
            Self::Rollout => "Rollout",
            Self::RolloutGroup => "RolloutGroup",
            Self::TenantConfiguration => "TenantConfiguration",
            Self::User => "User",
            Self::ApiToken => "ApiToken",
            Self::Webhook => "Webhook",
            Self::WebhookDelivery => "WebhookDelivery",
        }
    }
}

/// How a refusal is to be treated, in gRPC's terms (AIP-193).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request can never succeed as it is.
    InvalidArgument,
    /// What the request names is not there.
    NotFound,
    /// What the request would make is there already.
    AlreadyExists,
    /// The state of things forbids it.
    FailedPrecondition,
    /// Somebody else was quicker; worth another try.
    Aborted,
    /// The caller may not.
    PermissionDenied,
    /// The caller did not prove who it is.
    Unauthenticated,
    /// A quota is full.
    ResourceExhausted,
    /// A part that is needed does not answer; worth another try.
    Unavailable,
    /// A fault of the hub.
    Internal,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The entity does not exist in this tenant.
    #[error("{} with given identifier {{{id}}} does not exist", entity.as_str())]
    NotFound {
        /// What was looked for.
        entity: Entity,
        /// The identifier as given.
        id: String,
    },
    /// The entity exists, but not under the parent that the request names.
    #[error("{} {{{id}}} does not belong to {{{parent}}}", entity.as_str())]
    NotRelated {
        /// What was looked for.
        entity: Entity,
        /// Its identifier.
        id: String,
        /// The parent as given.
        parent: String,
    },
    /// The entity is soft-deleted and can no longer be used or changed.
    #[error("{} with given identifier {{{id}}} is soft-deleted", entity.as_str())]
    Deleted {
        /// What it is.
        entity: Entity,
        /// Its identifier.
        id: String,
    },
    /// A unique name is taken.
    #[error("the given {} already exists", entity.as_str())]
    AlreadyExists {
        /// What would have been made.
        entity: Entity,
    },
    /// A field breaks a rule of length, range or form.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, in the words of otahub.v1.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A filter names a field that there is not, or a word that its field does not know.
    #[error("filter: {message}")]
    FilterField {
        /// The field as given.
        path: String,
        /// What is wrong.
        message: String,
        /// The words that the field knows, if that is what is wrong.
        allowed: Vec<&'static str>,
    },
    /// A device attribute breaks a rule of length or form.
    #[error("invalid target attribute: {message}")]
    InvalidAttributes {
        /// What is wrong.
        message: String,
    },
    /// A maintenance window that is incomplete, malformed or without a future occurrence.
    #[error("invalid maintenance schedule: {message}")]
    InvalidMaintenanceSchedule {
        /// What is wrong.
        message: String,
    },
    /// Feedback or confirmation for an action that is over.
    #[error("action {action} is not active any more")]
    ActionClosed {
        /// The action.
        action: ActionId,
    },
    /// Feedback for, or fetch of, a deployment that still waits for its confirmation.
    #[error("action {action} waits for confirmation")]
    ActionWaiting {
        /// The action.
        action: ActionId,
    },
    /// Confirmation for an action that does not wait for one.
    #[error("action {action} does not wait for confirmation")]
    ActionNotWaiting {
        /// The action.
        action: ActionId,
    },
    /// Fetch of a deployment that is being, or was, cancelled.
    #[error("action {action} is being cancelled")]
    ActionCanceling {
        /// The action.
        action: ActionId,
    },
    /// Fetch of a cancellation, or feedback on one, that nobody asked for.
    #[error("action {action} is not being cancelled")]
    ActionNotCanceling {
        /// The action.
        action: ActionId,
    },
    /// Fetch of an installed base from an action that is still active.
    #[error("action {action} is still active")]
    ActionActive {
        /// The action.
        action: ActionId,
    },
    /// The cancellation of an action that is closed or is being cancelled already.
    #[error("action {action} cannot be cancelled")]
    ActionNotCancelable {
        /// The action.
        action: ActionId,
    },
    /// Force-quit of an action that is not being cancelled.
    #[error("action {action} cannot be force-quit: cancel it first")]
    ActionNotForceQuitable {
        /// The action.
        action: ActionId,
    },
    /// Auto-confirmation is on already.
    #[error("auto-confirmation of target {controller_id} is active already")]
    AutoConfirmationActive {
        /// The target.
        controller_id: String,
    },
    /// An automatic assignment that would be forced from an instant on.
    #[error("an automatic assignment cannot be forced from an instant on")]
    InvalidAutoAssignmentType,
    /// A count quota is full.
    #[error("quota exceeded: at most {limit} {what}")]
    QuotaExceeded {
        /// What is counted, in plural.
        what: &'static str,
        /// The most that is allowed.
        limit: u64,
    },
    /// A file is larger than an artifact may be.
    #[error("file too large: at most {limit} bytes")]
    FileTooLarge {
        /// The most bytes of one artifact.
        limit: u64,
    },
    /// The tenant's storage is full.
    #[error("storage exceeded: at most {limit} bytes in all")]
    StorageFull {
        /// The most bytes of all artifacts.
        limit: u64,
    },
    /// A distribution set lacks mandatory modules or a module lacks artifacts.
    #[error("distribution set {{{id}}} is incomplete")]
    SetIncomplete {
        /// The set.
        id: String,
    },
    /// A distribution set was invalidated.
    #[error("distribution set {{{id}}} is invalid")]
    SetInvalid {
        /// The set.
        id: String,
    },
    /// A module's type is not part of the set's type.
    #[error("modules of type {module_type} are not part of distribution set type {set_type}")]
    ModuleTypeUnsupported {
        /// Key of the module's type.
        module_type: String,
        /// Key of the set's type.
        set_type: String,
    },
    /// The entity is locked against this change.
    #[error("{} {{{id}}} is locked and {operation} is forbidden", entity.as_str())]
    Locked {
        /// What is locked.
        entity: Entity,
        /// Its identifier.
        id: String,
        /// The refused change, e.g. `ADD_ARTIFACT`.
        operation: &'static str,
    },
    /// The target's type does not allow the set's type.
    #[error("target {controller_id} is not compatible with distribution set type {set_type}")]
    TargetTypeIncompatible {
        /// The target.
        controller_id: String,
        /// Key of the set's type.
        set_type: String,
    },
    /// Two different assignments for one target in one request.
    #[error("more than one assignment for target {controller_id}")]
    MultipleAssignments {
        /// The target.
        controller_id: String,
    },
    /// A given hash is not the hash of the bytes that came.
    #[error("the given {algorithm} does not match the uploaded file")]
    ChecksumMismatch {
        /// `sha1`, `md5` or `sha256`.
        algorithm: &'static str,
    },
    /// An upload without bytes.
    #[error("the uploaded file is empty")]
    EmptyFile,
    /// The artifact is known, its bytes are gone.
    #[error("the binary of artifact {{{id}}} was deleted")]
    BinaryDeleted {
        /// The artifact.
        id: String,
    },
    /// A module is marked encrypted and the hub has no encryptor.
    #[error("artifact encryption is not supported")]
    EncryptionNotSupported,
    /// The encryptor failed.
    #[error("the artifact could not be encrypted")]
    EncryptionFailed,
    /// A settings key that does not exist.
    #[error("unknown configuration key {{{key}}}")]
    ConfigurationKeyInvalid {
        /// The key as given.
        key: String,
    },
    /// A settings value of the wrong type or out of range.
    #[error("invalid value for {key}: {message}")]
    ConfigurationValueInvalid {
        /// The key.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// The entity cannot be changed in its present use.
    #[error("{} {{{id}}} is read-only", entity.as_str())]
    ReadOnly {
        /// What it is.
        entity: Entity,
        /// Its identifier.
        id: String,
    },
    /// What is wanted of a rollout does not fit what it is in.
    #[error("rollout {rollout} is not in a state for this")]
    RolloutState {
        /// The rollout.
        rollout: RolloutId,
    },
    /// A target type cannot go while targets have it.
    #[error("target type {{{id}}} is in use")]
    TargetTypeInUse {
        /// The type.
        id: String,
    },
    /// A target type without key and name.
    #[error("a target type needs a key or a name")]
    KeyOrNameRequired,
    /// No credential, or one that does not fit.
    #[error("not authenticated")]
    Unauthenticated,
    /// The caller lacks a permission.
    #[error("permission {permission} is missing")]
    PermissionDenied {
        /// hawkBit's name of the permission.
        permission: &'static str,
    },
    /// A concurrent change got in first.
    #[error("the entity was changed by somebody else")]
    Conflict,
    /// The etag that a caller gave back is not the current one.
    #[error("the etag is not the current one: the entity was changed since it was read")]
    EtagMismatch,
    /// Another request was made under the same id before.
    #[error("request id {{{request_id}}} was used for another request")]
    RequestIdReused {
        /// The id as given.
        request_id: String,
    },
    /// A part of the hub does not answer.
    #[error("temporarily unavailable")]
    Unavailable,
    /// A fault; the inside goes to the log.
    #[error("internal error")]
    Internal,
}

impl Error {
    /// Shorthand for [`Error::NotFound`].
    pub fn not_found(entity: Entity, id: impl ToString) -> Self {
        Self::NotFound { entity, id: id.to_string() }
    }

    /// Shorthand for [`Error::Invalid`].
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    /// How this refusal is to be treated.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } | Self::NotRelated { .. } | Self::Deleted { .. } => {
                Kind::NotFound
            }
            Self::AlreadyExists { .. } | Self::AutoConfirmationActive { .. } => Kind::AlreadyExists,
            Self::Invalid { .. }
            | Self::FilterField { .. }
            | Self::InvalidAttributes { .. }
            | Self::InvalidMaintenanceSchedule { .. }
            | Self::ModuleTypeUnsupported { .. }
            | Self::MultipleAssignments { .. }
            | Self::ChecksumMismatch { .. }
            | Self::EmptyFile
            | Self::EncryptionNotSupported
            | Self::KeyOrNameRequired
            | Self::InvalidAutoAssignmentType
            | Self::ConfigurationKeyInvalid { .. }
            | Self::ConfigurationValueInvalid { .. } => Kind::InvalidArgument,
            Self::ActionClosed { .. }
            | Self::ActionWaiting { .. }
            | Self::ActionNotWaiting { .. }
            | Self::ActionCanceling { .. }
            | Self::ActionNotCanceling { .. }
            | Self::ActionActive { .. }
            | Self::ActionNotCancelable { .. }
            | Self::ActionNotForceQuitable { .. }
            | Self::SetIncomplete { .. }
            | Self::SetInvalid { .. }
            | Self::Locked { .. }
            | Self::TargetTypeIncompatible { .. }
            | Self::TargetTypeInUse { .. }
            | Self::BinaryDeleted { .. }
            | Self::RolloutState { .. }
            | Self::RequestIdReused { .. }
            | Self::ReadOnly { .. } => Kind::FailedPrecondition,
            Self::QuotaExceeded { .. } | Self::FileTooLarge { .. } | Self::StorageFull { .. } => {
                Kind::ResourceExhausted
            }
            Self::Unauthenticated => Kind::Unauthenticated,
            Self::PermissionDenied { .. } => Kind::PermissionDenied,
            Self::Conflict | Self::EtagMismatch => Kind::Aborted,
            Self::Unavailable => Kind::Unavailable,
            Self::EncryptionFailed | Self::Internal => Kind::Internal,
        }
    }
}
