//! What is there from the start: the first tenant, its first user, and the users of the settings.

use crate::auth::verify_password;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::distribution_set::default_set_types;
use otahub_domain::identity::{DEFAULT_TENANT, check_password, login, user_of_login};
use otahub_domain::software::default_module_types;
use otahub_domain::{Audit, Entity, Error, Result, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{Account, Lane, Session, User};

/// The user that is there from the start, and its password.
pub const DEFAULT_USER: (&str, &str) = ("admin", "admin");
/// What that user may: all in its tenant, and make others.
const DEFAULT_AUTHORITIES: [&str; 2] = ["ROLE_TENANT_ADMIN", "SYSTEM_ADMIN"];
/// Who makes what is there from the start.
const SYSTEM: &str = "system";

/// A user that changes only with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredUser {
    /// Its tenant's name, upper case. A tenant that is not there is made.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// An argon2id hash as a PHC string.
    pub password_hash: String,
    /// Names of permissions and roles.
    pub authorities: Vec<String>,
}

impl Hub {
    /// Makes the tenant `DEFAULT` with its types and, unless the settings name users, the user
    /// `admin`, if there is no tenant at all yet. Brings the users of the settings up to date.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database fails.
    pub async fn bootstrap(&self) -> Result<()> {
        if self.store.read().list_tenants((0, 1)).await?.items.is_empty() {
            let hash = match self.options.users.is_empty() {
                true => Some(self.hash(DEFAULT_USER.1.to_owned()).await?),
                false => None,
            };
            let now = self.now();
            let made = self.write(Lane::exclusive("bootstrap"), move |session| {
                let hash = hash.clone();
                Box::pin(async move { make_default(session, hash, now).await })
            });
            quicker(made.await)?;
        }
        let again = self.settle_users().await;
        // another node did the same: what it left is looked at once more
        if matches!(again, Err(Error::AlreadyExists { .. })) {
            self.settle_users().await
        } else {
            again
        }
    }

    async fn settle_users(&self) -> Result<()> {
        let (users, now) = (self.options.users.clone(), self.now());
        self.write(Lane::exclusive("users"), move |session| {
            let users = users.clone();
            Box::pin(async move { settle(session, &users, now).await })
        })
        .await
    }

    /// Gives a user a new password; `admin` is made anew if it is gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user; [`Error::ReadOnly`] if it stands in the
    /// settings; [`Error::Invalid`] for a password that is too short or too long;
    /// [`Error::Unavailable`] if the database fails.
    pub async fn set_password(&self, login: &str, password: String) -> Result<()> {
        check_password(&password)?;
        let (login, hash, now) = (login.to_owned(), self.hash(password).await?, self.now());
        self.write(Lane::exclusive("users"), move |session| {
            let (login, hash) = (login.clone(), hash.clone());
            Box::pin(async move {
                let mut user = match session.account(&login).await? {
                    Some(account) if account.configured => {
                        return Err(Error::ReadOnly { entity: Entity::User, id: login });
                    }
                    Some(account) => account.user,
                    None if login == DEFAULT_USER.0 => first_user(session, String::new()).await?,
                    None => return Err(Error::not_found(Entity::User, login)),
                };
                user.password_hash = hash;
                put(session, &user, SYSTEM, now).await
            })
        })
        .await
    }

    /// Whether the user `admin` still has the password that everybody knows.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database fails.
    pub async fn has_default_password(&self) -> Result<bool> {
        let found = self.store.read().user(DEFAULT_USER.0).await?;
        let Some(user) = found.filter(|user| !user.disabled) else {
            return Ok(false);
        };
        let hash = user.password_hash;
        let check = move || verify_password(DEFAULT_USER.1, &hash);
        tokio::task::spawn_blocking(check).await.map_err(|_| Error::Internal)
    }
}

/// What another node has made is there, too.
fn quicker(made: Result<()>) -> Result<()> {
    match made {
        Err(Error::AlreadyExists { .. }) => Ok(()),
        other => other,
    }
}

/// Keeps a user, and tells whoever remembers it.
pub(super) async fn put(
    session: &Session<'_>,
    user: &User,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    session.put_user(user, by, now).await?;
    tell(session, user, now).await
}

/// Tells whoever remembers a user.
pub(super) async fn tell(session: &Session<'_>, user: &User, now: Timestamp) -> Result<()> {
    let log = Log { session, tenant: user.tenant, now };
    log.resource(Happened::UserChanged, &names::user(user_of_login(&user.name))).await
}

async fn make_default(session: &Session<'_>, hash: Option<String>, now: Timestamp) -> Result<()> {
    make_tenant(session, DEFAULT_TENANT, SYSTEM, now).await?;
    let Some(hash) = hash else {
        return Ok(());
    };
    let user = first_user(session, hash).await?;
    Ok(session.put_user(&user, SYSTEM, now).await?)
}

async fn first_user(session: &Session<'_>, password_hash: String) -> Result<User> {
    let tenant = session.tenant(DEFAULT_TENANT).await?;
    Ok(User {
        name: DEFAULT_USER.0.to_owned(),
        tenant: tenant.ok_or_else(|| Error::not_found(Entity::Tenant, DEFAULT_TENANT))?.id,
        password_hash,
        authorities: DEFAULT_AUTHORITIES.map(str::to_owned).to_vec(),
        disabled: false,
    })
}

/// Makes a tenant with the types that every tenant begins with.
pub(super) async fn make_tenant(
    session: &Session<'_>,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<TenantId> {
    let (tenant, audit) = (session.insert_tenant(name).await?.id, Audit::new(by, now));
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

/// Makes the database's configured users those of the settings.
async fn settle(session: &Session<'_>, users: &[ConfiguredUser], now: Timestamp) -> Result<()> {
    let mut kept = Vec::with_capacity(users.len());
    for wanted in users {
        let tenant = match session.tenant(&wanted.tenant).await? {
            Some(tenant) => tenant.id,
            None => make_tenant(session, &wanted.tenant, SYSTEM, now).await?,
        };
        let user = User {
            name: login(&wanted.tenant, &wanted.name),
            tenant,
            password_hash: wanted.password_hash.clone(),
            authorities: wanted.authorities.clone(),
            disabled: false,
        };
        settle_one(session, &user, now).await?;
        kept.push(user.name);
    }
    for Account { user, .. } in session.configured_accounts().await? {
        if !kept.contains(&user.name) {
            session.delete_user(user.tenant, &user.name).await?;
            tell(session, &user, now).await?;
        }
    }
    Ok(())
}

async fn settle_one(session: &Session<'_>, user: &User, now: Timestamp) -> Result<()> {
    let known = session.account(&user.name).await?;
    if known.as_ref().is_some_and(|account| account.configured && account.user == *user) {
        return Ok(());
    }
    if known.is_some_and(|account| !account.configured) {
        tracing::warn!(user = user.name, "from now on this user stands in the settings");
    }
    put(session, user, SYSTEM, now).await?;
    if let Some(account) = session.account(&user.name).await? {
        session.mark_configured(account.id).await?;
    }
    Ok(())
}
