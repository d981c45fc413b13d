//! Users: who may log in, and what they may. Nobody gives, or takes, more than it has itself.

use super::bootstrap::{put, tell};
use crate::auth::Operator;
use crate::hub::Hub;
use otahub_domain::identity::{check_authorities, check_password, check_user_name, login};
use otahub_domain::permission::{Grants, Permission};
use otahub_domain::{Entity, Error, Result, TenantId};
use otahub_store::{Account, Lane, Session, User};
use std::sync::Arc;

/// A user to be made.
#[derive(Clone)]
pub(crate) struct NewUser {
    /// Its tenant's name, if it is not the caller's.
    pub tenant: Option<String>,
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: String,
    /// Names of permissions and roles.
    pub authorities: Vec<String>,
    /// May not log in.
    pub disabled: bool,
}

/// A change of a user.
#[derive(Clone, Default)]
pub(crate) struct UserChange {
    /// Another password.
    pub password: Option<String>,
    /// Other permissions and roles.
    pub authorities: Option<Vec<String>>,
    /// Whether it may not log in.
    pub disabled: Option<bool>,
}

impl NewUser {
    /// Refuses what cannot be a user.
    pub(super) fn check(&self) -> Result<()> {
        check_user_name(&self.name)?;
        check_password(&self.password)?;
        check_authorities(&self.authorities)
    }

    /// The row, in this tenant.
    pub(super) fn row(self, tenant: TenantId, tenant_name: &str, password_hash: String) -> User {
        User {
            name: login(tenant_name, &self.name),
            tenant,
            password_hash,
            authorities: self.authorities,
            disabled: self.disabled,
        }
    }
}

impl Hub {
    /// The user of this name.
    pub(crate) async fn find_user(&self, operator: &Operator, name: &str) -> Result<Account> {
        find(&self.store.read(), operator, name).await
    }

    /// Makes a user.
    pub(crate) async fn create_user(
        &self,
        operator: &Arc<Operator>,
        mut new: NewUser,
    ) -> Result<Account> {
        if let Some(made) = self.repeated().await? {
            return Ok(made);
        }
        let (mut tenant, mut tenant_name) = (operator.tenant, operator.tenant_name.clone());
        if let Some(other) = new.tenant.take().filter(|other| *other != tenant_name) {
            operator.may(Permission::SystemAdmin)?;
            let found = self.store.read().tenant(&other).await?;
            tenant = found.ok_or_else(|| Error::not_found(Entity::Tenant, &other))?.id;
            tenant_name = other;
        } else {
            operator.grants.cover(&Grants::new(new.authorities.clone()))?;
        }
        new.check()?;
        let hash = self.hash(std::mem::take(&mut new.password)).await?;
        let (user, by, now) =
            (new.row(tenant, &tenant_name, hash), operator.username.clone(), self.now());
        self.write(
            Lane::exclusive("users"),
            self.once(move |session| {
                let (user, by) = (user.clone(), by.clone());
                Box::pin(async move {
                    if session.account(&user.name).await?.is_some() {
                        return Err(Error::AlreadyExists { entity: Entity::User });
                    }
                    put(session, &user, &by, now).await?;
                    session.account(&user.name).await?.ok_or(Error::Conflict)
                })
            }),
        )
        .await
    }

    /// Changes a user; what it had is of no use from then on.
    pub(crate) async fn change_user(
        &self,
        operator: &Arc<Operator>,
        name: &str,
        mut change: UserChange,
    ) -> Result<Account> {
        if let Some(authorities) = &change.authorities {
            check_authorities(authorities)?;
            operator.grants.cover(&Grants::new(authorities.clone()))?;
        }
        if change.disabled == Some(true) && name == operator.username {
            return Err(read_only(name));
        }
        let hash = match change.password.take() {
            None => None,
            Some(password) => {
                check_password(&password)?;
                Some(self.hash(password).await?)
            }
        };
        let (named, name, now) = (name.to_owned(), name.to_owned(), self.now());
        let (asked, tenant) = (operator.clone(), operator.tenant);
        self.write_and(
            Lane::exclusive("users"),
            move |session| {
                let (operator, name) = (asked.clone(), name.clone());
                let (change, hash) = (change.clone(), hash.clone());
                Box::pin(async move {
                    let mut user = changeable(session, &operator, &name).await?.user;
                    user.authorities = change.authorities.unwrap_or(user.authorities);
                    user.disabled = change.disabled.unwrap_or(user.disabled);
                    user.password_hash = hash.unwrap_or(user.password_hash);
                    put(session, &user, &operator.username, now).await?;
                    find(session, &operator, &name).await
                })
            },
            move |hub, _| hub.logins.forget_user(tenant, &named),
        )
        .await
    }

    /// Deletes a user with its tokens.
    pub(crate) async fn delete_user(&self, operator: &Arc<Operator>, name: &str) -> Result<()> {
        if name == operator.username {
            return Err(read_only(name));
        }
        let (named, name, now) = (name.to_owned(), name.to_owned(), self.now());
        let (asked, tenant) = (operator.clone(), operator.tenant);
        self.write_and(
            Lane::exclusive("users"),
            move |session| {
                let (operator, name) = (asked.clone(), name.clone());
                Box::pin(async move {
                    let user = changeable(session, &operator, &name).await?.user;
                    session.delete_user(user.tenant, &user.name).await?;
                    tell(session, &user, now).await
                })
            },
            move |hub, _| hub.logins.forget_user(tenant, &named),
        )
        .await
    }
}

fn read_only(name: &str) -> Error {
    Error::ReadOnly { entity: Entity::User, id: name.to_owned() }
}

async fn find(session: &Session<'_>, operator: &Operator, name: &str) -> Result<Account> {
    let found = session.account(&login(&operator.tenant_name, name)).await?;
    let own = found.filter(|account| account.user.tenant == operator.tenant);
    own.ok_or_else(|| Error::not_found(Entity::User, name))
}

/// A user that the operator may change: not one of the settings, nor one who may more.
async fn changeable(session: &Session<'_>, operator: &Operator, name: &str) -> Result<Account> {
    let account = find(session, operator, name).await?;
    operator.grants.cover(&Grants::new(account.user.authorities.clone()))?;
    if account.configured {
        return Err(read_only(name));
    }
    Ok(account)
}
