//! Rollouts: made, commanded, and brought on.

mod after;
mod begin;
mod late;
mod make;
mod round;
mod view;
mod watch;
mod work;

pub(super) use after::{after_change, check_proofs};
pub(crate) use late::Lateness;
pub(crate) use watch::{Watched, Watches};

use self::work::{Done, Working};
use super::search::moments;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::outcome::{Outcome, Recalled};
use crate::tenants::Tenant;
use otahub_domain::distribution_set::Set;
use otahub_domain::filter::{self, Filter, TargetField};
use otahub_domain::rollout::{
    Command, Group, Rollout, RolloutDraft, RolloutPatch, Tally, command, retry_draft,
    update_rollout,
};
use otahub_domain::{Entity, Error, Result, RolloutGroupId, RolloutId, SetId, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Progress, Session};
use std::sync::Arc;

/// Who the hub itself is in audit fields.
const SYSTEM: &str = "system";

/// The rollout, soft-deleted or not.
async fn find(session: &Session<'_>, tenant: TenantId, id: RolloutId) -> Result<Rollout> {
    let found = session.rollout(tenant, id).await?;
    found.ok_or_else(|| Error::not_found(Entity::Rollout, id))
}

/// The same, for a job that changes it.
async fn lock(session: &Session<'_>, tenant: TenantId, id: RolloutId) -> Result<Rollout> {
    let found = session.lock_rollout(tenant, id).await?;
    found.ok_or_else(|| Error::not_found(Entity::Rollout, id))
}

/// Saves a rollout and tells that it has changed.
async fn save(session: &Session<'_>, rollout: &Rollout, now: Timestamp) -> Result<Rollout> {
    let saved = session.save_rollout(rollout).await?;
    let log = Log { session, tenant: rollout.tenant, now };
    let name = names::numbered("rollouts", rollout.id.0);
    log.resource(Happened::RolloutUpdated, &name).await?;
    Ok(saved)
}

/// A filter over targets as its tenant means it now.
fn read_filter(tenant: &Tenant, text: &str, now: Timestamp) -> Result<Filter<TargetField>> {
    filter::parse(text)?.resolve(moments(&tenant.configuration, now))
}

/// Ends the rollouts of a set that becomes unusable, or deletes them.
pub(super) async fn end_rollouts_of(
    session: &Session<'_>,
    (tenant, set): (TenantId, SetId),
    wish: &Command,
    (by, now): (&str, Timestamp),
) -> Result<()> {
    for id in session.stoppable_rollouts(tenant, set).await? {
        let rollout = lock(session, tenant, id).await?;
        if rollout.state.is_stoppable() {
            save(session, &command(&rollout, wish, by, now)?, now).await?;
        }
    }
    Ok(())
}

/// A rollout as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct ShownRollout {
    /// The rollout.
    pub rollout: Rollout,
    /// How far it is.
    pub progress: Progress,
    /// What it rolls out.
    pub set: Option<Set>,
}

impl Outcome for (Rollout, Done) {
    fn kept(&self) -> serde_json::Value {
        self.0.kept()
    }

    fn recalled<'s>(
        session: &'s Session<'s>,
        tenant: TenantId,
        kept: serde_json::Value,
    ) -> Recalled<'s, Self> {
        Box::pin(
            async move { Ok((Rollout::recalled(session, tenant, kept).await?, Done::default())) },
        )
    }
}

impl Working<'_> {
    /// Does as an operator wishes. A group that runs by that begins in the same transaction, so
    /// that nobody sees it run without its actions.
    async fn obey(mut self, wish: &Command, by: &str) -> Result<(Rollout, Done)> {
        let to = command(&self.rollout, wish, by, self.now)?;
        let next = match wish {
            Command::Resume => self.view().await?.next_on_resume(),
            Command::TriggerNextGroup => {
                let next = self.view().await?.next_group();
                Some(next.ok_or(Error::RolloutState { rollout: self.rollout.id })?)
            }
            Command::Start
            | Command::Pause
            | Command::Stop
            | Command::Delete
            | Command::Approve { .. }
            | Command::Deny { .. } => None,
        };
        if to != self.rollout {
            self.rollout = save(self.session, &to, self.now).await?;
        }
        let commanded = self.rollout.clone();
        let Some(group) = next else {
            return Ok((commanded, Done::default()));
        };
        self.begin(group).await?;
        Ok((commanded, self.run().await?))
    }
}

