//! What is known of a target.

use crate::request::Expected;
use crate::{Audit, SetId, TargetId, TargetTypeId, TenantId, Timestamp};

/// Whether what is installed is what was assigned (hawkBit's `TargetUpdateStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpdateStatus {
    /// Created by an operator, never seen.
    Unknown,
    /// Seen, nothing assigned yet.
    Registered,
    /// An assignment is under way.
    Pending,
    /// Assigned and installed agree.
    InSync,
    /// The device reported a failure.
    Error,
}

/// A standing consent: actions of this target need no confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoConfirmation {
    /// Who asked for it, as the device or operator says; at most 64 characters.
    pub initiator: Option<String>,
    /// Why; at most 512 characters.
    pub remark: Option<String>,
    /// Since when.
    pub activated_at: Timestamp,
    /// The user or device that called.
    pub activated_by: String,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Row number; never on a wire.
    pub id: TargetId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name on every wire: 1 to 256 characters without blanks, unique in the tenant.
    pub controller_id: String,
    /// At most 128 characters.
    pub name: String,
    /// At most 512 characters.
    pub description: Option<String>,
    /// Where it was seen or is reached: a URI, at most 512 characters.
    pub address: Option<String>,
    /// The device's own secret, at most 128 characters.
    pub security_token: String,
    /// The group it stands in; `/` makes sub-groups by convention; at most 256 characters.
    pub group: Option<String>,
    /// Its type, which limits what may be assigned.
    pub target_type: Option<TargetTypeId>,
    /// Whether it is up to date.
    pub update_status: UpdateStatus,
    /// The set that it is to have.
    pub assigned_set: Option<SetId>,
    /// The set that it has.
    pub installed_set: Option<SetId>,
    /// When it reported that set.
    pub installed_at: Option<Timestamp>,
    /// Whether its attributes are wanted.
    pub request_attributes: bool,
    /// When it was last heard of.
    pub last_poll_at: Option<Timestamp>,
    /// Its standing consent, if any.
    pub auto_confirmation: Option<AutoConfirmation>,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking.
    pub version: i64,
}

/// What an operator says of a new target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetDraft {
    /// Required.
    pub controller_id: String,
    /// Without one, the first 128 characters of the controller id.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// A URI.
    pub address: Option<String>,
    /// Without one, a token is generated.
    pub security_token: Option<String>,
    /// The group it is to stand in.
    pub group: Option<String>,
    /// The type it is to have.
    pub target_type: Option<TargetTypeId>,
}

/// What to do with a target's type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TypeChange {
    /// Leave it.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// Give it this one.
    Set(TargetTypeId),
}

/// A change to a target; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetPatch {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New address.
    pub address: Option<String>,
    /// New secret.
    pub security_token: Option<String>,
    /// New group; an empty one clears it.
    pub group: Option<String>,
    /// What to do with the type.
    pub target_type: TypeChange,
    /// Ask the device for its attributes. Cannot be taken back.
    pub request_attributes: bool,
    /// What it is a change of.
    pub expected: Expected,
}
