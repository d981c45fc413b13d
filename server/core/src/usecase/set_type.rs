//! Types of distribution sets.

use super::module_type::check_usable;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::distribution_set::{
    PlaceChange, SetType, SetTypeDraft, check_places_changeable, check_set_type_not_deleted,
    new_set_type, place_module_types, update_set_type,
};
use otahub_domain::software::TypePatch;
use otahub_domain::tenant::Quotas;
use otahub_domain::{Audit, Entity, Error, ModuleTypeId, Result, SetTypeId, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Session};
use std::sync::Arc;

/// What is said of a new set type. The draft's own module types are empty: `places` has them.
#[derive(Debug, Clone)]
pub(crate) struct NewSetType {
    /// Its texts.
    pub draft: SetTypeDraft,
    /// Its module types.
    pub places: PlaceChange,
}

/// A change to a set type.
#[derive(Debug, Clone, Default)]
pub(crate) struct SetTypeChange {
    /// Its texts.
    pub texts: TypePatch,
    /// All module types that a set must have.
    pub mandatory: Option<Vec<ModuleTypeId>>,
    /// All module types that a set may have.
    pub optional: Option<Vec<ModuleTypeId>>,
}

impl SetTypeChange {
    /// What changes about the places, if anything is said of them.
    fn places(&self, set_type: &SetType) -> Option<PlaceChange> {
        if self.mandatory.is_none() && self.optional.is_none() {
            return None;
        }
        let gone = |mandatory: bool, wanted: &Option<Vec<ModuleTypeId>>| {
            let places = set_type.modules.iter();
            let of_kind = places.filter(move |place| place.mandatory == mandatory);
            let named = wanted.clone();
            of_kind
                .map(|place| place.module_type)
                .filter(move |id| named.as_ref().is_some_and(|named| !named.contains(id)))
                .collect::<Vec<_>>()
        };
        let mut removed = gone(true, &self.mandatory);
        removed.extend(gone(false, &self.optional));
        Some(PlaceChange {
            mandatory: self.mandatory.clone().unwrap_or_default(),
            optional: self.optional.clone().unwrap_or_default(),
            removed,
        })
    }
}

/// Finds a set type within a session, deleted or not.
async fn find(session: &Session<'_>, tenant: TenantId, set_type: SetTypeId) -> Result<SetType> {
    let found = session.set_type(tenant, set_type).await?;
    found.ok_or_else(|| Error::not_found(Entity::DistributionSetType, set_type))
}

/// Refuses set types that are not there, or soft-deleted.
pub(super) async fn check_set_types(
    session: &Session<'_>,
    tenant: TenantId,
    ids: &[SetTypeId],
) -> Result<()> {
    let found = session.set_types_by_ids(tenant, ids).await?;
    for id in ids {
        let missing = || Error::not_found(Entity::DistributionSetType, id);
        check_set_type_not_deleted(found.iter().find(|one| one.id == *id).ok_or_else(missing)?)?;
    }
    Ok(())
}

async fn tell(
    session: &Session<'_>,
    tenant: TenantId,
    id: SetTypeId,
    now: Timestamp,
) -> Result<()> {
    let log = Log { session, tenant, now };
    let name = names::numbered("distributionSetTypes", id.0);
    log.resource(Happened::SetTypeChanged, &name).await
}

/// Gives the module types of a set type other places.
async fn replace_places(
    session: &Session<'_>,
    set_type: &mut SetType,
    change: &PlaceChange,
    quotas: &Quotas,
) -> Result<()> {
    let added = [change.mandatory.as_slice(), change.optional.as_slice()].concat();
    check_usable(session, set_type.tenant, &added).await?;
    check_places_changeable(set_type, session.set_type_in_use(set_type).await?)?;
    set_type.modules = place_module_types(&set_type.modules, change, quotas)?;
    Ok(())
}

impl Hub {
    /// The set type, deleted or not.
    pub(crate) async fn find_set_type(&self, tenant: TenantId, id: SetTypeId) -> Result<SetType> {
        find(&self.store.read(), tenant, id).await
    }

