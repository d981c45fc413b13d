//! Operators: users with a password (RFC 7617).

use super::{text, verify_password};
use crate::hub::Hub;
use base64::{Engine, engine::general_purpose::STANDARD};
use otahub_domain::permission::{Grants, Permission};
use otahub_domain::{Error, Result, TenantId};
use otahub_proto::metadata;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::metadata::MetadataMap;

/// For how long a credential that was right is not checked again.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// How many passwords are checked at the same time; each takes 19 MiB and a core.
const CHECKS_AT_ONCE: usize = 2;
/// A hash that no password has, checked for unknown users so that they take as long.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A user who was recognised.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Whose things it sees.
    pub tenant: TenantId,
    /// That tenant's name.
    pub tenant_name: String,
    /// Its name.
    pub username: String,
    /// What it may.
    pub grants: Grants,
}

impl Operator {
    /// Refuses unless the user has the permission.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`].
    pub fn may(&self, permission: Permission) -> Result<()> {
        self.grants.require(permission)
    }
}

/// Credentials that were right lately, by their digest; and the queue of those to be checked.
pub struct Passwords {
    right: moka::sync::Cache<[u8; 32], Arc<Operator>>,
    checks: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        let right = moka::sync::Cache::builder().max_capacity(10_000);
        Self {
            right: right.time_to_live(REMEMBERED_FOR).build(),
            checks: Semaphore::new(CHECKS_AT_ONCE),
        }
    }
}

impl Hub {
    /// Recognises the user behind a call and checks a permission.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::PermissionDenied`].
    pub(crate) async fn operator(
        &self,
        metadata: &MetadataMap,
        permission: Permission,
    ) -> Result<Arc<Operator>> {
        let operator = self.caller(metadata).await?;
        operator.may(permission)?;
        Ok(operator)
    }

    /// Recognises the user behind a call.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub(crate) async fn caller(&self, metadata: &MetadataMap) -> Result<Arc<Operator>> {
        let credential = text(metadata, metadata::AUTHORIZATION).ok_or(Error::Unauthenticated)?;
        let digest: [u8; 32] = Sha256::digest(credential.as_bytes()).into();
        if let Some(operator) = self.passwords.right.get(&digest) {
            return Ok(operator);
        }
        let (name, password) = basic(credential).ok_or(Error::Unauthenticated)?;
        let operator = Arc::new(self.log_in(&name, password).await?);
        self.passwords.right.insert(digest, operator.clone());
        Ok(operator)
    }

    async fn log_in(&self, name: &str, password: String) -> Result<Operator> {
        let found = self.store.read().user(name).await?.filter(|user| !user.disabled);
        let hash = found.as_ref().map_or(NOBODYS_HASH.to_owned(), |u| u.password_hash.clone());
        let fits = self.password_fits(password, hash).await;
        let Some(user) = found.filter(|_| fits) else {
            tracing::warn!(user = name.escape_debug().to_string(), "login refused");
            return Err(Error::Unauthenticated);
        };
        let tenant = self.store.read().tenant_by_id(user.tenant).await?;
        Ok(Operator {
            tenant: user.tenant,
            tenant_name: tenant.map(|t| t.name).unwrap_or_default(),
            username: user.name,
            grants: Grants::new(user.authorities),
        })
    }

    async fn password_fits(&self, password: String, hash: String) -> bool {
        let Ok(_turn) = self.passwords.checks.acquire().await else {
            return false;
        };
        let check = tokio::task::spawn_blocking(move || verify_password(&password, &hash));
        check.await.unwrap_or(false)
    }
}

/// The user and password of `Basic …`; the scheme in any case.
fn basic(credential: &str) -> Option<(String, String)> {
    let (scheme, encoded) = credential.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(decoded)
        .unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect());
    let (name, password) = pair.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basic_credential_is_read_as_rfc_7617_says() {
        let read = |s: &str| basic(s);
        assert_eq!(read("Basic YWRtaW46YWRtaW4="), Some(("admin".into(), "admin".into())));
        assert_eq!(read("basic YTpiOmM="), Some(("a".into(), "b:c".into())));
        assert_eq!(read("Bearer YTpi"), None);
        assert_eq!(read("Basic ???"), None);
        assert_eq!(read("Basic YWI="), None);
    }

    #[test]
    fn nobodys_hash_is_a_hash_and_fits_no_common_password() {
        assert!(argon2::password_hash::PasswordHash::new(NOBODYS_HASH).is_ok());
        assert!(!verify_password("admin", NOBODYS_HASH));
    }
}
