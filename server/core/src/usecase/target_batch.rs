//! Several targets at once.

use super::target::save;
use super::target_type;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::request::Expected;
use otahub_domain::target::{Target, TargetPatch, TypeChange, update_target};
use otahub_domain::{Entity, Error, Result, TenantId, Timestamp};
use otahub_store::{Lane, Session};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The lane of changes to these targets.
fn lane(tenant: TenantId, controller_ids: &[String]) -> Lane {
    match controller_ids {
        [one] => Lane::target(tenant, one),
        _ => Lane::ANY,
    }
}

fn missing(controller_id: &str) -> Error {
    Error::not_found(Entity::Target, controller_id)
}

impl Hub {
    /// The targets of these controller ids, in their order.
    pub(crate) async fn find_targets(
        &self,
        tenant: TenantId,
        controller_ids: &[String],
    ) -> Result<Vec<Target>> {
        let found = self.store.read().targets_by_controller_ids(tenant, controller_ids).await?;
        if found.len() < controller_ids.len() {
            let known: BTreeSet<&str> = found.iter().map(|t| t.controller_id.as_str()).collect();
            let lost = controller_ids.iter().find(|id| !known.contains(id.as_str()));
            return Err(lost.map_or(Error::Internal, |id| missing(id)));
        }
        Ok(found.into_iter().map(|target| self.with_last_seen(target)).collect())
    }

    /// Changes targets, all or none.
    pub(crate) async fn change_targets(
        &self,
        tenant: TenantId,
        by: &str,
        changes: Vec<(String, TargetPatch)>,
    ) -> Result<Vec<Target>> {
        let (by, now) = (by.to_owned(), self.now());
        let ids: Vec<String> = changes.iter().map(|(id, _)| id.clone()).collect();
        let addressed: Vec<bool> = changes.iter().map(|(_, to)| to.address.is_some()).collect();
        let (changes, lane) = (Arc::new(changes), lane(tenant, &ids));
        let changed = self
            .write_and(
                lane,
                self.once(move |session| {
                    let (by, changes) = (by.clone(), changes.clone());
                    Box::pin(async move { change_all(session, tenant, &changes, (&by, now)).await })
                }),
                move |hub, _| hub.forget_devices(tenant, &ids),
            )
            .await?;
        let shown = changed.into_iter().zip(addressed).map(|(target, addressed)| {
            if addressed { target } else { self.with_last_seen(target) }
        });
        Ok(shown.collect())
    }

    /// Deletes targets with all that they own, all or none.
    pub(crate) async fn delete_targets(
        &self,
        tenant: TenantId,
        wanted: Vec<(String, Expected)>,
    ) -> Result<()> {
        let now = self.now();
        let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
        let (wanted, lane) = (Arc::new(wanted), lane(tenant, &ids));
        self.write_and(
            lane,
            self.once(move |session| {
                let wanted = wanted.clone();
                Box::pin(async move { delete_all(session, tenant, &wanted, now).await })
            }),
            move |hub, _| hub.forget_devices(tenant, &ids),
        )
        .await
    }

    /// Forgets what is remembered of devices.
    pub(super) fn forget_devices(&self, tenant: TenantId, controller_ids: &[String]) {
        for controller_id in controller_ids {
            self.devices.forget(tenant, controller_id);
        }
    }
}

/// The targets of a batch, by controller id.
pub(super) async fn by_controller_id(
    session: &Session<'_>,
    tenant: TenantId,
    ids: &[String],
) -> Result<HashMap<String, Target>> {
    let found = session.targets_by_controller_ids(tenant, ids).await?;
    Ok(found.into_iter().map(|target| (target.controller_id.clone(), target)).collect())
}

async fn change_all(
    session: &Session<'_>,
    tenant: TenantId,
    changes: &[(String, TargetPatch)],
    (by, now): (&str, Timestamp),
) -> Result<Vec<Target>> {
    let ids: Vec<String> = changes.iter().map(|(id, _)| id.clone()).collect();
    let mut targets = by_controller_id(session, tenant, &ids).await?;
    let new_type = |(_, patch): &(String, TargetPatch)| match patch.target_type {
        TypeChange::Set(id) => Some(id),
        TypeChange::Keep | TypeChange::Clear => None,
    };
    let mut changed = Vec::with_capacity(changes.len());
    for (id, patch) in changes {
        let target = targets.get(id).ok_or_else(|| missing(id))?;
        changed.push(update_target(target, patch, by, now)?);
        // who is named twice is changed twice
        targets.extend(changed.last().map(|target| (id.clone(), bumped(target))));
    }
    for id in changes.iter().filter_map(new_type).collect::<BTreeSet<_>>() {
        target_type::find(session, tenant, id).await?;
    }
    for target in &mut changed {
        *target = save(session, target, now).await?;
    }
    Ok(changed)
}

/// A target as it is once it is saved.
fn bumped(target: &Target) -> Target {
    Target { version: target.version + 1, ..target.clone() }
}

async fn delete_all(
    session: &Session<'_>,
    tenant: TenantId,
    wanted: &[(String, Expected)],
    now: Timestamp,
) -> Result<()> {
    let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
    let mut targets = by_controller_id(session, tenant, &ids).await?;
    let log = Log { session, tenant, now };
    for (id, expected) in wanted {
        let target = targets.remove(id).ok_or_else(|| missing(id))?;
        expected.check(target.id.0, target.version)?;
        session.delete_target(tenant, target.id).await?;
        log.target(Happened::TargetDeleted, &target).await?;
    }
    Ok(())
}
