//! Tenants, their settings and their first user.

use crate::auth::hash_password;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::distribution_set::default_set_types;
use otahub_domain::software::default_module_types;
use otahub_domain::tenant::{Key, Setting, Value};
use otahub_domain::{Audit, Entity, Error, Result, SetTypeId, TenantId, Timestamp};
use otahub_store::{Lane, Session, User};
use std::sync::Arc;

/// The tenant that is there from the start.
pub const DEFAULT_TENANT: &str = "DEFAULT";
/// The user that is there from the start, and its password.
pub const DEFAULT_USER: (&str, &str) = ("admin", "admin");
/// Who makes what is there from the start.
const SYSTEM: &str = "system";

/// A change to the settings.
#[derive(Debug, Clone)]
pub(crate) enum SettingChange {
    /// Set a key.
    Set(Key, Value),
    /// Say which type sets get that are made without one.
    DefaultSetType(SetTypeId),
}

impl Hub {
    /// Makes the tenant `DEFAULT` with its types and the user `admin`, unless they are there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database fails.
    pub async fn bootstrap(&self) -> Result<()> {
        let (now, salt) = (self.now(), self.entropy.bytes());
        if self.store.read().user(DEFAULT_USER.0).await?.is_some() {
            return Ok(());
        }
        let hashed = tokio::task::spawn_blocking(move || hash_password(DEFAULT_USER.1, salt));
        let hash = hashed.await.ok().flatten().ok_or(Error::Internal)?;
        self.write(Lane::exclusive("bootstrap"), move |session| {
            let hash = hash.clone();
            Box::pin(async move { make_default(session, hash, now).await })
        })
        .await
    }

    /// Whether the user `admin` still has the password that everybody knows.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database fails.
    pub async fn has_default_password(&self) -> Result<bool> {
        let Some(user) = self.store.read().user(DEFAULT_USER.0).await? else {
            return Ok(false);
        };
        let hash = user.password_hash;
        let check = move || crate::auth::verify_password(DEFAULT_USER.1, &hash);
        tokio::task::spawn_blocking(check).await.map_err(|_| Error::Internal)
    }

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
        let changed = self
            .write(Lane::exclusive("settings"), move |session| {
                let (by, changes) = (by.clone(), checked.clone());
                Box::pin(async move {
                    for change in &changes {
                        put(session, tenant, change, &by, now).await?;
                    }
                    Log { session, tenant, now }
                        .resource(Happened::SettingUpdated, "settings")
                        .await
                })
            })
            .await;
        self.tenants.forget(tenant);
        changed
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
        let reset = self
            .write(Lane::exclusive("settings"), move |session| {
                Box::pin(async move {
                    session.delete_setting(tenant, key).await?;
                    Log { session, tenant, now }
                        .resource(Happened::SettingUpdated, "settings")
                        .await
                })
            })
            .await;
        self.tenants.forget(tenant);
        reset
    }
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

async fn make_default(session: &Session<'_>, hash: String, now: Timestamp) -> Result<()> {
    let tenant = match session.tenant(DEFAULT_TENANT).await? {
        Some(tenant) => tenant.id,
        None => make_tenant(session, DEFAULT_TENANT, now).await?,
    };
    if session.user(DEFAULT_USER.0).await?.is_some() {
        return Ok(());
    }
    let user = User {
        name: DEFAULT_USER.0.to_owned(),
        tenant,
        password_hash: hash,
        authorities: vec!["ROLE_TENANT_ADMIN".to_owned()],
        disabled: false,
    };
    Ok(session.put_user(&user, SYSTEM, now).await?)
}

/// Makes a tenant with the types that every tenant begins with.
async fn make_tenant(session: &Session<'_>, name: &str, now: Timestamp) -> Result<TenantId> {
    let (tenant, audit) = (session.insert_tenant(name).await?.id, Audit::new(SYSTEM, now));
    let mut module_types = Vec::new();
    for draft in default_module_types() {
        module_types.push(session.insert_module_type(tenant, &draft, &audit).await?);
    }
    let mut last = None;
    for draft in default_set_types() {
        let places = draft.places(&module_types);
        last = Some(session.insert_set_type(tenant, &draft, &places, &audit).await?.id);
    }
    if let Some(default) = last {
        session.set_default_set_type(tenant, default).await?;
    }
    Ok(tenant)
}
