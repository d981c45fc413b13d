//! Assignment: what happens to a target, and to its older actions, when it is to get a set.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::{
    Action, ActionType, Event, Initiator, MaintenanceWindow, NewAction, State, Transition, apply,
    consent_of, first_entry, schedule_action,
};
use crate::target::{Target, UpdateStatus};
use crate::tenant::Quotas;
use crate::{Error, Result, SetId, Timestamp, text};

/// The greatest weight.
pub(crate) const WEIGHT_MAX: i32 = 1000;
/// The most characters of a reference of another system.
pub(crate) const EXTERNAL_REF_MAX: usize = 512;

/// The wish that a target gets a set (Management API reference: "Assignment").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The target.
    pub controller_id: String,
    /// The set.
    pub set: SetId,
    /// How urgent.
    pub action_type: ActionType,
    /// 0 to 1000; without one 1000.
    pub weight: Option<i32>,
    /// Whether the device's side has to consent; without a word, where the tenant asks for it.
    pub confirmation_required: Option<bool>,
    /// When the device may install.
    pub window: Option<MaintenanceWindow>,
    /// A reference of another system, at most 512 characters.
    pub external_ref: Option<String>,
}

impl Assignment {
    /// A forced assignment without any option.
    #[must_use]
    pub fn new(controller_id: impl Into<String>, set: SetId) -> Self {
        Self {
            controller_id: controller_id.into(),
            set,
            action_type: ActionType::Forced,
            weight: None,
            confirmation_required: None,
            window: None,
            external_ref: None,
        }
    }

    fn check(&self) -> Result<()> {
        check_weight(self.weight)?;
        match &self.external_ref {
            Some(reference) => text::limited("external_ref", reference, EXTERNAL_REF_MAX),
            None => Ok(()),
        }
    }
}

/// Checks a weight: 0 to 1000.
///
/// # Errors
/// [`Error::Invalid`] for `weight`.
pub fn check_weight(weight: Option<i32>) -> Result<()> {
    match weight {
        Some(weight) if !(0..=WEIGHT_MAX).contains(&weight) => {
            Err(Error::invalid("weight", format!("must be from 0 to {WEIGHT_MAX}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// Lets equal assignments of one request collapse to the first of them, and checks each.
///
/// # Errors
/// - [`Error::Invalid`]: a weight or reference out of range;
/// - [`Error::MultipleAssignments`]: two different ones for one target;
/// - [`Error::QuotaExceeded`]: more than [`Quotas::assignments_per_request`] are left.
pub fn collapse_assignments(
    assignments: Vec<Assignment>,
    quotas: &Quotas,
) -> Result<Vec<Assignment>> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Assignment> = Vec::with_capacity(assignments.len());
    for assignment in assignments {
        assignment.check()?;
        match first.entry(assignment.controller_id.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(kept.len());
                kept.push(assignment);
            }
            Slot::Occupied(slot) => {
                if kept.get(*slot.get()) != Some(&assignment) {
                    let controller_id = assignment.controller_id;
                    return Err(Error::MultipleAssignments { controller_id });
                }
            }
        }
    }
    let count = u64::try_from(kept.len()).unwrap_or(u64::MAX);
    Quotas::check("assignments per request", 0, count, quotas.assignments_per_request)?;
    Ok(kept)
}

/// An active action of the target that is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAction {
    /// The action.
    pub action: Action,
    /// Its set is a required migration step: the action stays.
    pub migration_step: bool,
}

/// What there is to know when a target is assigned to.
#[derive(Debug, Clone, Copy)]
pub struct AssignmentContext<'a> {
    /// The target.
    pub target: &'a Target,
    /// Its active actions.
    pub open: &'a [OpenAction],
    /// Its actions of rollout groups that have not started.
    pub scheduled: &'a [Action],
    /// The tenant asks for confirmations.
    pub consent_flow: bool,
    /// The tenant closes older actions instead of cancelling them.
    pub autoclose: bool,
    /// What assigns.
    pub initiator: &'a Initiator,
    /// On whose behalf, for the audit fields: the user, the device, or whoever made the filter's
    /// automatic assignment or the rollout.
    pub by: &'a str,
    /// How many actions the target has, of any state.
    pub action_count: u64,
    /// The quotas in force.
    pub quotas: &'a Quotas,
}

/// What an assignment comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "short-lived, and mostly the large one")]
pub enum AssignmentOutcome {
    /// The target has, or is to have, this set already: nothing to do.
    AlreadyAssigned,
    /// There is a new action. All of it belongs into one transaction.
    New {
        /// The target as it is now.
        target: Target,
        /// The action to store.
        action: NewAction,
        /// What became of the target's older actions.
        superseded: Vec<Transition>,
    },
}

/// Decides what an assignment comes to (hawkBit domain rules: "online assignment").
///
/// Whether the set may be assigned at all is [`crate::distribution_set::check_assignable`]'s
/// matter; duplicates and weights are [`collapse_assignments`]'s.
///
/// # Errors
/// [`Error::QuotaExceeded`] if the target has too many actions.
pub fn assign(
    assignment: &Assignment,
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<AssignmentOutcome> {
    if context.target.assigned_set == Some(assignment.set) {
        return Ok(AssignmentOutcome::AlreadyAssigned);
    }
    check_action_count(context)?;
    let required = assignment.confirmation_required;
    let auto = context.target.auto_confirmation.as_ref();
    let consent = consent_of(context.consent_flow, required, auto);
    let mut action =
        schedule_action(assignment, context.target, context.initiator, context.by, now);
    action.state = if consent.waits() { State::WaitingForConfirmation } else { State::Running };
    action.entry = Some(first_entry(context.initiator, &consent, context.by, now));
    let mut target = context.target.clone();
    target.assigned_set = Some(assignment.set);
    target.update_status = UpdateStatus::Pending;
    target.audit.touch(context.by, now);
    Ok(AssignmentOutcome::New { target, action, superseded: supersede(context, now)? })
}

pub(super) fn check_action_count(context: &AssignmentContext<'_>) -> Result<()> {
    let limit = context.quotas.actions_per_target;
    Quotas::check("actions per target", context.action_count, 1, limit)
}

pub(super) fn supersede(
    context: &AssignmentContext<'_>,
    now: Timestamp,
) -> Result<Vec<Transition>> {
    let event = Event::Superseded { autoclose: context.autoclose };
    let open = context.open.iter().filter(|open| !open.migration_step).map(|open| &open.action);
    let mut superseded = Vec::new();
    for action in open.chain(context.scheduled) {
        let mut transition = apply(action, &event, now, context.quotas)?;
        if transition.changes() {
            transition.action.audit.touch(context.by, now);
            superseded.push(transition);
        }
    }
    Ok(superseded)
}
