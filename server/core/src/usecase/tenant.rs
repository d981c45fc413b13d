//! Tenants' settings.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::tenant::{Key, Setting, Value};
use otahub_domain::{Entity, Error, Result, SetTypeId, TenantId, Timestamp};
use otahub_store::{Lane, Session};
use std::sync::Arc;

/// A change to the settings.
#[derive(Debug, Clone)]
pub(crate) enum SettingChange {
    /// Set a key.
    Set(Key, Value),
    /// Say which type sets get that are made without one.
    DefaultSetType(SetTypeId),
}

impl Hub {
    /// The caller's tenant with its settings.
    pub(crate) async fn own_tenant(&self, name: &str) -> Result<Arc<Tenant>> {
        let tenant = self.tenant(name).await?;
        tenant.ok_or_else(|| Error::not_found(Entity::Tenant, name))
    }

    /// Changes settings, all or none.
    pub(crate) async fn change_settings(
        &self,
        tenant: TenantId,
        by: &str,
        changes: Vec<SettingChange>,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        let checked = changes
            .into_iter()
            .map(|change| self.check_setting(change))
            .collect::<Result<Vec<_>>>()?;
        self.write_and(
            Lane::exclusive("settings"),
            move |session| {
                let (by, changes) = (by.clone(), checked.clone());
                Box::pin(async move {
                    for change in &changes {
                        put(session, tenant, change, &by, now).await?;
                    }
                    tell(session, tenant, now).await
                })
            },
            move |hub, _| hub.tenants.forget(tenant),
        )
        .await
    }

    fn check_setting(&self, change: SettingChange) -> Result<SettingChange> {
        match change {
            SettingChange::Set(key, value) => {
                let value = key.check(&value, &self.options.limits)?;
                Ok(SettingChange::Set(key, value))
            }
            other => Ok(other),
        }
    }

    /// Goes back to the default of a setting.
    pub(crate) async fn reset_setting(&self, tenant: TenantId, key: Key) -> Result<()> {
        let now = self.now();
        self.write_and(
            Lane::exclusive("settings"),
            move |session| {
                Box::pin(async move {
                    session.delete_setting(tenant, key).await?;
                    tell(session, tenant, now).await
                })
            },
            move |hub, _| hub.tenants.forget(tenant),
        )
        .await
    }
}

/// Tells the other nodes that settings have changed.
async fn tell(session: &Session<'_>, tenant: TenantId, now: Timestamp) -> Result<()> {
    let log = Log { session, tenant, now };
    log.resource(Happened::SettingUpdated, "settings").await
}

/// A setting as it is in force.
pub(crate) fn in_force(tenant: &Tenant, key: Key) -> Setting {
    let set = tenant.settings.iter().find(|setting| setting.key == key);
    set.cloned().unwrap_or_else(|| Setting { key, value: key.default_value(), audit: None })
}

async fn put(
    session: &Session<'_>,
    tenant: TenantId,
    change: &SettingChange,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    match change {
        SettingChange::Set(key, value) => {
            session.put_setting(tenant, (*key, value), by, now).await?;
        }
        SettingChange::DefaultSetType(id) => {
            let found = session.set_type(tenant, *id).await?.filter(|t| !t.deleted);
            found.ok_or_else(|| Error::not_found(Entity::DistributionSetType, id))?;
            session.set_default_set_type(tenant, *id).await?;
        }
    }
    Ok(())
}