    /// Makes set types, all or none.
    pub(crate) async fn create_set_types(
        &self,
        tenant: TenantId,
        by: &str,
        wanted: Vec<NewSetType>,
    ) -> Result<Vec<SetType>> {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let quotas = self.options.quotas.clone();
        self.write(
            Lane::ANY,
            self.once(move |session| {
                let (wanted, audit, quotas) = (wanted.clone(), audit.clone(), quotas.clone());
                Box::pin(async move {
                    let mut made = Vec::with_capacity(wanted.len());
                    for NewSetType { draft, places } in &wanted {
                        let draft = new_set_type(draft)?;
                        let named = [places.mandatory.as_slice(), &places.optional].concat();
                        check_usable(session, tenant, &named).await?;
                        let places = place_module_types(&[], places, &quotas)?;
                        let one = session.insert_set_type(tenant, &draft, &places, &audit).await?;
                        tell(session, tenant, one.id, now).await?;
                        made.push(one);
                    }
                    Ok(made)
                })
            }),
        )
        .await
    }

    /// Changes a set type.
    pub(crate) async fn change_set_type(
        &self,
        tenant: TenantId,
        id: SetTypeId,
        by: &str,
        change: SetTypeChange,
    ) -> Result<SetType> {
        let quotas = self.options.quotas.clone();
        self.save_set_type(tenant, id, by, move |session, found, audit| {
            let (change, quotas) = (change.clone(), quotas.clone());
            Box::pin(async move {
                let (by, now) = (&audit.modified_by, audit.modified_at);
                let mut changed = update_set_type(&found, &change.texts, by, now)?;
                if let Some(places) = change.places(&found) {
                    replace_places(session, &mut changed, &places, &quotas).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Adds, moves and removes the module types of a set type.
    pub(crate) async fn change_set_type_places(
        &self,
        tenant: TenantId,
        id: SetTypeId,
        by: &str,
        change: PlaceChange,
    ) -> Result<SetType> {
        let quotas = self.options.quotas.clone();
        self.save_set_type(tenant, id, by, move |session, mut found, audit| {
            let (change, quotas) = (change.clone(), quotas.clone());
            Box::pin(async move {
                for module_type in &change.removed {
                    let known = session.module_type(tenant, *module_type).await?;
                    let missing = || Error::not_found(Entity::SoftwareModuleType, module_type);
                    known.ok_or_else(missing)?;
                }
                replace_places(session, &mut found, &change, &quotas).await?;
                found.audit.touch_later(&audit.modified_by, audit.modified_at);
                Ok(found)
            })
        })
        .await
    }

    async fn save_set_type<F>(
        &self,
        tenant: TenantId,
        id: SetTypeId,
        by: &str,
        change: F,
    ) -> Result<SetType>
    where
        F: for<'s> Fn(
                &'s Session<'s>,
                SetType,
                Audit,
            ) -> futures::future::BoxFuture<'s, Result<SetType>>
            + Send
            + Sync
            + 'static,
    {
        let (now, audit) = (self.now(), Audit::new(by, self.now()));
        let change = Arc::new(change);
        self.write(Lane::ANY, move |session| {
            let (change, audit) = (change.clone(), audit.clone());
            Box::pin(async move {
                let found = find(session, tenant, id).await?;
                let read = found.audit.modified_at;
                let changed = change(session, found, audit).await?;
                session.save_set_type(&changed, read).await?;
                tell(session, tenant, id, now).await?;
                Ok(changed)
            })
        })
        .await
    }

    /// Deletes a set type, softly while a set has it, and a soft-deleted one no further. Target
    /// types lose it. The tenant's default type stays.
    pub(crate) async fn delete_set_type(
        &self,
        tenant: Arc<Tenant>,
        id: SetTypeId,
        by: &str,
    ) -> Result<()> {
        let (by, now, default) = (by.to_owned(), self.now(), tenant.default_set_type);
        let tenant = tenant.id;
        self.write(Lane::ANY, move |session| {
            let by = by.clone();
            Box::pin(async move {
                let mut found = find(session, tenant, id).await?;
                if found.deleted {
                    return Ok(());
                }
                if default == Some(id) {
                    let (entity, id) = (Entity::DistributionSetType, id.to_string());
                    return Err(Error::ReadOnly { entity, id });
                }
                session.drop_from_target_types(id).await?;
                if session.set_type_in_use(&found).await? {
                    let read = found.audit.modified_at;
                    found.deleted = true;
                    found.audit.touch_later(&by, now);
                    session.save_set_type(&found, read).await?;
                } else {
                    session.delete_set_type(tenant, id).await?;
                }
                tell(session, tenant, id, now).await
            })
        })
        .await
    }
}