impl Hub {
    /// The rollout of this number.
    pub(crate) async fn find_rollout(&self, tenant: TenantId, id: RolloutId) -> Result<Rollout> {
        find(&self.store.read(), tenant, id).await
    }

    /// Rollouts of a tenant with how far they are and what they roll out.
    pub(crate) async fn with_progress(
        &self,
        tenant: TenantId,
        rollouts: Vec<Rollout>,
    ) -> Result<Vec<ShownRollout>> {
        let session = self.store.read();
        let progress = session.rollout_progress(&rollouts).await?;
        let mut ids: Vec<SetId> = rollouts.iter().map(|rollout| rollout.set).collect();
        ids.sort_unstable();
        ids.dedup();
        let sets = session.sets_by_ids(tenant, &ids).await?;
        let shown = |(rollout, progress): (Rollout, Progress)| {
            let set = sets.iter().find(|set| set.id == rollout.set).cloned();
            ShownRollout { rollout, progress, set }
        };
        Ok(rollouts.into_iter().zip(progress).map(shown).collect())
    }

    /// A group of a rollout.
    pub(crate) async fn find_rollout_group(
        &self,
        tenant: TenantId,
        rollout: RolloutId,
        group: RolloutGroupId,
    ) -> Result<Group> {
        let session = self.store.read();
        find(&session, tenant, rollout).await?;
        let found = session.rollout_group(rollout, group).await?;
        found.ok_or_else(|| Error::not_found(Entity::RolloutGroup, group))
    }

    /// Groups of a rollout with their counts.
    pub(crate) async fn with_tallies(
        &self,
        rollout: RolloutId,
        groups: Vec<Group>,
    ) -> Result<Vec<(Group, Tally)>> {
        let tallies = self.store.read().rollout_tallies(rollout).await?;
        let with = |group: Group| {
            let tally = tallies.get(&group.id).copied().unwrap_or_default();
            (group, tally)
        };
        Ok(groups.into_iter().map(with).collect())
    }

    /// Applies an operator's change.
    pub(crate) async fn change_rollout(
        &self,
        tenant: TenantId,
        id: RolloutId,
        by: &str,
        patch: RolloutPatch,
    ) -> Result<Rollout> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(Lane::ANY, move |session| {
            let (by, patch) = (by.clone(), patch.clone());
            Box::pin(async move {
                let rollout = lock(session, tenant, id).await?;
                save(session, &update_rollout(&rollout, &patch, &by, now)?, now).await
            })
        })
        .await
    }

    /// Does as an operator wishes, and begins with what follows.
    pub(crate) async fn command_rollout(
        &self,
        tenant: Arc<Tenant>,
        id: RolloutId,
        by: &str,
        wish: Command,
    ) -> Result<Rollout> {
        let (by, now, quotas) = (by.to_owned(), self.now(), self.options.quotas.clone());
        let (tenant_id, lateness) = (tenant.id, self.lateness.clone());
        let (commanded, _) = self
            .write_and(
                Lane::ANY,
                self.once(move |session| {
                    let (tenant, by, wish) = (tenant.clone(), by.clone(), wish.clone());
                    let (quotas, lateness) = (quotas.clone(), lateness.clone());
                    Box::pin(async move {
                        let rollout = lock(session, tenant.id, id).await?;
                        let (tenant, quotas, lateness) = (tenant.as_ref(), &quotas, &*lateness);
                        let work = Working { session, tenant, quotas, lateness, rollout, now };
                        work.obey(&wish, &by).await
                    })
                }),
                move |hub, done: &Result<(Rollout, Done)>| {
                    hub.forget_worked(tenant_id, done.as_ref().map(|(_, done)| done));
                },
            )
            .await?;
        self.nudge_rollout(tenant_id, id).await;
        Ok(commanded)
    }

    /// What a new rollout of all that failed in a finished one would be.
    pub(crate) async fn retry_of(&self, tenant: TenantId, id: RolloutId) -> Result<RolloutDraft> {
        retry_draft(&self.find_rollout(tenant, id).await?)
    }
}
