//! Types of targets.

use super::set_type::check_set_types;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::target::Target;
use otahub_domain::target_type::{
    TargetType, TargetTypeDraft, TargetTypePatch, change_set_types, new_target_type,
    update_target_type,
};
use otahub_domain::{Entity, Error, Result, SetTypeId, TargetTypeId, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Session};
use std::collections::{BTreeSet, HashMap};

/// Finds a target type within a session.
pub(super) async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    target_type: TargetTypeId,
) -> Result<TargetType> {
    let found = session.target_type(tenant, target_type).await?;
    found.ok_or_else(|| Error::not_found(Entity::TargetType, target_type))
}

/// The types that targets have, each once.
pub(super) fn types_of<'t>(targets: impl Iterator<Item = &'t Target>) -> Vec<TargetTypeId> {
    let types: BTreeSet<_> = targets.filter_map(|target| target.target_type).collect();
    types.into_iter().collect()
}

/// Refuses types of targets that are not there.
pub(super) async fn check_types(
    session: &Session<'_>,
    tenant: TenantId,
    targets: &[Target],
) -> Result<()> {
    let wanted = types_of(targets.iter());
    let found = session.target_types_by_ids(tenant, &wanted).await?;
    let missing = wanted.iter().find(|id| found.iter().all(|one| one.id != **id));
    missing.map_or(Ok(()), |id| Err(Error::not_found(Entity::TargetType, id)))
}

async fn tell(
    session: &Session<'_>,
    tenant: TenantId,
    id: TargetTypeId,
    now: Timestamp,
) -> Result<()> {
    let log = Log { session, tenant, now };
    let name = names::numbered("targetTypes", id.0);
    log.resource(Happened::TargetTypeChanged, &name).await
}

impl Hub {
    /// The target type.
    pub(crate) async fn find_target_type(
        &self,
        tenant: TenantId,
        id: TargetTypeId,
    ) -> Result<TargetType> {
        find(&self.store.read(), tenant, id).await
    }

    /// What people call the types of targets.
    pub(crate) async fn target_type_names(
        &self,
        tenant: TenantId,
        targets: &[Target],
    ) -> Result<HashMap<TargetTypeId, String>> {
        let ids = types_of(targets.iter());
        let found = self.store.read().target_types_by_ids(tenant, &ids).await?;
        Ok(found.into_iter().map(|one| (one.id, one.name)).collect())
    }

    /// Makes target types, all or none.
    pub(crate) async fn create_target_types(
        &self,
        tenant: TenantId,
        by: &str,
        drafts: Vec<TargetTypeDraft>,
    ) -> Result<Vec<TargetType>> {
        let (now, quotas) = (self.now(), &self.options.quotas);
        let wanted = drafts
            .iter()
            .map(|draft| new_target_type(draft, quotas, by, now))
            .collect::<Result<Vec<_>>>()?;
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let wanted = wanted.clone();
                Box::pin(async move {
                    let mut made = Vec::with_capacity(wanted.len());
                    for one in &wanted {
                        check_set_types(session, tenant, &one.set_types).await?;
                        let one = session.insert_target_type(tenant, one).await?;
                        tell(session, tenant, one.id, now).await?;
                        made.push(one);
                    }
                    Ok(made)
                })
            }),
        )
        .await
    }

    /// Changes a target type.
    pub(crate) async fn change_target_type(
        &self,
        tenant: TenantId,
        id: TargetTypeId,
        by: &str,
        patch: TargetTypePatch,
    ) -> Result<TargetType> {
        let (by, now, quotas) = (by.to_owned(), self.now(), self.options.quotas.clone());
        self.write(Lane::ANY, move |session| {
            let (by, patch, quotas) = (by.clone(), patch.clone(), quotas.clone());
            Box::pin(async move {
                let found = find(session, tenant, id).await?;
                let mut changed = update_target_type(&found, &patch, &by, now)?;
                if let Some(set_types) = &patch.set_types {
                    check_set_types(session, tenant, set_types).await?;
                    changed.set_types = change_set_types(&[], set_types, &[], &quotas)?;
                }
                session.save_target_type(&changed, found.audit.modified_at).await?;
                tell(session, tenant, id, now).await?;
                Ok(changed)
            })
        })
        .await
    }

    /// Adds and removes set types that targets of a type take.
    pub(crate) async fn change_target_type_set_types(
        &self,
        tenant: TenantId,
        id: TargetTypeId,
        by: &str,
        (added, removed): (Vec<SetTypeId>, Vec<SetTypeId>),
    ) -> Result<TargetType> {
        let (by, now, quotas) = (by.to_owned(), self.now(), self.options.quotas.clone());
        self.write(Lane::ANY, move |session| {
            let (by, quotas) = (by.clone(), quotas.clone());
            let (added, removed) = (added.clone(), removed.clone());
            Box::pin(async move {
                let mut found = find(session, tenant, id).await?;
                check_set_types(session, tenant, &added).await?;
                if let Some(strange) = removed.iter().find(|id| !found.set_types.contains(id)) {
                    return Err(Error::not_found(Entity::DistributionSetType, strange));
                }
                found.set_types = change_set_types(&found.set_types, &added, &removed, &quotas)?;
                let read = found.audit.modified_at;
                found.audit.touch_later(&by, now);
                session.save_target_type(&found, read).await?;
                tell(session, tenant, id, now).await?;
                Ok(found)
            })
        })
        .await
    }

    /// Deletes a target type that no target has.
    pub(crate) async fn delete_target_type(
        &self,
        tenant: TenantId,
        id: TargetTypeId,
    ) -> Result<()> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            Box::pin(async move {
                let found = find(session, tenant, id).await?;
                if session.target_type_in_use(&found).await? {
                    return Err(Error::TargetTypeInUse { id: id.to_string() });
                }
                session.delete_target_type(tenant, id).await?;
                tell(session, tenant, id, now).await
            })
        })
        .await
    }
}
