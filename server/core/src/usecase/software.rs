//! Software modules.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::software::{
    Metadata, Module, ModuleDraft, ModulePatch, ModuleType, check_metadata, check_not_deleted,
    new_module, update_module,
};
use otahub_domain::tenant::Quotas;
use otahub_domain::{Audit, Entity, Error, ModuleId, Result, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Session};
use std::collections::HashMap;

/// The lane of one module: its changes come one after the other, not against each other.
pub(super) fn lane(module: ModuleId) -> Lane {
    Lane::exclusive(&names::software_module(module.0))
}

/// Finds a module within a session, deleted or not.
pub(super) async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    module: ModuleId,
) -> Result<Module> {
    let found = session.module(tenant, module).await?;
    found.ok_or_else(|| Error::not_found(Entity::SoftwareModule, module))
}

/// Saves a changed module and tells so.
pub(super) async fn save(session: &Session<'_>, module: &Module, now: Timestamp) -> Result<Module> {
    let saved = session.save_module(module).await?;
    let log = Log { session, tenant: saved.tenant, now };
    log.resource(Happened::ModuleUpdated, &names::software_module(saved.id.0)).await?;
    Ok(saved)
}

impl Hub {
    /// The module, deleted or not.
    pub(crate) async fn find_module(&self, tenant: TenantId, id: ModuleId) -> Result<Module> {
        find(&self.store.read(), tenant, id).await
    }

    /// Modules with their types.
    pub(crate) async fn with_types(
        &self,
        tenant: TenantId,
        modules: Vec<Module>,
    ) -> Result<Vec<(Module, ModuleType)>> {
        let ids: Vec<_> = modules.iter().map(|m| m.module_type).collect();
        let types = self.store.read().module_types_by_ids(tenant, &ids).await?;
        let types: HashMap<_, _> = types.into_iter().map(|t| (t.id, t)).collect();
        modules
            .into_iter()
            .map(|m| types.get(&m.module_type).cloned().map(|t| (m, t)).ok_or(Error::Internal))
            .collect()
    }

    /// Makes modules, all or none.
    pub(crate) async fn create_modules(
        &self,
        tenant: TenantId,
        by: &str,
        drafts: Vec<ModuleDraft>,
    ) -> Result<Vec<Module>> {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let can_encrypt = self.encryptor.is_some();
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (drafts, audit) = (drafts.clone(), audit.clone());
                Box::pin(async move {
                    let mut modules = Vec::with_capacity(drafts.len());
                    for draft in &drafts {
                        modules.push(create(session, tenant, draft, (&audit, can_encrypt)).await?);
                    }
                    let log = Log { session, tenant, now };
                    for module in &modules {
                        let name = names::software_module(module.id.0);
                        log.resource(Happened::ModuleCreated, &name).await?;
                    }
                    Ok(modules)
                })
            }),
        )
        .await
    }

    /// Changes a module.
    pub(crate) async fn change_module(
        &self,
        tenant: TenantId,
        id: ModuleId,
        by: &str,
        patch: ModulePatch,
    ) -> Result<Module> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(lane(id), move |session| {
            let (by, patch) = (by.clone(), patch.clone());
            Box::pin(async move {
                let module = find(session, tenant, id).await?;
                save(session, &update_module(&module, &patch, &by, now)?, now).await
            })
        })
        .await
    }

    /// Deletes a module, softly while a set has it, and a soft-deleted one no further. Its bytes go
    /// when nobody needs them.
    pub(crate) async fn delete_module(
        &self,
        tenant: TenantId,
        id: ModuleId,
        by: &str,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        self.write_and_tidy(lane(id), move |session| {
            let by = by.clone();
            Box::pin(async move { delete(session, tenant, id, &by, now).await })
        })
        .await
    }

    /// Sets metadata entries of a module.
    pub(crate) async fn put_module_metadata(
        &self,
        tenant: TenantId,
        id: ModuleId,
        by: &str,
        entries: Vec<Metadata>,
    ) -> Result<Vec<Metadata>> {
        let (by, now) = (by.to_owned(), self.now());
        let quota = self.options.quotas.metadata_per_module;
        self.write(lane(id), move |session| {
            let (by, entries) = (by.clone(), entries.clone());
            Box::pin(async move {
                let mut module = find(session, tenant, id).await?;
                check_not_deleted(&module)?;
                let have = session.metadata(&module).await?;
                check_metadata_count("metadata per software module", &have, &entries, quota)?;
                for entry in &entries {
                    check_metadata(entry)?;
                    session.put_metadata(&module, entry).await?;
                }
                module.audit.touch(&by, now);
                save(session, &module, now).await?;
                Ok(entries)
            })
        })
        .await
    }

    /// Removes one metadata entry of a module.
    pub(crate) async fn delete_module_metadata(
        &self,
        tenant: TenantId,
        id: ModuleId,
        by: &str,
        key: String,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(lane(id), move |session| {
            let (by, key) = (by.clone(), key.clone());
            Box::pin(async move {
                let mut module = find(session, tenant, id).await?;
                if !session.delete_metadata(&module, &key).await? {
                    let id = format!("{id}:{key}");
                    return Err(Error::not_found(Entity::SoftwareModuleMetadata, id));
                }
                module.audit.touch(&by, now);
                save(session, &module, now).await.map(|_| ())
            })
        })
        .await
    }
}

/// Refuses metadata that would be too much beside what is there.
pub(super) fn check_metadata_count(
    what: &'static str,
    have: &[Metadata],
    entries: &[Metadata],
    quota: u64,
) -> Result<()> {
    let is_new = |entry: &&Metadata| have.iter().all(|m| m.key != entry.key);
    let more = entries.iter().filter(is_new).count() as u64;
    Quotas::check(what, have.len() as u64, more, quota)
}

async fn create(
    session: &Session<'_>,
    tenant: TenantId,
    draft: &ModuleDraft,
    (audit, can_encrypt): (&Audit, bool),
) -> Result<Module> {
    if draft.type_key.is_empty() {
        return Err(Error::invalid("type_key", "is required"));
    }
    let found = session.module_type_by_key(tenant, draft.type_key.trim()).await?;
    let found =
        found.ok_or_else(|| Error::not_found(Entity::SoftwareModuleType, draft.type_key.trim()))?;
    let draft = new_module(draft, &found, can_encrypt)?;
    Ok(session.insert_module(tenant, found.id, &draft, audit).await?)
}

async fn delete(
    session: &Session<'_>,
    tenant: TenantId,
    id: ModuleId,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let mut module = find(session, tenant, id).await?;
    if module.deleted {
        return Ok(());
    }
    if session.module_in_locked_set(&module).await? {
        return Err(Error::Locked {
            entity: Entity::SoftwareModule,
            id: id.to_string(),
            operation: "DELETE",
        });
    }
    if session.module_in_use(&module).await? {
        module.deleted = true;
        module.audit.touch(by, now);
        session.save_module(&module).await?;
    } else {
        session.delete_module(tenant, id).await?;
    }
    let log = Log { session, tenant, now };
    log.resource(Happened::ModuleDeleted, &names::software_module(id.0)).await
}
