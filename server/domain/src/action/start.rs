//! The start of scheduled actions: their rollout's group begins.

use super::assign::supersede;
use super::{Action, AssignmentContext, Event, NewAction, State, Transition, apply, consent_of};
use crate::{Audit, Result, Timestamp};

/// What the start of an action comes to. All of it belongs into one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What became of the target's older actions.
    pub superseded: Vec<Transition>,
    /// What became of the action itself; last.
    pub started: Transition,
}

/// Starts a scheduled action (hawkBit domain rules: "Group states"): like an assignment, it takes
/// the place of the target's other actions; there is nothing to do if the target has the set.
/// `required` says whether the group wants the device's user to be asked.
///
/// # Errors
/// None that [`apply`] does not give.
pub fn start_action(
    action: &Action,
    required: Option<bool>,
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<Started> {
    let apply_to = |event: &Event| apply(action, event, now, context.quotas);
    if context.target.assigned_set == Some(action.set) {
        return Ok(Started { superseded: Vec::new(), started: apply_to(&Event::Skipped)? });
    }
    let auto = context.target.auto_confirmation.as_ref();
    let consent = consent_of(context.consent_flow, required, auto);
    let started = apply_to(&Event::Started { consent, initiator: context.initiator.clone() })?;
    Ok(Started { superseded: supersede(context, now)?, started })
}

/// The action that tries again what another one of the same rollout failed at.
#[must_use]
pub fn retry_action(failed: &Action, now: Timestamp) -> NewAction {
    NewAction {
        tenant: failed.tenant,
        target: failed.target,
        set: failed.set,
        action_type: failed.action_type,
        state: State::Scheduled,
        weight: failed.weight,
        window: failed.window.clone(),
        external_ref: failed.external_ref.clone(),
        rollout: failed.rollout,
        rollout_group: failed.rollout_group,
        audit: Audit::new(&failed.audit.created_by, now),
        entry: None,
    }
}
