//! Distribution sets.

use super::software::check_metadata_count;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::distribution_set::{
    ModulePart, Set, SetDraft, SetPatch, SetType, add_modules, check_usable, new_set,
    remove_module, update_set,
};
use otahub_domain::software::{Metadata, Module, ModuleType, check_metadata};
use otahub_domain::tenant::Quotas;
use otahub_domain::{Audit, Entity, Error, ModuleId, Result, SetId, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Session};
use std::collections::HashMap;
use std::sync::Arc;

/// The lane of one set: its changes come one after the other, not against each other.
fn lane(set: SetId) -> Lane {
    Lane::exclusive(&names::distribution_set(set.0))
}

/// Modules that a set is to get and to lose.
#[derive(Debug, Clone)]
pub(crate) struct ModuleChange {
    /// What it gets.
    pub added: Vec<ModuleId>,
    /// What it loses.
    pub removed: Vec<ModuleId>,
}

/// Finds a set within a session, deleted or not.
pub(super) async fn find(session: &Session<'_>, tenant: TenantId, set: SetId) -> Result<Set> {
    let found = session.set(tenant, set).await?;
    found.ok_or_else(|| Error::not_found(Entity::DistributionSet, set))
}

/// Saves a changed set and tells so.
pub(super) async fn save(session: &Session<'_>, set: &Set, now: Timestamp) -> Result<Set> {
    let saved = session.save_set(set).await?;
    let log = Log { session, tenant: saved.tenant, now };
    log.resource(Happened::SetUpdated, &names::distribution_set(saved.id.0)).await?;
    Ok(saved)
}

/// Saves a set that was locked, and locks its modules.
pub(super) async fn save_locked(session: &Session<'_>, set: &Set) -> Result<()> {
    let set = session.save_set(set).await?;
    for mut module in session.modules_of_set(&set).await? {
        if !module.locked {
            module.locked = true;
            session.save_module(&module).await?;
        }
    }
    Ok(())
}

impl Hub {
    /// The set, deleted or not.
    pub(crate) async fn find_set(&self, tenant: TenantId, id: SetId) -> Result<Set> {
        find(&self.store.read(), tenant, id).await
    }

    /// Sets with their types.
    pub(crate) async fn with_set_types(
        &self,
        tenant: TenantId,
        sets: Vec<Set>,
    ) -> Result<Vec<(Set, SetType)>> {
        let ids: Vec<_> = sets.iter().map(|s| s.set_type).collect();
        let types = self.store.read().set_types_by_ids(tenant, &ids).await?;
        let types: HashMap<_, _> = types.into_iter().map(|t| (t.id, t)).collect();
        sets.into_iter()
            .map(|s| types.get(&s.set_type).cloned().map(|t| (s, t)).ok_or(Error::Internal))
            .collect()
    }

    /// Makes sets, all or none.
    pub(crate) async fn create_sets(
        &self,
        tenant: Arc<Tenant>,
        by: &str,
        drafts: Vec<SetDraft>,
    ) -> Result<Vec<Set>> {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let quotas = self.options.quotas.clone();
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (tenant, drafts) = (tenant.clone(), drafts.clone());
                let (audit, quotas) = (audit.clone(), quotas.clone());
                Box::pin(async move {
                    let edit = Editing { session, tenant: &tenant, quotas: &quotas, audit, now };
                    let mut sets = Vec::with_capacity(drafts.len());
                    for draft in &drafts {
                        sets.push(edit.create(draft).await?);
                    }
                    Ok(sets)
                })
            }),
        )
        .await
    }

    /// Changes a set.
    pub(crate) async fn change_set(
        &self,
        tenant: TenantId,
        id: SetId,
        by: &str,
        patch: SetPatch,
    ) -> Result<Set> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(lane(id), move |session| {
            let (by, patch) = (by.clone(), patch.clone());
            Box::pin(async move {
                let set = find(session, tenant, id).await?;
                let changed = update_set(&set, &patch, &by, now)?;
                if changed.locked && !set.locked {
                    save_locked(session, &changed).await?;
                    return find(session, tenant, id).await;
                }
                save(session, &changed, now).await
            })
        })
        .await
    }

    /// Adds and removes modules of a set.
    pub(crate) async fn change_set_modules(
        &self,
        tenant: Arc<Tenant>,
        id: SetId,
        by: &str,
        change: ModuleChange,
    ) -> Result<Set> {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let quotas = self.options.quotas.clone();
        self.write(lane(id), move |session| {
            let (tenant, audit, quotas) = (tenant.clone(), audit.clone(), quotas.clone());
            let change = change.clone();
            Box::pin(async move {
                let edit = Editing { session, tenant: &tenant, quotas: &quotas, audit, now };
                edit.change_modules(id, &change).await
            })
        })
        .await
    }

    /// Deletes a set, softly once it was assigned, and a soft-deleted one no further.
    pub(crate) async fn delete_set(&self, tenant: TenantId, id: SetId, by: &str) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(lane(id), move |session| {
            let by = by.clone();
            Box::pin(async move {
                let mut set = find(session, tenant, id).await?;
                if set.deleted {
                    return Ok(());
                }
                super::target_filter::withdraw(session, &set, &by, now).await?;
                if session.set_in_use(&set).await? {
                    set.deleted = true;
                    set.audit.touch(&by, now);
                    session.save_set(&set).await?;
                } else {
                    session.delete_set(tenant, id).await?;
                }
                let log = Log { session, tenant, now };
                log.resource(Happened::SetDeleted, &names::distribution_set(id.0)).await
            })
        })
        .await
    }

    /// Sets metadata entries of a set.
    pub(crate) async fn put_set_metadata(
        &self,
        tenant: TenantId,
        id: SetId,
        by: &str,
        entries: Vec<Metadata>,
    ) -> Result<Vec<Metadata>> {
        let (by, now) = (by.to_owned(), self.now());
        let quota = self.options.quotas.metadata_per_set;
        self.write(lane(id), move |session| {
            let (by, entries) = (by.clone(), entries.clone());
            Box::pin(async move {
                let mut set = find(session, tenant, id).await?;
                check_usable(&set)?;
                let have = session.metadata(&set).await?;
                check_metadata_count("metadata per distribution set", &have, &entries, quota)?;
                for entry in &entries {
                    check_metadata(entry)?;
                    session.put_metadata(&set, entry).await?;
                }
                set.audit.touch(&by, now);
                save(session, &set, now).await?;
                Ok(entries)
            })
        })
        .await
    }

    /// Removes one metadata entry of a set.
    pub(crate) async fn delete_set_metadata(
        &self,
        tenant: TenantId,
        id: SetId,
        by: &str,
        key: String,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(lane(id), move |session| {
            let (by, key) = (by.clone(), key.clone());
            Box::pin(async move {
                let mut set = find(session, tenant, id).await?;
                if !session.delete_metadata(&set, &key).await? {
                    let id = format!("{id}:{key}");
                    return Err(Error::not_found(Entity::DistributionSetMetadata, id));
                }
                set.audit.touch(&by, now);
                save(session, &set, now).await.map(|_| ())
            })
        })
        .await
    }
}

