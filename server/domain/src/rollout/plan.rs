//! What is to be done next for a rollout: the one function that decides it.

use super::{
    Group, GroupState, Rollout, RolloutState, SuccessAction, Tally, Verdict, share_of_rest,
};
use crate::{RolloutGroupId, Timestamp};

/// A group as the planner sees it: counts, no targets.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// Its actions.
    pub tally: Tally,
    /// Actions made and not started that may start now: none has to wait for its retry.
    pub due: u64,
    /// Some of its actions were not answered, or not proven, in time.
    pub expired: bool,
}

/// A rollout as the planner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The rollout.
    pub rollout: Rollout,
    /// Its groups, in order.
    pub groups: Vec<GroupView>,
    /// All targets that match are known.
    pub gathered: bool,
    /// Targets started within the last minute.
    pub lately: u64,
    /// It is time to look for targets that appeared.
    pub involve: bool,
    /// The tenant wants rollouts approved.
    pub approval: bool,
    /// The most groups that there may be; 0 for any number.
    pub groups_max: u64,
}

/// Something to be done, in a transaction of its own or together with those before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// The rollout moves on.
    Become(RolloutState),
    /// Some more of the targets that match are noted.
    Gather,
    /// How many targets the group takes is found out.
    Measure {
        /// The group.
        group: RolloutGroupId,
        /// The share of those left, in per cent.
        share: f64,
    },
    /// Some more targets are put into the group; with the last it is ready.
    Fill {
        /// The group.
        group: RolloutGroupId,
        /// How many more it takes.
        missing: u64,
    },
    /// A dynamic group is ready to be filled as targets appear.
    Open {
        /// The group.
        group: RolloutGroupId,
        /// How many targets it takes.
        size: u64,
    },
    /// Some more actions of the group are made; with the last it is scheduled.
    Schedule {
        /// The group.
        group: RolloutGroupId,
    },
    /// The group runs.
    Begin {
        /// The group.
        group: RolloutGroupId,
    },
    /// Some actions of the group start.
    Start {
        /// The group.
        group: RolloutGroupId,
        /// At most so many.
        limit: u64,
    },
    /// The group is over.
    Finish {
        /// The group.
        group: RolloutGroupId,
    },
    /// The group has failed.
    Fail {
        /// The group.
        group: RolloutGroupId,
    },
    /// Actions that were not answered, or not proven, in time fail.
    Expire {
        /// The group.
        group: RolloutGroupId,
    },
    /// Targets that appeared join the group.
    Involve {
        /// The group.
        group: RolloutGroupId,
        /// At most so many.
        limit: u64,
    },
    /// Another dynamic group follows this one.
    Extend {
        /// The group.
        group: RolloutGroupId,
        /// How many targets the new one takes.
        size: u64,
    },
    /// Some actions that have not started are removed.
    Drop,
    /// Some devices are asked to stop; without waiting for their answers, by force.
    Cancel {
        /// Quit at once.
        force: bool,
    },
    /// Some of what a rollout that never began consists of is removed; in the end it is gone.
    Erase,
}

/// What is to be done, in order. Only the last step works on many rows, and it may be done in
/// part: the next plan goes on.
pub type Plan = Vec<Step>;

/// Plans. Nothing to do is an empty plan: time, a device or somebody has to bring the rollout on.
///
/// The invariants: no group starts before its condition; a paused rollout starts nothing; never
/// is more started than pace allows.
#[must_use]
pub fn plan(view: &View, now: Timestamp) -> Plan {
    match view.rollout.state {
        RolloutState::Creating => creating(view),
        RolloutState::Ready => match view.rollout.start_at {
            Some(at) if at <= now => vec![Step::Become(RolloutState::Starting)],
            Some(_) | None => Vec::new(),
        },
        RolloutState::Starting => starting(view),
        RolloutState::Running => running(view, Vec::new()),
        RolloutState::Paused => expire(view).into_iter().collect(),
        RolloutState::Stopping => stopping(view),
        RolloutState::Deleting => deleting(view),
        RolloutState::WaitingForApproval
        | RolloutState::ApprovalDenied
        | RolloutState::Stopped
        | RolloutState::Finished
        | RolloutState::Deleted => Vec::new(),
    }
}

