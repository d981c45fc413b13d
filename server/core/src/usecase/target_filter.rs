//! Stored target filters.

use super::assign::lock_implicitly;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::distribution_set::Set;
use otahub_domain::target_filter::{
    AutoAssignmentDraft, Query, TargetFilter, TargetFilterPatch, assign_automatically,
    check_eligible, new_target_filter, update_target_filter,
};
use otahub_domain::{Entity, Error, Result, TargetFilterId, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Eligible, Lane, Session};
use std::sync::Arc;

/// What an operator says of a new target filter.
#[derive(Debug, Clone)]
pub(crate) struct NewTargetFilter {
    /// Its name.
    pub name: String,
    /// What it searches for.
    pub query: Query,
    /// What it assigns.
    pub auto_assignment: Option<AutoAssignmentDraft>,
}

/// Finds a target filter within a session.
pub(super) async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    id: TargetFilterId,
) -> Result<TargetFilter> {
    let found = session.target_filter(tenant, id).await?;
    found.ok_or_else(|| Error::not_found(Entity::TargetFilter, id))
}

/// Lets no target filter assign a set any more, for it goes out of use.
pub(super) async fn withdraw(
    session: &Session<'_>,
    set: &Set,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    for id in session.withdraw_auto_assignments(set.tenant, set.id, by, now).await? {
        tell(session, set.tenant, id, now).await?;
    }
    Ok(())
}

async fn tell(
    session: &Session<'_>,
    tenant: TenantId,
    id: TargetFilterId,
    now: Timestamp,
) -> Result<()> {
    let log = Log { session, tenant, now };
    log.resource(Happened::TargetFilterChanged, &names::numbered("targetFilters", id.0)).await
}

impl Hub {
    /// The target filter.
    pub(crate) async fn find_target_filter(
        &self,
        tenant: TenantId,
        id: TargetFilterId,
    ) -> Result<TargetFilter> {
        find(&self.store.read(), tenant, id).await
    }

    /// Makes a target filter.
    pub(crate) async fn create_target_filter(
        &self,
        tenant: Arc<Tenant>,
        by: &str,
        new: NewTargetFilter,
    ) -> Result<TargetFilter> {
        if let Some(made) = self.repeated().await? {
            return Ok(made);
        }
        let (by, now) = (by.to_owned(), self.now());
        let filter = new_target_filter(&new.name, &new.query, &by, now)?;
        let draft = new.auto_assignment;
        if let Some(draft) = &draft {
            self.check_automatic(&tenant, &filter.query, draft).await?;
        }
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (tenant, by) = (tenant.clone(), by.clone());
                let (mut filter, draft) = (filter.clone(), draft.clone());
                Box::pin(async move {
                    if let Some(draft) = &draft {
                        set_automatic(session, &tenant, &mut filter, draft, &by).await?;
                    }
                    let made = session.insert_target_filter(tenant.id, &filter).await?;
                    tell(session, tenant.id, made.id, now).await?;
                    Ok(made)
                })
            }),
        )
        .await
    }

    /// Changes a target filter. Whoever sets its automatic assignment is on whose behalf it
    /// assigns.
    pub(crate) async fn change_target_filter(
        &self,
        tenant: Arc<Tenant>,
        id: TargetFilterId,
        by: &str,
        patch: TargetFilterPatch,
    ) -> Result<TargetFilter> {
        let (by, now) = (by.to_owned(), self.now());
        self.check_change(&tenant, id, &patch).await?;
        self.write(Lane::ANY, move |session| {
            let (tenant, by, patch) = (tenant.clone(), by.clone(), patch.clone());
            Box::pin(async move {
                let found = find(session, tenant.id, id).await?;
                let mut changed = update_target_filter(&found, &patch, &by, now)?;
                if let Some(Some(draft)) = &patch.auto_assignment {
                    set_automatic(session, &tenant, &mut changed, draft, &by).await?;
                }
                let saved = session.save_target_filter(&changed).await?;
                tell(session, tenant.id, id, now).await?;
                Ok(saved)
            })
        })
        .await
    }

    /// Deletes a target filter; it assigns nothing from then on.
    pub(crate) async fn delete_target_filter(
        &self,
        tenant: TenantId,
        id: TargetFilterId,
    ) -> Result<()> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            Box::pin(async move {
                if !session.delete_target_filter(tenant, id).await? {
                    return Err(Error::not_found(Entity::TargetFilter, id));
                }
                tell(session, tenant, id, now).await
            })
        })
        .await
    }

    /// Refuses a change that would assign to too many targets at once. They are counted before
    /// the transaction: that may take long, and the writer is everybody's.
    async fn check_change(
        &self,
        tenant: &Tenant,
        id: TargetFilterId,
        patch: &TargetFilterPatch,
    ) -> Result<()> {
        let found = self.find_target_filter(tenant.id, id).await?;
        let query = update_target_filter(&found, patch, "", self.now())?.query;
        let kept = found.auto_assignment.filter(|_| patch.query.is_some());
        let kept = kept.map(|auto| AutoAssignmentDraft {
            set: auto.set,
            action_type: auto.action_type,
            weight: Some(auto.weight),
            confirmation_required: auto.confirmation_required,
        });
        match patch.auto_assignment.clone().unwrap_or(kept) {
            Some(draft) => self.check_automatic(tenant, &query, &draft).await,
            None => Ok(()),
        }
    }

    async fn check_automatic(
        &self,
        tenant: &Tenant,
        query: &Query,
        draft: &AutoAssignmentDraft,
    ) -> Result<()> {
        let session = self.store.read();
        let set = super::set::find(&session, tenant.id, draft.set).await?;
        assign_automatically(draft, &set, "")?;
        let filter = query.resolve(self.moments(&tenant.configuration))?;
        let eligible = Eligible { filter: &filter, set: &set, among: None };
        let count = session.count_eligible(tenant.id, &eligible).await?;
        check_eligible(count, &self.options.quotas)
    }
}

/// Lets a filter assign a set, which is locked as by any assignment.
async fn set_automatic(
    session: &Session<'_>,
    tenant: &Tenant,
    filter: &mut TargetFilter,
    draft: &AutoAssignmentDraft,
    by: &str,
) -> Result<()> {
    let set = super::set::find(session, tenant.id, draft.set).await?;
    filter.auto_assignment = Some(assign_automatically(draft, &set, by)?);
    lock_implicitly(session, tenant, set).await
}
