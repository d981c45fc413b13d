//! Tenants and their settings, remembered until they change.

use crate::hub::Hub;
use otahub_domain::tenant::{Configuration, Key, Setting, Value};
use otahub_domain::{Result, SetTypeId, TenantId};
use std::sync::Arc;
use std::time::Duration;

/// The most tenants that are remembered.
const REMEMBERED: u64 = 10_000;
/// How long a name that no tenant has is remembered.
const ABSENT_TTL: Duration = Duration::from_secs(5);

/// A tenant with its settings.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its row.
    pub id: TenantId,
    /// Its name, upper case.
    pub name: String,
    /// The type of sets that are made without one.
    pub default_set_type: Option<SetTypeId>,
    /// What was set, as it was set.
    pub settings: Vec<Setting>,
    /// What is in force.
    pub configuration: Configuration,
}

/// The tenants that were asked for lately.
pub(crate) struct Tenants {
    known: moka::sync::Cache<String, Arc<Tenant>>,
    absent: moka::sync::Cache<String, ()>,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            known: moka::sync::Cache::new(REMEMBERED),
            absent: moka::sync::Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(ABSENT_TTL)
                .build(),
        }
    }
}

impl Tenants {
    /// Forgets what is remembered of a tenant.
    pub(crate) fn forget(&self, id: TenantId) {
        self.absent.invalidate_all();
        let names = self.known.iter().filter(|(_, t)| t.id == id).map(|(n, _)| (*n).clone());
        for name in names.collect::<Vec<_>>() {
            self.known.invalidate(&name);
        }
    }
}

impl Hub {
    /// The tenant of this name, in any case.
    pub(crate) async fn tenant(&self, name: &str) -> Result<Option<Arc<Tenant>>> {
        if let Some(tenant) = self.tenants.known.get(name) {
            return Ok(Some(tenant));
        }
        if self.tenants.absent.contains_key(name) {
            return Ok(None);
        }
        match self.load_tenant(&name.to_uppercase()).await? {
            None => {
                self.tenants.absent.insert(name.to_owned(), ());
                Ok(None)
            }
            Some(tenant) => {
                let tenant = Arc::new(tenant);
                self.tenants.known.insert(name.to_owned(), tenant.clone());
                Ok(Some(tenant))
            }
        }
    }

    async fn load_tenant(&self, name: &str) -> Result<Option<Tenant>> {
        let session = self.store.read();
        let Some(row) = session.tenant(name).await? else {
            return Ok(None);
        };
        let settings = session.settings(row.id).await?;
        let pairs: Vec<(Key, Value)> = settings.iter().map(|s| (s.key, s.value.clone())).collect();
        Ok(Some(Tenant {
            id: row.id,
            name: row.name,
            default_set_type: row.default_set_type,
            settings,
            configuration: Configuration::from_settings(pairs),
        }))
    }
}
