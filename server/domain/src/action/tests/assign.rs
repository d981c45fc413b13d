//! Assignments, online and offline.

use super::super::{
    Action, ActionType, Assignment, AssignmentContext, AssignmentOutcome, Consent, Effect,
    EntryStatus, Initiator, NewAction, OpenAction, State, Transition, assign, assign_offline,
    collapse_assignments, consent_of, installed_already,
};
use super::{NOW, action, consent, target};
use crate::target::{Target, UpdateStatus};
use crate::tenant::Quotas;
use crate::{ActionId, Error, Kind, SetId};

struct World {
    target: Target,
    open: Vec<OpenAction>,
    scheduled: Vec<Action>,
    initiator: Initiator,
    by: &'static str,
    quotas: Quotas,
    consent_flow: bool,
    autoclose: bool,
}

impl World {
    fn new() -> Self {
        Self {
            target: target(),
            open: Vec::new(),
            scheduled: Vec::new(),
            initiator: Initiator::User("op".into()),
            by: "op",
            quotas: Quotas::default(),
            consent_flow: false,
            autoclose: false,
        }
    }

    fn context(&self) -> AssignmentContext<'_> {
        AssignmentContext {
            target: &self.target,
            open: &self.open,
            scheduled: &self.scheduled,
            consent_flow: self.consent_flow,
            autoclose: self.autoclose,
            initiator: &self.initiator,
            by: self.by,
            action_count: 3,
            quotas: &self.quotas,
        }
    }

    fn assign(&self, assignment: &Assignment) -> (Target, NewAction, Vec<Transition>) {
        news(assign(assignment, &self.context(), NOW).unwrap())
    }
}

fn news(outcome: AssignmentOutcome) -> (Target, NewAction, Vec<Transition>) {
    match outcome {
        AssignmentOutcome::New { target, action, superseded } => (target, action, superseded),
        AssignmentOutcome::AlreadyAssigned => panic!("already assigned"),
    }
}

fn open(id: i64, state: State, migration_step: bool) -> OpenAction {
    let action = Action { id: ActionId(id), ..action(state) };
    OpenAction { action, migration_step }
}

fn wish() -> Assignment {
    Assignment::new("dev", SetId(8))
}

#[test]
fn an_assignment_makes_a_running_action_and_a_pending_target() {
    let (target, action, superseded) = World::new().assign(&wish());
    assert_eq!(
        (target.assigned_set, target.update_status),
        (Some(SetId(8)), UpdateStatus::Pending)
    );
    assert_eq!(target.audit.modified_by, "op");
    assert_eq!((action.state, action.weight), (State::Running, 1000));
    let entry = action.entry.clone().unwrap();
    assert_eq!(entry.status, EntryStatus::Running);
    assert_eq!(entry.messages, ["Assignment initiated by user 'op'"]);
    assert!(superseded.is_empty());
    let stored = action.into_action(ActionId(1), 0);
    assert_eq!((stored.entries, stored.retrieved_last, stored.last_code), (1, false, None));
}

#[test]
fn the_same_set_is_not_assigned_twice() {
    let mut world = World::new();
    world.target.assigned_set = Some(SetId(8));
    let again = assign(&wish(), &world.context(), NOW);
    assert_eq!(again, Ok(AssignmentOutcome::AlreadyAssigned));
}

#[test]
fn older_actions_are_cancelled_but_for_migration_steps() {
    let mut world = World::new();
    world.open = vec![
        open(1, State::Retrieved, false),
        open(2, State::Canceling, false),
        open(3, State::Running, true),
        open(4, State::WaitingForConfirmation, false),
    ];
    world.scheduled = vec![Action { id: ActionId(5), ..action(State::Scheduled) }];
    let ends = |superseded: &[Transition]| -> Vec<(i64, State, bool)> {
        superseded
            .iter()
            .map(|to| {
                let told = to.effects.contains(&Effect::CancelWanted);
                assert_eq!(to.action.audit.modified_by, "op");
                (to.action.id.0, to.action.state, told)
            })
            .collect()
    };
    let (_, _, superseded) = world.assign(&wish());
    assert_eq!(
        ends(&superseded),
        [(1, State::Canceling, true), (4, State::Canceling, true), (5, State::Canceled, false)]
    );
    world.autoclose = true;
    let (_, _, superseded) = world.assign(&wish());
    assert_eq!(ends(&superseded), [1, 2, 4, 5].map(|id| (id, State::Canceled, false)));
}

