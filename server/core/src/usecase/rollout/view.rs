//! What the planner gets to see.

use super::SYSTEM;
use super::work::Working;
use crate::event::{Happened, Log};
use otahub_domain::rollout::{Group, GroupState, GroupView, RolloutState, View};
use otahub_domain::{Entity, Error, Result, RolloutGroupId};
use std::collections::HashMap;
use std::time::Duration;

/// Over which time the started targets are counted.
const MINUTE: Duration = Duration::from_secs(60);

impl Working<'_> {
    /// The rollout as the planner sees it.
    pub(super) async fn view(&self) -> Result<View> {
        let (session, rollout, now) = (self.session, &self.rollout, self.now);
        let id = rollout.id;
        let groups = session.rollout_groups(id).await?;
        let tallies = session.rollout_tallies(id).await?;
        let waiting = match rollout.retry {
            Some(_) => session.waiting_retries(id, now).await?,
            None => HashMap::new(),
        };
        let late = self.late().await?;
        let view = |group: Group| {
            let tally = tallies.get(&group.id).copied().unwrap_or_default();
            let waits = waiting.get(&group.id).copied().unwrap_or(0);
            let due = tally.scheduled.saturating_sub(waits);
            let expired = late.get(&group.id).is_some_and(|number| *number > 0);
            GroupView { group, tally, due, expired }
        };
        let is_creating = rollout.state == RolloutState::Creating;
        let lately = match rollout.pace.per_minute {
            0 => 0,
            _ => session.started_since(id, now.minus(MINUTE)).await?,
        };
        Ok(View {
            groups: groups.into_iter().map(view).collect(),
            gathered: !is_creating || session.is_gathered(id).await?,
            lately,
            involve: rollout.dynamic && session.involve_at(id).await? <= now,
            approval: self.tenant.configuration.rollout_approval,
            groups_max: self.quotas.groups_per_rollout,
            rollout: rollout.clone(),
        })
    }

    /// How many actions of each group are not answered, or not proven, in time.
    async fn late(&self) -> Result<HashMap<RolloutGroupId, u64>> {
        let (id, now) = (self.rollout.id, self.now);
        let works = matches!(self.rollout.state, RolloutState::Running | RolloutState::Paused);
        let mut late = HashMap::new();
        let timeout = self.rollout.answer_timeout.filter(|_| works);
        if let Some(timeout) = timeout.filter(|timeout| self.lateness.is_due(id, *timeout, now)) {
            late = self.session.unanswered_since(id, now.minus(timeout)).await?;
            if late.is_empty() {
                self.lateness.none_at(id, now, self.session.oldest_unanswered(id).await?);
            }
        }
        if self.rollout.proof.is_some() && works {
            for (group, number) in self.session.overdue_proofs(id, now).await? {
                *late.entry(group).or_insert(0) += number;
            }
        }
        Ok(late)
    }

    /// A group of the rollout.
    pub(super) async fn group(&self, id: RolloutGroupId) -> Result<Group> {
        let found = self.session.rollout_group(self.rollout.id, id).await?;
        found.ok_or_else(|| Error::not_found(Entity::RolloutGroup, id))
    }

    /// Moves a group on.
    pub(super) async fn move_group(&self, id: RolloutGroupId, state: GroupState) -> Result<Group> {
        let mut group = self.group(id).await?;
        group.state = state;
        self.save_group(group).await
    }

    /// Saves a group and tells that it has changed. As in hawkBit, what the rollout's own start
    /// brings about is the system's doing, and later steps are its creator's.
    pub(super) async fn save_group(&self, mut group: Group) -> Result<Group> {
        let by = match group.state {
            GroupState::Creating | GroupState::Ready => SYSTEM,
            GroupState::Running if group.position == 0 => SYSTEM,
            GroupState::Running
            | GroupState::Scheduled
            | GroupState::Finished
            | GroupState::Error => &self.rollout.audit.created_by,
        };
        group.audit.touch(by, self.now);
        let saved = self.session.save_rollout_group(&group).await?;
        self.tell(Happened::RolloutGroupUpdated, saved.id).await?;
        Ok(saved)
    }

    /// Tells of a group.
    pub(super) async fn tell(&self, what: Happened, group: RolloutGroupId) -> Result<()> {
        let log = Log { session: self.session, tenant: self.tenant.id, now: self.now };
        let name = format!("rollouts/{}/groups/{group}", self.rollout.id);
        log.resource(what, &name).await
    }
}
