//! The hub's tenants.

use super::bootstrap::{make_tenant, put};
use super::user::NewUser;
use crate::auth::Operator;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::identity::{DEFAULT_TENANT, tenant_name};
use otahub_domain::{Entity, Error, Result};
use otahub_proto::names;
use otahub_store::{Lane, TenantRow};

/// What the first user of a tenant may.
const FIRST_USER: &str = "ROLE_TENANT_ADMIN";

impl Hub {
    /// The tenant of this name.
    pub(crate) async fn find_tenant(&self, name: &str) -> Result<TenantRow> {
        let found = self.store.read().tenant(name).await?;
        found.ok_or_else(|| Error::not_found(Entity::Tenant, name))
    }

    /// The names of all tenants, in upper case.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tenant_names(&self) -> Result<Vec<String>> {
        let rows = self.store.read().tenants().await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// Makes a tenant, with a user if one is given.
    pub(crate) async fn create_tenant(
        &self,
        operator: &Operator,
        name: &str,
        first: Option<NewUser>,
    ) -> Result<TenantRow> {
        if let Some(made) = self.repeated().await? {
            return Ok(made);
        }
        let name = tenant_name(name)?;
        let first = match first {
            None => None,
            Some(mut user) => {
                if user.authorities.is_empty() {
                    user.authorities.push(FIRST_USER.to_owned());
                }
                user.check()?;
                let hash = self.hash(std::mem::take(&mut user.password)).await?;
                Some((user, hash))
            }
        };
        let (by, home, now) = (operator.username.clone(), operator.tenant, self.now());
        self.write_and(
            Lane::exclusive("tenants"),
            self.once(move |session| {
                let (name, first, by) = (name.clone(), first.clone(), by.clone());
                Box::pin(async move {
                    let tenant = make_tenant(session, &name, &by, now).await?;
                    if let Some((user, hash)) = first {
                        put(session, &user.row(tenant, &name, hash), &by, now).await?;
                    }
                    let log = Log { session, tenant: home, now };
                    log.resource(Happened::TenantChanged, &names::tenant(&name)).await?;
                    session.tenant(&name).await?.ok_or(Error::Conflict)
                })
            }),
            |hub, _| hub.forget_tenants(),
        )
        .await
    }

    /// Deletes a tenant with everything that it has.
    pub(crate) async fn delete_tenant(&self, operator: &Operator, name: &str) -> Result<()> {
        if name == DEFAULT_TENANT || name == operator.tenant_name {
            return Err(Error::ReadOnly { entity: Entity::Tenant, id: name.to_owned() });
        }
        let (name, home, now) = (name.to_owned(), operator.tenant, self.now());
        self.write_and(
            Lane::exclusive("tenants"),
            move |session| {
                let name = name.clone();
                Box::pin(async move {
                    let found = session.tenant(&name).await?;
                    let tenant = found.ok_or_else(|| Error::not_found(Entity::Tenant, &name))?.id;
                    session.delete_tenant(tenant).await?;
                    let log = Log { session, tenant: home, now };
                    log.resource(Happened::TenantChanged, &names::tenant(&name)).await
                })
            },
            |hub, _| {
                hub.forget_tenants();
                let hub = hub.clone();
                // the answer need not wait for the files to go
                tokio::spawn(async move { hub.remove_unneeded_bytes().await });
            },
        )
        .await
    }

    /// Forgets everything of which a tenant may be gone.
    pub(crate) fn forget_tenants(&self) {
        self.tenants.forget_all();
        self.devices.forget_all();
        self.logins.forget_all();
    }
}
