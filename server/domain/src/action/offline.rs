//! Offline assignment: a set got onto a target by other ways, and the hub is told.

use super::assign::check_action_count;
use super::{
    ActionType, Assignment, AssignmentContext, AssignmentOutcome, EntryStatus, NewEntry, State,
    schedule_action, split_messages,
};
use crate::target::UpdateStatus;
use crate::{Result, SetId, Timestamp};

/// Records that the target has the set already (hawkBit domain rules: "Offline assignment").
///
/// A target that has the set assigned, or that is pending, is left alone. All options of the
/// assignment are ignored; no other action is cancelled, no device is told.
///
/// # Errors
/// [`crate::Error::QuotaExceeded`] if the target has too many actions.
pub fn assign_offline(
    assignment: &Assignment,
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<AssignmentOutcome> {
    let busy = context.target.update_status == UpdateStatus::Pending;
    if busy || context.target.assigned_set == Some(assignment.set) {
        return Ok(AssignmentOutcome::AlreadyAssigned);
    }
    record(assignment.set, context, now)
}

/// Records what a device says it has installed (DDI reference: "installedBase", PUT).
///
/// As [`assign_offline`], with the device as initiator.
///
/// # Errors
/// [`crate::Error::QuotaExceeded`] if the target has too many actions.
pub fn installed_already(
    set: SetId,
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<AssignmentOutcome> {
    assign_offline(&Assignment::new(context.target.controller_id.clone(), set), context, now)
}

fn record(
    set: SetId,
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<AssignmentOutcome> {
    check_action_count(context)?;
    let mut target = context.target.clone();
    let plain = Assignment::new(target.controller_id.clone(), set);
    let mut action = schedule_action(&plain, &target, context.initiator, context.by, now);
    let texts = ["Action reported as offline deployment"];
    let mut entry = NewEntry::of_server(EntryStatus::Finished, &texts, now);
    entry.messages.splice(0..0, split_messages(vec![context.initiator.text()]));
    action.action_type = ActionType::Forced;
    action.state = State::Finished;
    action.entry = Some(entry);
    target.assigned_set = Some(set);
    target.installed_set = Some(set);
    target.installed_at = Some(now);
    target.update_status = UpdateStatus::InSync;
    target.audit.touch(context.by, now);
    Ok(AssignmentOutcome::New { target, action, superseded: Vec::new() })
}
