//! Actions that are deleted with their history.

use super::Owner;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::filter::{ActionField, Filter};
use otahub_domain::target::Target;
use otahub_domain::{ActionId, Error, Result, TenantId, Timestamp};
use otahub_store::{ActionOrder, ActionQuery, Lane, Page, Session};
use std::collections::BTreeSet;

impl Hub {
    /// Refuses an owner that is not there.
    pub(crate) async fn known_owner(&self, tenant: TenantId, owner: &Owner) -> Result<()> {
        match owner {
            Owner::Any => Ok(()),
            Owner::Target(id) => self.find_target(tenant, id).await.map(|_| ()),
        }
    }

    /// Deletes the actions of these numbers (only those of `owner`, if one is named), or all but
    /// the newest `keep_last` of `owner`. Gives how many are gone.
    pub(crate) async fn delete_actions(
        &self,
        tenant: TenantId,
        owner: Owner,
        ids: Vec<ActionId>,
        keep_last: Option<i32>,
    ) -> Result<u64> {
        if ids.is_empty() == keep_last.is_none() {
            return Err(Error::invalid("names", "either names or keep_last"));
        }
        let now = self.now();
        let deleted = self.write_and(
            Lane::ANY,
            move |session| {
                let (owner, ids) = (owner.clone(), ids.clone());
                Box::pin(async move {
                    let doomed = doomed(session, tenant, &owner, &ids, keep_last).await?;
                    delete(session, tenant, &doomed, now).await
                })
            },
            move |hub, deleted| {
                for controller_id in deleted.iter().flat_map(|(_, targets)| targets) {
                    hub.devices.forget(tenant, controller_id);
                }
            },
        );
        deleted.await.map(|(count, _)| count)
    }
}

/// How many actions are deleted in one transaction.
const BATCH: u64 = 500;

impl Hub {
    /// Deletes the actions that match, only those of `owner` if one is named: some hundred at a
    /// time, so that nobody waits long. Gives how many are gone.
    pub(crate) async fn delete_matching_actions(
        &self,
        tenant: TenantId,
        owner: Owner,
        filter: Filter<ActionField>,
    ) -> Result<u64> {
        let target = match &owner {
            Owner::Any => None,
            Owner::Target(id) => Some(self.find_target(tenant, id).await?.id),
        };
        let mut gone = 0;
        loop {
            let query = ActionQuery {
                filter: Some(filter.clone()),
                target,
                page: Page::first(BATCH),
                ..ActionQuery::default()
            };
            let listed = self.store.read().list_actions(tenant, &query).await?;
            let ids: Vec<ActionId> = listed.items.iter().map(|action| action.id).collect();
            if ids.is_empty() {
                return Ok(gone);
            }
            gone += self.delete_actions(tenant, owner.clone(), ids, None).await?;
        }
    }
}

async fn doomed(
    session: &Session<'_>,
    tenant: TenantId,
    owner: &Owner,
    ids: &[ActionId],
    keep_last: Option<i32>,
) -> Result<Vec<(ActionId, Target)>> {
    let target = match owner {
        Owner::Any => None,
        Owner::Target(id) => Some(super::target::find(session, tenant, id).await?),
    };
    let Some(keep) = keep_last else {
        let mut doomed = Vec::new();
        for id in ids {
            let Some(action) = session.action(tenant, *id).await? else {
                continue;
            };
            let Some(of) = session.target_by_id(tenant, action.target).await? else {
                continue;
            };
            if target.as_ref().is_none_or(|target| target.id == of.id) {
                doomed.push((*id, of));
            }
        }
        return Ok(doomed);
    };
    let target = target.ok_or_else(|| Error::invalid("target", "is required with keep_last"))?;
    let skip = u64::try_from(keep).map_err(|_| Error::invalid("keep_last", "is negative"))?;
    let page = Page { skip, order: vec![(ActionOrder::Id, true)], ..Page::default() };
    let query = ActionQuery { target: Some(target.id), page, ..ActionQuery::default() };
    let listed = session.list_actions(tenant, &query).await?;
    Ok(listed.items.into_iter().map(|action| (action.id, target.clone())).collect())
}

async fn delete(
    session: &Session<'_>,
    tenant: TenantId,
    doomed: &[(ActionId, Target)],
    now: Timestamp,
) -> Result<(u64, BTreeSet<String>)> {
    let log = Log { session, tenant, now };
    let mut targets = BTreeSet::new();
    for (id, target) in doomed {
        if let Some(action) = session.action(tenant, *id).await? {
            log.action(Happened::ActionDeleted, target, &action).await?;
        }
        targets.insert(target.controller_id.clone());
    }
    let ids: Vec<ActionId> = doomed.iter().map(|(id, _)| *id).collect();
    Ok((session.delete_actions(tenant, &ids).await?, targets))
}