fn creating(view: &View) -> Plan {
    if !view.gathered {
        return vec![Step::Gather];
    }
    let open = view.groups.iter().position(|one| one.group.state == GroupState::Creating);
    let Some(at) = open else {
        let asks = view.approval && !view.rollout.approval_exempt;
        let to = if asks { RolloutState::WaitingForApproval } else { RolloutState::Ready };
        return vec![Step::Become(to)];
    };
    let one = &view.groups[at];
    let group = one.group.id;
    vec![match one.group.size {
        size if one.group.dynamic => {
            let before = at.checked_sub(1).map(|at| view.groups[at].tally.planned);
            Step::Open { group, size: size.or(before).unwrap_or(1).max(1) }
        }
        None => {
            let groups: Vec<Group> = view.groups.iter().map(|one| one.group.clone()).collect();
            Step::Measure { group, share: share_of_rest(&groups, at) }
        }
        Some(size) => Step::Fill { group, missing: size.saturating_sub(one.tally.planned) },
    }]
}

fn starting(view: &View) -> Plan {
    let next = view.groups.iter().find(|one| !one.group.state.has_actions());
    match next {
        Some(one) => vec![Step::Schedule { group: one.group.id }],
        None => running(view, vec![Step::Become(RolloutState::Running)]),
    }
}

/// Groups as they will be once the steps are done.
struct Course<'v> {
    view: &'v View,
    states: Vec<GroupState>,
    steps: Plan,
}

fn running(view: &View, steps: Plan) -> Plan {
    let states = view.groups.iter().map(|one| one.group.state).collect();
    let mut course = Course { view, states, steps };
    for at in 0..view.groups.len() {
        if course.states[at] == GroupState::Running && course.judge(at) {
            return course.steps;
        }
    }
    if !course.states.contains(&GroupState::Running) {
        match course.states.iter().position(|state| *state == GroupState::Scheduled) {
            Some(next) => course.begin(next),
            None => return course.end(),
        }
    }
    let last = course.start().or_else(|| expire(view)).or_else(|| involve(view));
    course.steps.extend(last);
    course.steps
}

impl Course<'_> {
    /// Judges a running group; whether the rollout pauses.
    fn judge(&mut self, at: usize) -> bool {
        let GroupView { group, tally, .. } = &self.view.groups[at];
        let (kind, conditions) = (self.view.rollout.action_type, group.conditions);
        let waits = is_filling(self.view, at);
        let total = if waits { group.size.unwrap_or(1) } else { tally.actions() };
        let complete = !waits && tally.is_complete(kind);
        match conditions.verdict(*tally, total, kind, complete) {
            Verdict::Bad => {
                self.states[at] = GroupState::Error;
                self.steps.push(Step::Fail { group: group.id });
                self.steps.push(Step::Become(RolloutState::Paused));
                return true;
            }
            Verdict::Open => return false,
            Verdict::Good => {}
        }
        if complete {
            self.states[at] = GroupState::Finished;
            self.steps.push(Step::Finish { group: group.id });
        }
        if self.states.get(at + 1) != Some(&GroupState::Scheduled) {
            return false;
        }
        match conditions.success_action {
            SuccessAction::NextGroup => {
                self.begin(at + 1);
                false
            }
            SuccessAction::Pause => {
                self.steps.push(Step::Become(RolloutState::Paused));
                true
            }
        }
    }

    fn begin(&mut self, at: usize) {
        self.states[at] = GroupState::Running;
        self.steps.push(Step::Begin { group: self.view.groups[at].group.id });
    }

    /// No group runs or is to run.
    fn end(mut self) -> Plan {
        let left = self.view.groups.iter().any(|one| one.tally.scheduled > 0);
        let state =
            if self.view.rollout.dynamic { RolloutState::Stopped } else { RolloutState::Finished };
        self.steps.push(if left { Step::Drop } else { Step::Become(state) });
        self.steps
    }

    /// Starts actions of the first group that has some to start.
    fn start(&self) -> Option<Step> {
        let open = self.view.groups.iter().map(|one| one.tally.running + one.tally.canceling).sum();
        let limit = self.view.rollout.pace.allowance(self.view.lately, open);
        let groups = self.view.groups.iter().zip(&self.states);
        let (first, _) = groups
            .filter(|(_, state)| **state == GroupState::Running)
            .find(|(one, _)| one.due > 0)?;
        (limit > 0).then_some(Step::Start { group: first.group.id, limit })
    }
}

