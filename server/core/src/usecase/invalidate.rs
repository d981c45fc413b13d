//! Invalidation: a set becomes unusable for good, and what is under way of it may be cancelled.

use super::act::act_once;
use super::{Act, Owner};
use crate::hub::Hub;
use otahub_domain::action::{Event, State};
use otahub_domain::distribution_set::{Set, invalidate_set};
use otahub_domain::rollout::Command;
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Result, SetId, TenantId, Timestamp};
use otahub_store::{Lane, Session};

/// What invalidation does to actions that are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelation {
    /// Leave them.
    None,
    /// Ask the devices to stop.
    Soft,
    /// Cancel and quit them at once.
    Force,
}

/// How many actions one transaction cancels.
const BATCH: u64 = 200;

/// Which set is invalidated, and by whom.
#[derive(Debug, Clone)]
struct Invalidating {
    tenant: TenantId,
    set: SetId,
    by: String,
    now: Timestamp,
    cancelation: Cancelation,
}

/// What one transaction did: the targets whose actions changed, and the last action looked at.
struct Batch {
    targets: Vec<String>,
    last: Option<ActionId>,
}

impl Hub {
    /// Makes a set unusable. From then on nothing new can begin, so that what is under way can
    /// be cancelled in batches; a repetition goes on where an interrupted one ended.
    pub(crate) async fn invalidate_set(
        &self,
        tenant: TenantId,
        set: SetId,
        by: &str,
        cancelation: Cancelation,
    ) -> Result<Set> {
        let job = Invalidating { tenant, set, by: by.to_owned(), now: self.now(), cancelation };
        let first = job.clone();
        let invalid = self
            .write(Lane::ANY, move |session| {
                let job = first.clone();
                Box::pin(async move { job.withdraw(session).await })
            })
            .await?;
        if cancelation != Cancelation::None {
            self.cancel_actions_of(job).await?;
        }
        Ok(invalid)
    }

    async fn cancel_actions_of(&self, job: Invalidating) -> Result<()> {
        let mut after = ActionId(0);
        loop {
            let (this, quotas) = (job.clone(), self.options.quotas.clone());
            let batch = self
                .write(Lane::ANY, move |session| {
                    let (job, quotas) = (this.clone(), quotas.clone());
                    Box::pin(async move { job.cancel(session, after, &quotas).await })
                })
                .await?;
            for controller_id in &batch.targets {
                self.devices.forget(job.tenant, controller_id);
            }
            match batch.last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}

impl Invalidating {
    /// Takes the set out of use. What would start new actions of it ends in the same
    /// transaction: automatic assignments are removed, rollouts are stopped or, by force, deleted.
    async fn withdraw(&self, session: &Session<'_>) -> Result<Set> {
        let set = super::set::find(session, self.tenant, self.set).await?;
        let invalid = invalidate_set(&set, &self.by, self.now)?;
        let wish = match self.cancelation {
            Cancelation::None => None,
            Cancelation::Soft => Some(Command::Stop),
            Cancelation::Force => Some(Command::Delete),
        };
        if let Some(wish) = wish {
            let (whose, who) = ((self.tenant, self.set), (self.by.as_str(), self.now));
            super::rollout::end_rollouts_of(session, whose, &wish, who).await?;
        }
        if invalid == set {
            return Ok(set);
        }
        super::target_filter::withdraw(session, &set, &self.by, self.now).await?;
        super::set::save(session, &invalid, self.now).await
    }

    async fn cancel(
        &self,
        session: &Session<'_>,
        after: ActionId,
        quotas: &Quotas,
    ) -> Result<Batch> {
        let actions = session.active_actions_of_set(self.tenant, self.set, after, BATCH).await?;
        let mut targets = Vec::with_capacity(actions.len());
        for action in &actions {
            targets.extend(self.cancel_one(session, *action, quotas).await?);
        }
        Ok(Batch { targets, last: actions.last().copied() })
    }

    /// The target, if its action changed.
    async fn cancel_one(
        &self,
        session: &Session<'_>,
        action: ActionId,
        quotas: &Quotas,
    ) -> Result<Option<String>> {
        let found = super::act::find(session, self.tenant, action, &Owner::Any).await?;
        let (action, target) = found;
        let by = || self.by.clone();
        let mut events = Vec::new();
        if action.state != State::Canceling {
            events.push(Event::CancelRequested { by: by() });
        }
        if self.cancelation == Cancelation::Force {
            events.push(Event::ForceQuit { by: by() });
        }
        let changes = !events.is_empty();
        for event in events {
            let act = Act {
                tenant: self.tenant,
                owner: Owner::Any,
                action: action.id,
                event,
                by: by(),
                request_id: None,
            };
            act_once(session, &act, self.now, quotas).await?;
        }
        Ok(changes.then_some(target.controller_id))
    }
}
