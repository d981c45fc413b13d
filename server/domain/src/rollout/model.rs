//! What is known of a rollout and of its groups.

use std::time::Duration;

use super::{Conditions, GroupState, Pace, Proof, RetryPolicy, RolloutState};
use crate::action::{ActionType, MaintenanceWindow};
use crate::{Audit, RolloutGroupId, RolloutId, SetId, TenantId, Timestamp, text};

/// How the groups of a dynamic rollout are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTemplate {
    /// Appended to `group-N`.
    pub name_suffix: String,
    /// How many targets a group takes.
    pub target_count: u64,
}

/// What somebody decided about a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub decided_by: String,
    /// Why.
    pub remark: Option<String>,
}

/// A rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// Number, on every wire.
    pub id: RolloutId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Unique in the tenant, deleted ones included.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What is to be installed.
    pub set: SetId,
    /// Which targets: AIP-160.
    pub filter: String,
    /// The same as it was written in another language.
    pub source: Option<String>,
    /// How urgent.
    pub action_type: ActionType,
    /// When it starts by itself.
    pub start_at: Option<Timestamp>,
    /// 0 to 1000.
    pub weight: i32,
    /// Targets that appear later join it.
    pub dynamic: bool,
    /// How its dynamic groups are made; like the last static one, without it.
    pub template: Option<GroupTemplate>,
    /// Whether devices' users are asked first.
    pub confirmation_required: Option<bool>,
    /// Of groups without their own.
    pub conditions: Conditions,
    /// When devices may install.
    pub window: Option<MaintenanceWindow>,
    /// How fast it may go.
    pub pace: Pace,
    /// What becomes of actions that fail.
    pub retry: Option<RetryPolicy>,
    /// After how long an unanswered action counts as failed.
    pub answer_timeout: Option<Duration>,
    /// What success needs beyond the device's word.
    pub proof: Option<Proof>,
    /// What it is in.
    pub state: RolloutState,
    /// Soft-deleted.
    pub deleted: bool,
    /// Its creator needs nobody's approval.
    pub approval_exempt: bool,
    /// What somebody decided.
    pub approval: Option<Approval>,
    /// How many targets matched when it was made.
    pub matching: u64,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking.
    pub version: i64,
}

/// A group of a rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Number, on every wire.
    pub id: RolloutGroupId,
    /// Whose it is.
    pub rollout: RolloutId,
    /// From 0; groups start in this order.
    pub position: u32,
    /// Unique in the rollout.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// In addition to the rollout's filter: AIP-160.
    pub filter: Option<String>,
    /// The same as it was written in another language.
    pub source: Option<String>,
    /// Share, in per cent, of the targets that match; of groups with equal filters.
    pub percent: f32,
    /// Of a dynamic group: how many targets it takes.
    pub size: Option<u64>,
    /// When it is good or bad.
    pub conditions: Conditions,
    /// Whether devices' users are asked first.
    pub confirmation_required: Option<bool>,
    /// Made by a dynamic rollout.
    pub dynamic: bool,
    /// What it is in.
    pub state: GroupState,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes.
    pub version: i64,
}

/// The next group of a dynamic rollout: as `like`, but empty. Its number is to come.
#[must_use]
pub fn dynamic_group(rollout: &Rollout, like: &Group, size: u64, now: Timestamp) -> Group {
    let suffix = rollout.template.as_ref().map_or("", |template| &template.name_suffix);
    let position = like.position + 1;
    let name = text::cut(&format!("group-{}{suffix}", position + 1), text::NAME_MAX);
    Group {
        id: RolloutGroupId(0),
        rollout: rollout.id,
        position,
        description: Some(name.clone()),
        name,
        filter: None,
        source: None,
        percent: 100.0,
        size: Some(size.max(1)),
        conditions: like.conditions,
        confirmation_required: like.confirmation_required,
        dynamic: true,
        state: GroupState::Scheduled,
        audit: Audit::new(&rollout.audit.created_by, now),
        version: 1,
    }
}
