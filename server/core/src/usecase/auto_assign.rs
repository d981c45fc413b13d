//! What target filters assign by themselves, batch by batch.

use super::assign::assign_within;
use super::{AssignRequest, set};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::action::Initiator;
use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::target::Target;
use otahub_domain::target_filter::{AutoAssignment, TargetFilter};
use otahub_domain::tenant::Quotas;
use otahub_domain::{Error, Result, TargetId, Timestamp};
use otahub_store::{Eligible, Lane, Session};
use std::sync::Arc;

/// How many targets one transaction assigns to.
const BATCH: usize = 200;

/// Among which targets a filter assigns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Among<'a> {
    /// All of the tenant.
    All,
    /// These, at most a thousand.
    These(&'a [TargetId]),
}

/// A filter that assigns, ready to be used.
#[derive(Debug, Clone)]
struct Assigner {
    tenant: Arc<Tenant>,
    filter: TargetFilter,
    auto: AutoAssignment,
    matching: Filter<TargetField>,
    quotas: Quotas,
    now: Timestamp,
}

impl Hub {
    /// Lets a filter assign to the targets that are eligible; how many got the set. A target
    /// that cannot be assigned to, and a filter whose set is unfit, are passed over.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]: worth another try.
    pub(crate) async fn assign_by_filter(
        &self,
        filter: &TargetFilter,
        among: Among<'_>,
    ) -> Result<u64> {
        let Some(assigner) = self.assigner(filter).await? else {
            return Ok(0);
        };
        let read = self.store.read();
        let (tenant, wanted) = (filter.tenant, assigner.auto.set);
        let Some(set) = read.sets_by_ids(tenant, &[wanted]).await?.pop() else {
            return Ok(0);
        };
        let among = match among {
            Among::All => None,
            Among::These(ids) => Some(ids),
        };
        let (mut assigned, mut after) = (0, TargetId(0));
        loop {
            let eligible = Eligible { filter: &assigner.matching, set: &set, among };
            let found = read.eligible_targets(tenant, &eligible, after, BATCH as u64).await?;
            let Some(last) = found.last() else {
                return Ok(assigned);
            };
            after = last.id;
            match self.assign_batch(&assigner, &found).await {
                Ok(more) => assigned += more,
                Err(error) if is_passing(&error) => return Err(error),
                Err(error) => {
                    let (name, set) = (&filter.name, wanted);
                    tracing::warn!(filter = %name, %set, %error, "cannot assign automatically");
                    return Ok(assigned);
                }
            }
        }
    }

    async fn assigner(&self, filter: &TargetFilter) -> Result<Option<Assigner>> {
        let Some(auto) = filter.auto_assignment.clone() else {
            return Ok(None);
        };
        let Some(row) = self.store.read().tenant_by_id(filter.tenant).await? else {
            return Ok(None);
        };
        let tenant = self.own_tenant(&row.name).await?;
        let matching = match filter.query.resolve(self.moments(&tenant.configuration)) {
            Ok(matching) => matching,
            Err(error) => {
                tracing::warn!(filter = %filter.name, %error, "a stored filter cannot be read");
                return Ok(None);
            }
        };
        let (quotas, now) = (self.options.quotas.clone(), self.now());
        Ok(Some(Assigner { tenant, filter: filter.clone(), auto, matching, quotas, now }))
    }

    /// Assigns to all of some targets; if one of them is why that fails, to the others.
    async fn assign_batch(&self, assigner: &Assigner, targets: &[Target]) -> Result<u64> {
        match self.assign_together(assigner, targets).await {
            Err(error) if targets.len() > 1 && is_of_target(&error) => {}
            Err(error) if is_of_target(&error) => {
                let (filter, target) = (&assigner.filter.name, &targets[0].controller_id);
                tracing::warn!(%filter, %target, %error, "cannot assign automatically");
                return Ok(0);
            }
            done => return done,
        }
        let mut assigned = 0;
        for target in targets {
            assigned += Box::pin(self.assign_batch(assigner, std::slice::from_ref(target))).await?;
        }
        Ok(assigned)
    }

    async fn assign_together(&self, assigner: &Assigner, targets: &[Target]) -> Result<u64> {
        let tenant = assigner.tenant.id;
        let lane = match targets {
            [one] => Lane::target(tenant, &one.controller_id),
            _ => Lane::ANY,
        };
        let ids: Vec<TargetId> = targets.iter().map(|target| target.id).collect();
        let job = assigner.clone();
        let names: Vec<String> = targets.iter().map(|t| t.controller_id.clone()).collect();
        self.write_and(
            lane,
            move |session| {
                let (job, ids) = (job.clone(), ids.clone());
                Box::pin(async move { job.run(session, &ids).await })
            },
            move |hub, _| {
                for controller_id in &names {
                    hub.devices.forget(tenant, controller_id);
                }
            },
        )
        .await
    }
}

impl Assigner {
    /// Assigns to those of some targets that are eligible still, if the filter assigns still.
    async fn run(&self, session: &Session<'_>, ids: &[TargetId]) -> Result<u64> {
        let tenant = self.tenant.id;
        let current = session.target_filter(tenant, self.filter.id).await?;
        let is_same = |current: TargetFilter| {
            current.auto_assignment.as_ref() == Some(&self.auto)
                && current.query == self.filter.query
        };
        if !current.is_some_and(is_same) {
            return Ok(0);
        }
        let set = set::find(session, tenant, self.auto.set).await?;
        let eligible = Eligible { filter: &self.matching, set: &set, among: Some(ids) };
        let limit = ids.len() as u64;
        let targets = session.eligible_targets(tenant, &eligible, TargetId(0), limit).await?;
        let wishes = targets.into_iter().map(|target| self.auto.assignment(target.controller_id));
        let request = AssignRequest {
            assignments: wishes.collect(),
            offline: false,
            skip_unknown: true,
            initiator: Initiator::AutoAssignment { filter: self.filter.name.clone() },
            by: self.auto.by.clone(),
        };
        if request.assignments.is_empty() {
            return Ok(0);
        }
        let limits = (self.quotas.clone(), self.now);
        let assigned = assign_within(session, &self.tenant, &request, limits).await?;
        Ok(assigned.actions.len() as u64)
    }
}

/// Whether the database, not what was asked of it, is why something failed.
const fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Unavailable | Error::Internal)
}

/// Whether another target of the batch may be assigned to all the same.
const fn is_of_target(error: &Error) -> bool {
    matches!(
        error,
        Error::QuotaExceeded { .. } | Error::TargetTypeIncompatible { .. } | Error::Conflict
    )
}