/// Changes to sets within their transaction.
struct Editing<'a> {
    session: &'a Session<'a>,
    tenant: &'a Tenant,
    quotas: &'a Quotas,
    audit: Audit,
    now: Timestamp,
}

/// Modules with their types, to lend [`ModulePart`]s from.
struct Parts(Vec<(Module, ModuleType)>);

impl Parts {
    fn lend(&self) -> Vec<ModulePart<'_>> {
        let lend = |(module, module_type)| ModulePart { module, module_type };
        self.0.iter().map(|(m, t)| lend((m, t))).collect()
    }
}

impl Editing<'_> {
    async fn create(&self, draft: &SetDraft) -> Result<Set> {
        let set_type = self.type_of(draft).await?;
        let mut draft = new_set(draft, &set_type)?;
        let added = self.parts(&draft.modules).await?;
        let empty = self.blank(&draft, &set_type);
        draft.modules = add_modules(&empty, &set_type, &[], &added.lend(), self.quotas)?;
        let session = self.session;
        let set = session.insert_set(self.tenant.id, set_type.id, &draft, &self.audit).await?;
        let log = Log { session, tenant: self.tenant.id, now: self.now };
        log.resource(Happened::SetCreated, &names::distribution_set(set.id.0)).await?;
        Ok(set)
    }

    async fn type_of(&self, draft: &SetDraft) -> Result<SetType> {
        let tenant = self.tenant.id;
        let found = match draft.type_key.as_deref().map(str::trim) {
            Some(key) => {
                let found = self.session.set_type_by_key(tenant, key).await?;
                return found.ok_or_else(|| Error::not_found(Entity::DistributionSetType, key));
            }
            None => match self.tenant.default_set_type {
                Some(id) => self.session.set_type(tenant, id).await?,
                None => None,
            },
        };
        found.ok_or_else(|| Error::invalid("type_key", "is required"))
    }

    /// The set that is about to be made, for the rules to look at.
    fn blank(&self, draft: &SetDraft, set_type: &SetType) -> Set {
        Set {
            id: SetId(0),
            tenant: self.tenant.id,
            set_type: set_type.id,
            name: draft.name.clone(),
            version: draft.version.clone(),
            description: draft.description.clone(),
            required_migration_step: draft.required_migration_step,
            locked: false,
            deleted: false,
            valid: true,
            complete: false,
            modules: Vec::new(),
            audit: self.audit.clone(),
            row_version: 0,
        }
    }

    /// The modules of these numbers, in that order.
    async fn parts(&self, ids: &[ModuleId]) -> Result<Parts> {
        let tenant = self.tenant.id;
        let modules = self.session.modules_by_ids(tenant, ids).await?;
        let type_ids: Vec<_> = modules.iter().map(|m| m.module_type).collect();
        let types = self.session.module_types_by_ids(tenant, &type_ids).await?;
        let part = |id: &ModuleId| {
            let missing = || Error::not_found(Entity::SoftwareModule, id);
            let module = modules.iter().find(|m| m.id == *id).ok_or_else(missing)?;
            let found = types.iter().find(|t| t.id == module.module_type);
            Ok((module.clone(), found.cloned().ok_or(Error::Internal)?))
        };
        ids.iter().map(part).collect::<Result<_>>().map(Parts)
    }

    async fn change_modules(&self, id: SetId, change: &ModuleChange) -> Result<Set> {
        let (tenant, added) = (self.tenant.id, &change.added);
        let mut set = find(self.session, tenant, id).await?;
        for module in &change.removed {
            super::software::find(self.session, tenant, *module).await?;
            set.modules = remove_module(&set, *module)?;
        }
        if !added.is_empty() {
            let found = self.session.set_type(tenant, set.set_type).await?;
            let set_type = found.ok_or(Error::Internal)?;
            let (present, more) = (self.parts(&set.modules).await?, self.parts(added).await?);
            set.modules = add_modules(&set, &set_type, &present.lend(), &more.lend(), self.quotas)?;
        }
        set.audit.touch(&self.audit.modified_by, self.now);
        self.session.replace_set_modules(&set, &set.modules).await?;
        save(self.session, &set, self.now).await?;
        find(self.session, tenant, id).await
    }
}
