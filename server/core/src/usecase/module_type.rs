//! Types of software modules.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::software::{
    ModuleType, ModuleTypeDraft, TypePatch, check_type_not_deleted, new_module_type,
    update_module_type,
};
use otahub_domain::{Audit, Entity, Error, ModuleTypeId, Result, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Session};

/// Finds a module type within a session, deleted or not.
async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    module_type: ModuleTypeId,
) -> Result<ModuleType> {
    let found = session.module_type(tenant, module_type).await?;
    found.ok_or_else(|| Error::not_found(Entity::SoftwareModuleType, module_type))
}

/// Refuses module types that are not there, or soft-deleted.
pub(super) async fn check_usable(
    session: &Session<'_>,
    tenant: TenantId,
    ids: &[ModuleTypeId],
) -> Result<()> {
    let found = session.module_types_by_ids(tenant, ids).await?;
    for id in ids {
        let missing = || Error::not_found(Entity::SoftwareModuleType, id);
        check_type_not_deleted(found.iter().find(|one| one.id == *id).ok_or_else(missing)?)?;
    }
    Ok(())
}

async fn tell(
    session: &Session<'_>,
    tenant: TenantId,
    id: ModuleTypeId,
    now: Timestamp,
) -> Result<()> {
    let log = Log { session, tenant, now };
    let name = names::numbered("softwareModuleTypes", id.0);
    log.resource(Happened::ModuleTypeChanged, &name).await
}

impl Hub {
    /// The module type, deleted or not.
    pub(crate) async fn find_module_type(
        &self,
        tenant: TenantId,
        id: ModuleTypeId,
    ) -> Result<ModuleType> {
        find(&self.store.read(), tenant, id).await
    }

    /// Makes module types, all or none.
    pub(crate) async fn create_module_types(
        &self,
        tenant: TenantId,
        by: &str,
        drafts: Vec<ModuleTypeDraft>,
    ) -> Result<Vec<ModuleType>> {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let drafts: Vec<_> = drafts.iter().map(new_module_type).collect::<Result<_>>()?;
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (drafts, audit) = (drafts.clone(), audit.clone());
                Box::pin(async move {
                    let mut made = Vec::with_capacity(drafts.len());
                    for draft in &drafts {
                        let one = session.insert_module_type(tenant, draft, &audit).await?;
                        tell(session, tenant, one.id, now).await?;
                        made.push(one);
                    }
                    Ok(made)
                })
            }),
        )
        .await
    }

    /// Changes a module type.
    pub(crate) async fn change_module_type(
        &self,
        tenant: TenantId,
        id: ModuleTypeId,
        by: &str,
        patch: TypePatch,
    ) -> Result<ModuleType> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(Lane::ANY, move |session| {
            let (by, patch) = (by.clone(), patch.clone());
            Box::pin(async move {
                let found = find(session, tenant, id).await?;
                let changed = update_module_type(&found, &patch, &by, now)?;
                session.save_module_type(&changed, found.audit.modified_at).await?;
                tell(session, tenant, id, now).await?;
                Ok(changed)
            })
        })
        .await
    }

    /// Deletes a module type, softly while a module or a set type has it, and a soft-deleted one
    /// no further.
    pub(crate) async fn delete_module_type(
        &self,
        tenant: TenantId,
        id: ModuleTypeId,
        by: &str,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(Lane::ANY, move |session| {
            let by = by.clone();
            Box::pin(async move {
                let mut found = find(session, tenant, id).await?;
                if found.deleted {
                    return Ok(());
                }
                if session.module_type_in_use(&found).await? {
                    let read = found.audit.modified_at;
                    found.deleted = true;
                    found.audit.touch_later(&by, now);
                    session.save_module_type(&found, read).await?;
                } else {
                    session.delete_module_type(tenant, id).await?;
                }
                tell(session, tenant, id, now).await
            })
        })
        .await
    }
}
