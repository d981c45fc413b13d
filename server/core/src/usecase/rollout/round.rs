//! The rounds in which rollouts are brought on: by timer, and whenever something happened.

use super::work::{Done, Working};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::rollout::plan;
use otahub_domain::{Error, Result, RolloutId, TenantId};
use otahub_store::{Lane, Lease};
use std::sync::Arc;
use std::time::Duration;

/// For how long a node has a rollout for itself; a dead node's are taken over after that.
const LEASE: Duration = Duration::from_secs(10);
/// How many transactions a rollout gets before it is another one's turn.
const TURN: usize = 20;
/// How many an operator's call does of itself.
const NUDGE: usize = 3;

impl Hub {
    /// Brings all rollouts on that something can be done for; whether there is more to do at
    /// once. One that fails does not keep the others.
    pub(crate) async fn work_on_rollouts(&self) -> Result<bool> {
        let mut more = false;
        for (tenant, id) in self.store.read().rollouts_at_work(self.now()).await? {
            match self.work_on(tenant, id, TURN).await {
                Ok(left) => more |= left,
                Err(error) => tracing::warn!(%error, rollout = id.0, "a rollout is stuck"),
            }
        }
        Ok(more)
    }

    /// Begins at once with what a command has brought about; the workers do the rest.
    pub(super) async fn nudge_rollout(&self, tenant: TenantId, id: RolloutId) {
        if let Err(error) = self.work_on(tenant, id, NUDGE).await {
            tracing::warn!(%error, rollout = id.0, "a rollout has to wait for the workers");
        }
    }

    /// Works on one rollout, unless another node does; whether there is more to do at once.
    async fn work_on(&self, tenant: TenantId, id: RolloutId, turns: usize) -> Result<bool> {
        let row = self.store.read().tenant_by_id(tenant).await?;
        let Some(row) = row else {
            return Ok(false);
        };
        let tenant = self.own_tenant(&row.name).await?;
        if !self.has_work(&tenant, id).await? {
            return Ok(false);
        }
        let Some(lease) = self.lease_rollout(id).await? else {
            return Ok(false);
        };
        let mut more = true;
        let mut result = Ok(());
        for _ in 0..turns {
            match self.work_once(tenant.clone(), id, lease.clone()).await {
                Ok(left) => more = left,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            if !more {
                break;
            }
        }
        self.write(Lane::ANY, move |session| {
            let lease = lease.clone();
            Box::pin(async move { Ok(session.release_lease(&lease).await?) })
        })
        .await?;
        result.map(|()| more)
    }

    /// Whether a plan has any step: a look that changes and locks nothing.
    async fn has_work(&self, tenant: &Tenant, id: RolloutId) -> Result<bool> {
        let (session, now) = (self.store.read(), self.now());
        let Some(rollout) = session.rollout(tenant.id, id).await? else {
            return Ok(false);
        };
        let quotas = &self.options.quotas;
        let (session, lateness) = (&session, &*self.lateness);
        let work = Working { session, tenant, quotas, lateness, rollout, now };
        Ok(!plan(&work.view().await?, now).is_empty())
    }

    async fn lease_rollout(&self, id: RolloutId) -> Result<Option<Lease>> {
        let (name, owner, now) = (format!("rollouts/{id}"), self.node_name(), self.now());
        self.write(Lane::ANY, move |session| {
            let (name, owner) = (name.clone(), owner.clone());
            Box::pin(async move { Ok(session.acquire_lease(&name, &owner, LEASE, now).await?) })
        })
        .await
    }

    async fn work_once(&self, tenant: Arc<Tenant>, id: RolloutId, lease: Lease) -> Result<bool> {
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let (tenant_id, lateness) = (tenant.id, self.lateness.clone());
        let done = self
            .write_and(
                Lane::ANY,
                move |session| {
                    let (tenant, quotas, lease) = (tenant.clone(), quotas.clone(), lease.clone());
                    let lateness = lateness.clone();
                    Box::pin(async move {
                        let Some(lease) = session.renew_lease(&lease, LEASE, now).await? else {
                            return Ok(Done::default());
                        };
                        debug_assert!(lease.expires_at > now);
                        let Some(rollout) = session.lock_rollout(tenant.id, id).await? else {
                            return Ok(Done::default());
                        };
                        let (tenant, quotas, lateness) = (tenant.as_ref(), &quotas, &*lateness);
                        Working { session, tenant, quotas, lateness, rollout, now }.run().await
                    })
                },
                move |hub, done: &Result<Done>| hub.forget_worked(tenant_id, done.as_ref()),
            )
            .await?;
        Ok(done.more)
    }

    /// Forgets what is remembered of the devices that a transaction has brought on.
    pub(super) fn forget_worked(&self, tenant: TenantId, done: std::result::Result<&Done, &Error>) {
        match done {
            Ok(done) => {
                for controller_id in &done.targets {
                    self.devices.forget(tenant, controller_id);
                }
            }
            // it may have been committed
            Err(Error::Unavailable) => self.devices.forget_all(),
            Err(_) => {}
        }
    }
}
