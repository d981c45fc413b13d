//! Does what is planned for a rollout: one transaction at a time, each with a plan of its own.
//!
//! The rollout's row is locked while a plan is made and done, so that no command and no other
//! node can come in between, and nothing is done twice.

use super::super::act::Changes;
use super::super::assign::actions_that_give_way;
use super::{Lateness, SYSTEM, read_filter, save};
use crate::event::{Happened, Log};
use crate::tenants::Tenant;
use otahub_domain::action::{Event, State, apply};
use otahub_domain::rollout::{
    Group, GroupState, Rollout, RolloutState, Step, dynamic_group, part, plan,
};
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Result, RolloutGroupId, TargetId, Timestamp};
use otahub_proto::names;
use otahub_store::{Candidates, Session};
use std::time::Duration;

/// How many rows one statement makes or removes.
const ROWS: u64 = 5000;
/// How many actions are made at once.
const SCHEDULES: u64 = 2000;
/// How many actions change in a transaction.
const CHANGES: u64 = 1000;
/// How long a dynamic rollout waits, when nothing appeared, before it looks again.
const INVOLVE_EVERY: Duration = Duration::from_secs(60);

/// What a transaction did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// There may be more to do at once.
    pub(super) more: bool,
    /// The targets whose offers changed.
    pub(super) targets: Vec<String>,
}

impl Done {
    fn rows(count: u64) -> Self {
        Self { more: count > 0, targets: Vec::new() }
    }

    const fn step() -> Self {
        Self { more: true, targets: Vec::new() }
    }
}

/// A rollout within a transaction that has locked it.
pub(super) struct Working<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) tenant: &'a Tenant,
    pub(super) quotas: &'a Quotas,
    pub(super) lateness: &'a Lateness,
    pub(super) rollout: Rollout,
    pub(super) now: Timestamp,
}

