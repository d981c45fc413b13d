//! New rollouts, made or only planned.

use super::read_filter;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::distribution_set::{check_assignable, locks_implicitly};
use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::rollout::{
    Division, Group, Making, NewRollout, Rollout, RolloutDraft, divide, new_rollout,
};
use otahub_domain::{Entity, Error, Result, TenantId};
use otahub_proto::names;
use otahub_store::{Candidates, Lane, Session};
use std::sync::Arc;

/// The most different filters that groups of one rollout may have.
const FILTERS_MAX: usize = 30;

/// A group as it would be filled, and how many targets it would have.
pub(crate) type PlannedGroup = (Group, u64);

impl Hub {
    /// Makes a rollout; its groups are filled later.
    pub(crate) async fn create_rollout(
        &self,
        tenant: Arc<Tenant>,
        by: &str,
        approval_exempt: bool,
        draft: RolloutDraft,
    ) -> Result<Rollout> {
        if let Some(made) = self.repeated().await? {
            return Ok(made);
        }
        let (mut new, division) = self.draw_up(&tenant, by, approval_exempt, &draft).await?;
        new.check_division(&division, &self.options.quotas)?;
        new.rollout.matching = division.sizes.iter().sum::<u64>() + division.ungrouped;
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (tenant, new) = (tenant.clone(), new.clone());
                Box::pin(async move { insert(session, &tenant, &new).await })
            }),
        )
        .await
    }

    /// What [`Hub::create_rollout`] would make, and how many targets would be in no group.
    pub(crate) async fn plan_rollout(
        &self,
        tenant: Arc<Tenant>,
        by: &str,
        draft: RolloutDraft,
    ) -> Result<(Vec<PlannedGroup>, u64)> {
        let (new, division) = self.draw_up(&tenant, by, true, &draft).await?;
        Ok((new.groups.into_iter().zip(division.sizes).collect(), division.ungrouped))
    }

    async fn draw_up(
        &self,
        tenant: &Tenant,
        by: &str,
        approval_exempt: bool,
        draft: &RolloutDraft,
    ) -> Result<(NewRollout, Division)> {
        let (now, quotas) = (self.now(), &self.options.quotas);
        let making = Making { tenant: tenant.id, by, approval_exempt, now, quotas };
        let new = new_rollout(draft, &making)?;
        let session = self.store.read();
        let set = super::super::set::find(&session, tenant.id, draft.set).await?;
        check_assignable(&set)?;
        let candidates = Candidates {
            tenant: tenant.id,
            filter: read_filter(tenant, &new.rollout.filter, now)?,
            set_type: set.set_type,
            created_until: Some(now),
        };
        let filters = own_filters(tenant, &new, self.now())?;
        let matching = session.count_candidates(&candidates, &filters).await?;
        let division = divide(&new.groups, &matching);
        Ok((new, division))
    }
}

/// The different filters of the groups.
fn own_filters(
    tenant: &Tenant,
    new: &NewRollout,
    now: otahub_domain::Timestamp,
) -> Result<Vec<(String, Filter<TargetField>)>> {
    let mut filters: Vec<(String, Filter<TargetField>)> = Vec::new();
    for text in new.groups.iter().filter_map(|group| group.filter.as_ref()) {
        if !filters.iter().any(|(known, _)| known == text) {
            filters.push((text.clone(), read_filter(tenant, text, now)?));
        }
    }
    if filters.len() > FILTERS_MAX {
        return Err(Error::invalid("groups", format!("have more than {FILTERS_MAX} filters")));
    }
    Ok(filters)
}

async fn insert(session: &Session<'_>, tenant: &Tenant, new: &NewRollout) -> Result<Rollout> {
    let (id, now) = (tenant.id, new.rollout.audit.created_at);
    let mut set = super::super::set::find(session, id, new.rollout.set).await?;
    check_assignable(&set)?;
    let made = session.insert_rollout(&new.rollout, &new.groups).await?;
    let tags = tags(session, id, &set).await?;
    if locks_implicitly(&set, &tags, &tenant.configuration) {
        set.locked = true;
        super::super::set::save_locked(session, &set).await?;
    }
    let log = Log { session, tenant: id, now };
    let name = names::numbered("rollouts", made.id.0);
    log.resource(Happened::RolloutCreated, &name).await?;
    Ok(made)
}

async fn tags(
    session: &Session<'_>,
    tenant: TenantId,
    set: &otahub_domain::distribution_set::Set,
) -> Result<Vec<String>> {
    let names = session.tag_names_of_set(tenant, set.id).await;
    names.map_err(|_| Error::not_found(Entity::DistributionSet, set.id))
}