#[test]
fn consent_decides_whether_an_action_waits() {
    let mut world = World::new();
    world.consent_flow = true;
    let shape = |action: NewAction| {
        let entry = action.entry.unwrap();
        (action.state, entry.status, entry.messages.len())
    };
    let waiting = (State::WaitingForConfirmation, EntryStatus::WaitForConfirmation, 2);
    let released = (State::Running, EntryStatus::WaitForConfirmation, 2);
    assert_eq!(shape(world.assign(&wish()).1), waiting);
    let unasked = Assignment { confirmation_required: Some(false), ..wish() };
    assert_eq!(shape(world.assign(&unasked).1), released);
    world.target.auto_confirmation = Some(consent());
    assert_eq!(shape(world.assign(&wish()).1), released);
    assert_eq!(consent_of(false, Some(true), None), Consent::NotNeeded);
}

#[test]
fn a_target_has_only_so_many_actions() {
    let mut world = World::new();
    world.quotas.actions_per_target = 3;
    let refused = assign(&wish(), &world.context(), NOW).unwrap_err();
    assert_eq!(refused, Error::QuotaExceeded { what: "actions per target", limit: 3 });
    world.quotas.actions_per_target = 4;
    assert!(assign(&wish(), &world.context(), NOW).is_ok());
}

#[test]
fn an_offline_assignment_is_over_at_once() {
    let mut world = World::new();
    world.open = vec![open(1, State::Running, false)];
    let soft = Assignment { action_type: ActionType::Soft, weight: Some(1), ..wish() };
    let (target, action, superseded) = news(assign_offline(&soft, &world.context(), NOW).unwrap());
    assert_eq!((action.state, action.action_type), (State::Finished, ActionType::Forced));
    let entry = action.entry.unwrap();
    assert_eq!((entry.status, entry.messages.len()), (EntryStatus::Finished, 2));
    assert!(superseded.is_empty());
    assert_eq!((target.assigned_set, target.installed_set), (Some(SetId(8)), Some(SetId(8))));
    assert_eq!((target.installed_at, target.update_status), (Some(NOW), UpdateStatus::InSync));
    world.target.update_status = UpdateStatus::Pending;
    let busy = assign_offline(&wish(), &world.context(), NOW);
    assert_eq!(busy, Ok(AssignmentOutcome::AlreadyAssigned));
}

#[test]
fn a_device_says_what_it_has() {
    let mut world = World::new();
    world.initiator = Initiator::Device("dev".into());
    world.by = "dev";
    let (target, action, _) = news(installed_already(SetId(8), &world.context(), NOW).unwrap());
    assert_eq!((target.installed_set, action.audit.created_by.as_str()), (Some(SetId(8)), "dev"));
    world.target = target;
    let again = installed_already(SetId(8), &world.context(), NOW);
    assert_eq!(again, Ok(AssignmentOutcome::AlreadyAssigned));
}

#[test]
fn equal_wishes_collapse_and_different_ones_clash() {
    let quotas = Quotas { assignments_per_request: 2, ..Quotas::default() };
    let of = |ids: &[&str]| ids.iter().map(|id| Assignment::new(*id, SetId(8))).collect();
    let kept = collapse_assignments(of(&["b", "a", "b"]), &quotas).unwrap();
    let ids: Vec<&str> = kept.iter().map(|one| one.controller_id.as_str()).collect();
    assert_eq!(ids, ["b", "a"]);
    let mut clash: Vec<Assignment> = of(&["a", "a"]);
    clash[1].weight = Some(5);
    let refused = collapse_assignments(clash, &quotas).unwrap_err();
    assert_eq!(refused, Error::MultipleAssignments { controller_id: "a".into() });
    let many = collapse_assignments(of(&["a", "b", "c"]), &quotas).unwrap_err();
    assert_eq!(many.kind(), Kind::ResourceExhausted);
    for (weight, fine) in [(-1, false), (0, true), (1000, true), (1001, false)] {
        let one = Assignment { weight: Some(weight), ..wish() };
        assert_eq!(collapse_assignments(vec![one], &quotas).is_ok(), fine);
    }
    let long = Assignment { external_ref: Some("r".repeat(513)), ..wish() };
    assert!(collapse_assignments(vec![long], &quotas).is_err());
}
