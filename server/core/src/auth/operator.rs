//! Operators: users with a password (RFC 7617), programs with a token, and whom an issuer of
//! tokens vouches for (RFC 6750).

use super::{hash_password, text, verify_password};
use crate::audit;
use crate::hub::Hub;
use base64::{Engine, engine::general_purpose::STANDARD};
use otahub_domain::identity::{PASSWORD_MAX, user_of_login, usual_login};
use otahub_domain::permission::{Grants, Permission};
use otahub_domain::{ApiTokenId, Error, Result, TenantId, Timestamp, UserId};
use otahub_proto::{metadata, names};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tonic::metadata::MetadataMap;

/// A hash that no password has, checked for unknown users so that they take as long.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// With what an operator proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// Its password.
    Password,
    /// An API token of its own.
    Token(ApiTokenId),
    /// A token of the configured issuer.
    Oidc,
}

impl Credential {
    /// The word in the audit trail.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Password => "password".into(),
            Self::Token(id) => names::api_token(id.0),
            Self::Oidc => "oidc".into(),
        }
    }
}

/// An operator that was recognised.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Whose things it sees.
    pub tenant: TenantId,
    /// That tenant's name.
    pub tenant_name: String,
    /// Its name.
    pub username: String,
    /// Its row, if it is a user of the hub's own.
    pub user: Option<UserId>,
    /// What it may.
    pub grants: Grants,
    /// With what it proved who it is.
    pub credential: Credential,
    /// When that is no proof any more.
    pub expires_at: Option<Timestamp>,
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
        let now = self.now();
        let counts = |o: &Arc<Operator>| o.expires_at.is_none_or(|end| now < end);
        if let Some(operator) = self.logins.get(&digest).filter(counts) {
            audit::recognised(&operator);
            return Ok(operator);
        }
        let generation = self.logins.generation();
        let operator = Arc::new(self.prove(credential, now).await?);
        self.logins.remember(digest, &operator, generation);
        audit::recognised(&operator);
        Ok(operator)
    }

    async fn prove(&self, credential: &str, now: Timestamp) -> Result<Operator> {
        let (scheme, rest) = credential.split_once(' ').ok_or(Error::Unauthenticated)?;
        if scheme.eq_ignore_ascii_case("basic") {
            let (login, password) = basic(rest).ok_or(Error::Unauthenticated)?;
            return self.log_in(&usual_login(&login), password).await;
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.bearer(rest.trim(), now).await;
        }
        Err(Error::Unauthenticated)
    }

    async fn log_in(&self, login: &str, password: String) -> Result<Operator> {
        if password.chars().count() > PASSWORD_MAX {
            return Err(Error::Unauthenticated);
        }
        let found = self.store.read().account(login).await?.filter(|a| !a.user.disabled);
        let hash = found.as_ref().map_or(NOBODYS_HASH.to_owned(), |a| a.user.password_hash.clone());
        let fits = self.password_fits(password, hash).await;
        let Some(account) = found.filter(|_| fits) else {
            tracing::warn!(user = login.escape_debug().to_string(), "login refused");
            return Err(Error::Unauthenticated);
        };
        let user = account.user;
        let tenant = self.store.read().tenant_by_id(user.tenant).await?;
        Ok(Operator {
            tenant: user.tenant,
            tenant_name: tenant.map(|t| t.name).unwrap_or_default(),
            username: user_of_login(&user.name).to_owned(),
            user: Some(account.id),
            grants: Grants::new(user.authorities),
            credential: Credential::Password,
            expires_at: None,
        })
    }

    async fn password_fits(&self, password: String, hash: String) -> bool {
        let check = move || verify_password(&password, &hash);
        self.in_turn(check).await.unwrap_or(false)
    }

    /// The hash of a password that is to be kept.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        let salt = self.entropy.bytes();
        let hash = move || hash_password(&password, salt);
        self.in_turn(hash).await.flatten().ok_or(Error::Internal)
    }

    /// Hashes, when it is its turn; it may be a whole core's work for some time.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _turn = self.logins.checks.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

/// The user and password of `Basic …`, without the scheme.
fn basic(encoded: &str) -> Option<(String, String)> {
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
        assert_eq!(basic("YWRtaW46YWRtaW4="), Some(("admin".into(), "admin".into())));
        assert_eq!(basic("YTpiOmM="), Some(("a".into(), "b:c".into())));
        assert_eq!(basic("???"), None);
        assert_eq!(basic("YWI="), None);
    }

    #[test]
    fn nobodys_hash_is_a_hash_and_fits_no_common_password() {
        assert!(argon2::password_hash::PasswordHash::new(NOBODYS_HASH).is_ok());
        assert!(!verify_password("admin", NOBODYS_HASH));
    }
}
