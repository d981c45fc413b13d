//! What the end of an action means for its target.

use crate::target::{Target, UpdateStatus};
use crate::{ActionId, SetId, Timestamp};

/// What a transition means for the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetChange {
    /// Nothing.
    None,
    /// A set was assigned: by a rollout's start.
    Assigned {
        /// The set.
        set: SetId,
    },
    /// The device installed a set.
    Installed {
        /// The set.
        set: SetId,
        /// When, by the device's clock.
        at: Timestamp,
        /// It becomes the assigned set too: the action was to download only.
        also_assigned: bool,
    },
    /// The device failed.
    Failed,
    /// The device downloaded and was asked for no more.
    DownloadedOnly,
    /// An action was cancelled for good.
    CancellationDone,
}

/// Changes the target as hawkBit does (hawkBit domain rules: "Transitions", "Cancellation done").
///
/// `remaining` are the *other* active actions of the target with their sets; only the end of a
/// cancellation looks at them. `by` becomes the last modifier, unless it is the device itself:
/// hawkBit does not name devices there.
pub fn settle(
    change: &TargetChange,
    target: &mut Target,
    remaining: &[(ActionId, SetId)],
    by: &str,
    now: Timestamp,
) {
    match *change {
        TargetChange::None => return,
        TargetChange::Assigned { set } => {
            target.assigned_set = Some(set);
            target.update_status = UpdateStatus::Pending;
        }
        TargetChange::Installed { set, at, also_assigned } => {
            install(target, set, at, also_assigned);
        }
        TargetChange::Failed => {
            target.assigned_set = None;
            target.update_status = UpdateStatus::Error;
        }
        TargetChange::DownloadedOnly => {
            target.update_status = UpdateStatus::InSync;
            target.request_attributes = true;
        }
        TargetChange::CancellationDone => match remaining.iter().min_by_key(|(id, _)| *id) {
            Some((_, oldest)) => target.assigned_set = Some(*oldest),
            None => {
                target.assigned_set = target.installed_set;
                target.update_status = UpdateStatus::InSync;
            }
        },
    }
    if by == target.controller_id || by.is_empty() {
        target.audit.modified_at = now;
    } else {
        target.audit.touch(by, now);
    }
}

/// A report that is not newer than the last installation changes neither set nor status.
fn install(target: &mut Target, set: SetId, at: Timestamp, also_assigned: bool) {
    target.request_attributes = true;
    if target.installed_at.is_some_and(|last| at <= last) {
        return;
    }
    target.installed_set = Some(set);
    target.installed_at = Some(at);
    if also_assigned {
        target.assigned_set = Some(set);
    }
    if target.assigned_set == target.installed_set {
        target.update_status = UpdateStatus::InSync;
    }
}