/// Whether this is the last group of a dynamic rollout, which takes in what appears: it is never
/// complete, and judged by its size, unless it is full and no other may follow.
fn is_filling(view: &View, at: usize) -> bool {
    let GroupView { group, tally, .. } = &view.groups[at];
    let full = tally.actions() >= group.size.unwrap_or(1);
    let is_last = at + 1 == view.groups.len();
    view.rollout.dynamic && group.dynamic && is_last && (!full || may_extend(view))
}

fn may_extend(view: &View) -> bool {
    let count = u64::try_from(view.groups.len()).unwrap_or(u64::MAX);
    view.groups_max == 0 || count < view.groups_max
}

fn involve(view: &View) -> Option<Step> {
    let at = view.groups.len().checked_sub(1)?;
    let GroupView { group, tally, .. } = &view.groups[at];
    let opened = matches!(group.state, GroupState::Scheduled | GroupState::Running);
    if !opened || !is_filling(view, at) {
        return None;
    }
    let size = group.size.unwrap_or(1);
    match size.saturating_sub(tally.actions()) {
        0 => Some(Step::Extend { group: group.id, size }),
        limit => view.involve.then_some(Step::Involve { group: group.id, limit }),
    }
}

fn expire(view: &View) -> Option<Step> {
    let late = view.groups.iter().find(|one| one.expired)?;
    Some(Step::Expire { group: late.group.id })
}

fn close(view: &View) -> Plan {
    let open = view.groups.iter().filter(|one| !one.group.state.is_over());
    open.map(|one| Step::Finish { group: one.group.id }).collect()
}

fn sum(view: &View) -> Tally {
    view.groups.iter().fold(Tally::default(), |sum, one| sum.plus(one.tally))
}

fn stopping(view: &View) -> Plan {
    let (all, mut steps) = (sum(view), close(view));
    steps.push(if all.scheduled > 0 {
        Step::Drop
    } else if all.running > 0 {
        Step::Cancel { force: false }
    } else {
        Step::Become(RolloutState::Stopped)
    });
    steps
}

fn deleting(view: &View) -> Plan {
    let all = sum(view);
    if all.scheduled > 0 {
        return vec![Step::Drop];
    }
    if all.begun() == 0 {
        return vec![Step::Erase];
    }
    let mut steps = close(view);
    steps.push(if all.running + all.canceling > 0 {
        Step::Cancel { force: true }
    } else {
        Step::Become(RolloutState::Deleted)
    });
    steps
}

impl View {
    /// The group that starts when somebody asks for the next one.
    #[must_use]
    pub fn next_group(&self) -> Option<RolloutGroupId> {
        let next = self.groups.iter().find(|one| one.group.state == GroupState::Scheduled)?;
        Some(next.group.id)
    }

    /// The group that starts at once when a paused rollout is resumed: the pause was the last
    /// group's doing, by its errors or by its success.
    #[must_use]
    pub fn next_on_resume(&self) -> Option<RolloutGroupId> {
        let begun = |one: &&GroupView| {
            matches!(
                one.group.state,
                GroupState::Running | GroupState::Finished | GroupState::Error
            )
        };
        let last = self.groups.iter().rfind(begun)?;
        let (conditions, kind) = (last.group.conditions, self.rollout.action_type);
        let paused = conditions.success_action == SuccessAction::Pause
            && (last.group.state == GroupState::Finished
                || conditions.is_met(last.tally, last.tally.actions(), kind));
        let next = paused || last.group.state == GroupState::Error;
        next.then(|| self.next_group()).flatten()
    }
}
