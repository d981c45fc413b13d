//! What is known of an action.

use super::{MaintenanceWindow, State};
use crate::{ActionId, Audit, RolloutGroupId, RolloutId, SetId, TargetId, TenantId, Timestamp};

/// How urgent an action is and how far it goes (hawkBit's `ActionType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionType {
    /// The device may postpone.
    Soft,
    /// The device is to install at once.
    Forced,
    /// Soft until the instant, forced from then on.
    TimeForced {
        /// From when it is forced.
        at: Timestamp,
    },
    /// Download, do not install.
    DownloadOnly,
}

/// What made an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initiator {
    /// A user, by name.
    User(String),
    /// A target filter with automatic assignment.
    AutoAssignment {
        /// The filter's name.
        filter: String,
    },
    /// A rollout.
    Rollout {
        /// The rollout's name.
        rollout: String,
        /// Its number.
        id: RolloutId,
        /// The group's name.
        group: String,
    },
    /// The device itself, saying what it has installed already.
    Device(String),
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Number, on every wire.
    pub id: ActionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who is to install.
    pub target: TargetId,
    /// What is to be installed.
    pub set: SetId,
    /// How urgent.
    pub action_type: ActionType,
    /// What it is in.
    pub state: State,
    /// 0 to 1000; the heaviest is offered first.
    pub weight: i32,
    /// When the device may install; always, without one.
    pub window: Option<MaintenanceWindow>,
    /// The device's last status code.
    pub last_code: Option<i32>,
    /// The newest history entry is that the device fetched it.
    pub retrieved_last: bool,
    /// History entries so far, for the quota.
    pub entries: u32,
    /// A reference of another system, at most 512 characters.
    pub external_ref: Option<String>,
    /// The rollout it came from.
    pub rollout: Option<RolloutId>,
    /// The rollout's group it came from.
    pub rollout_group: Option<RolloutGroupId>,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking; part of what the device sees change.
    pub version: i64,
}