impl Working<'_> {
    /// Makes a plan and does it.
    pub(super) async fn run(&mut self) -> Result<Done> {
        let steps = plan(&self.view().await?, self.now);
        let mut all = Done::default();
        for step in steps {
            let done = self.step(step).await?;
            all.more |= done.more;
            all.targets.extend(done.targets);
        }
        Ok(all)
    }

    async fn step(&mut self, step: Step) -> Result<Done> {
        match step {
            Step::Become(state) => self.become_state(state).await,
            Step::Gather => self.gather().await,
            Step::Measure { group, share } => self.measure(group, share).await,
            Step::Fill { group, missing } => self.fill(group, missing).await,
            Step::Open { group, size } => self.open(group, size).await,
            Step::Schedule { group } => self.schedule(group).await,
            Step::Begin { group } => self.begin(group).await,
            Step::Start { group, limit } => self.start(group, limit.min(CHANGES)).await,
            Step::Finish { group } => {
                self.move_group(group, GroupState::Finished).await.map(|_| Done::step())
            }
            Step::Fail { group } => {
                self.move_group(group, GroupState::Error).await.map(|_| Done::step())
            }
            Step::Expire { group } => self.expire(group).await,
            Step::Involve { group, limit } => self.involve(group, limit.min(SCHEDULES)).await,
            Step::Extend { group, size } => self.extend(group, size).await,
            Step::Drop => {
                let dropped = self.session.drop_scheduled(self.rollout.id, ROWS).await?;
                Ok(Done::rows(dropped))
            }
            Step::Cancel { force } => self.cancel(force).await,
            Step::Erase => self.erase().await,
        }
    }

    async fn become_state(&mut self, state: RolloutState) -> Result<Done> {
        let by = match state {
            RolloutState::Paused => self.rollout.audit.created_by.clone(),
            RolloutState::Creating
            | RolloutState::Ready
            | RolloutState::WaitingForApproval
            | RolloutState::ApprovalDenied
            | RolloutState::Starting
            | RolloutState::Running
            | RolloutState::Stopping
            | RolloutState::Stopped
            | RolloutState::Finished
            | RolloutState::Deleting
            | RolloutState::Deleted => SYSTEM.to_owned(),
        };
        let mut to = self.rollout.clone();
        to.state = state;
        to.deleted = state == RolloutState::Deleted;
        to.audit.touch(&by, self.now);
        self.rollout = save(self.session, &to, self.now).await?;
        Ok(Done::step())
    }

    async fn candidates(&self, created_until: Option<Timestamp>) -> Result<Candidates> {
        let (tenant, rollout) = (self.tenant.id, &self.rollout);
        let set = super::super::set::find(self.session, tenant, rollout.set).await?;
        let filter = read_filter(self.tenant, &rollout.filter, self.now)?;
        Ok(Candidates { tenant, filter, set_type: set.set_type, created_until })
    }

    async fn gather(&self) -> Result<Done> {
        let candidates = self.candidates(Some(self.rollout.audit.created_at)).await?;
        self.session.gather_targets(&self.rollout, &candidates, ROWS).await?;
        Ok(Done::step())
    }

    async fn measure(&self, group: RolloutGroupId, share: f64) -> Result<Done> {
        let mut group = self.group(group).await?;
        let free = match group.filter.as_deref() {
            Some(text) => {
                let filter = read_filter(self.tenant, text, self.now)?;
                self.session.count_ungrouped(&self.rollout, &filter).await?
            }
            None => {
                let tallies = self.session.rollout_tallies(self.rollout.id).await?;
                let grouped = tallies.values().map(|tally| tally.planned).sum();
                self.rollout.matching.saturating_sub(grouped)
            }
        };
        group.size = Some(part(free, share));
        self.save_group(group).await?;
        Ok(Done::step())
    }

    async fn fill(&self, id: RolloutGroupId, missing: u64) -> Result<Done> {
        let group = self.group(id).await?;
        let filter = group.filter.as_deref();
        let filter = filter.map(|text| read_filter(self.tenant, text, self.now)).transpose()?;
        let limit = missing.min(ROWS);
        let filled = self.session.fill_group(&self.rollout, id, filter.as_ref(), limit).await?;
        if filled < limit || missing <= limit {
            self.move_group(id, GroupState::Ready).await?;
        }
        Ok(Done::step())
    }

    async fn open(&self, id: RolloutGroupId, size: u64) -> Result<Done> {
        let mut group = self.group(id).await?;
        group.size = Some(size);
        group.state = GroupState::Ready;
        self.save_group(group).await?;
        Ok(Done::step())
    }

    async fn schedule(&self, id: RolloutGroupId) -> Result<Done> {
        let group = self.group(id).await?;
        let targets = self.session.unscheduled_targets(id, SCHEDULES).await?;
        let is_last = (targets.len() as u64) < SCHEDULES;
        if let Some(last) = targets.last().copied() {
            self.schedule_targets(&group, &targets).await?;
            self.session.set_scheduled_until(id, last).await?;
        }
        if is_last {
            self.move_group(id, GroupState::Scheduled).await?;
        }
        Ok(Done::step())
    }

    /// Makes the actions of some targets, in place of others that are scheduled. Targets that
    /// have as many as they may have make room, or are left out.
    async fn schedule_targets(&self, group: &Group, targets: &[TargetId]) -> Result<()> {
        let (session, limit) = (self.session, self.quotas.actions_per_target);
        let room = actions_that_give_way(self.tenant, self.quotas);
        let burdens = session.burdens(targets).await?;
        let (mut wanted, mut waiting) = (Vec::with_capacity(burdens.len()), Vec::new());
        for burden in burdens {
            let is_crowded = limit > 0 && burden.actions >= limit;
            if is_crowded && room == 0 {
                continue;
            }
            if is_crowded {
                session.delete_oldest_actions(burden.target, room).await?;
            }
            wanted.push(burden.target);
            waiting.extend(burden.waits.then_some(burden.target));
        }
        session.cancel_scheduled(&waiting, self.now).await?;
        Ok(session.schedule_targets(&self.rollout, group, &wanted, self.now).await?)
    }

    /// Lets a group run; its actions start after that.
    pub(super) async fn begin(&self, group: RolloutGroupId) -> Result<Done> {
        self.move_group(group, GroupState::Running).await?;
        Ok(Done::step())
    }

    async fn expire(&self, group: RolloutGroupId) -> Result<Done> {
        let (session, now) = (self.session, self.now);
        let mut done = Done::default();
        if let Some(timeout) = self.rollout.answer_timeout {
            let since = now.minus(timeout);
            let late = session.unanswered_actions(group, since, CHANGES).await?;
            self.happen(&late, &Event::Unanswered, &mut done).await?;
        }
        let late = session.unproven_actions(group, now, CHANGES).await?;
        self.happen(&late, &Event::Unproven, &mut done).await?;
        Ok(done)
    }

    async fn cancel(&self, force: bool) -> Result<Done> {
        let states =
            [State::WaitingForConfirmation, State::Running, State::Retrieved, State::Canceling];
        let states = if force { &states[..] } else { &states[..3] };
        let found = self.session.actions_in(self.rollout.id, states, CHANGES).await?;
        let mut done = Done::default();
        let by = || SYSTEM.to_owned();
        self.happen(&found, &Event::CancelRequested { by: by() }, &mut done).await?;
        if force {
            self.happen(&found, &Event::ForceQuit { by: by() }, &mut done).await?;
        }
        Ok(done)
    }

    /// Lets an event happen to some actions.
    async fn happen(&self, actions: &[ActionId], event: &Event, done: &mut Done) -> Result<()> {
        let now = self.now;
        let mut all = Vec::with_capacity(actions.len());
        for (action, target) in self.session.actions_with_targets(actions).await? {
            if action.state == State::Canceling && matches!(event, Event::CancelRequested { .. }) {
                continue;
            }
            let mut transition = apply(&action, event, now, self.quotas)?;
            transition.action.audit.touch(SYSTEM, now);
            done.targets.push(target.controller_id.clone());
            all.push((transition, target).into());
        }
        done.more |= !all.is_empty();
        Changes { all, by: SYSTEM, now }.commit(self.session).await.map(|_| ())
    }

    async fn involve(&self, id: RolloutGroupId, limit: u64) -> Result<Done> {
        let group = self.group(id).await?;
        let candidates = self.candidates(None).await?;
        let rollout = &self.rollout;
        let found = self.session.appeared_targets(rollout, &candidates, limit).await?;
        if found.is_empty() {
            self.session.set_involve_at(rollout.id, self.now.plus(INVOLVE_EVERY)).await?;
            return Ok(Done::default());
        }
        self.session.join_group(rollout, id, &found).await?;
        self.schedule_targets(&group, &found).await?;
        Ok(Done::step())
    }

    async fn extend(&self, id: RolloutGroupId, size: u64) -> Result<Done> {
        let group = self.group(id).await?;
        let next = dynamic_group(&self.rollout, &group, size, self.now);
        let next = self.session.insert_rollout_group(&self.rollout, &next).await?;
        self.tell(Happened::RolloutGroupCreated, next).await?;
        Ok(Done::step())
    }

    async fn erase(&self) -> Result<Done> {
        let (tenant, id) = (self.tenant.id, self.rollout.id);
        if self.session.erase_rollout(tenant, id, ROWS).await? {
            let log = Log { session: self.session, tenant, now: self.now };
            log.resource(Happened::RolloutDeleted, &names::numbered("rollouts", id.0)).await?;
            return Ok(Done::default());
        }
        Ok(Done::step())
    }
}
