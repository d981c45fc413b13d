//! Bearer tokens (RFC 6750): the hub's own, and those of the configured issuer.

use super::{Credential, Operator};
use crate::hub::Hub;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use otahub_domain::identity::ApiToken;
use otahub_domain::permission::Grants;
use otahub_domain::{Error, Result, Timestamp};
use otahub_store::Lane;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What the secret of every API token begins with, so that it is known where one turns up.
const PREFIX: &str = "otahub_";
/// How exactly it is noted when a token was used.
const USE_NOTED_EVERY: Duration = Duration::from_secs(3600);
/// The longest bearer token that is looked at, in bytes.
const LENGTH_MAX: usize = 16 * 1024;

/// What is kept of a secret. It is as long as a hash and as random, so that it needs no salt.
pub(crate) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

impl Hub {
    /// A secret of 256 random bits.
    pub(crate) fn new_secret(&self) -> String {
        let bytes = [self.entropy.bytes(), self.entropy.bytes()].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) async fn bearer(&self, token: &str, now: Timestamp) -> Result<Operator> {
        if token.len() > LENGTH_MAX {
            return Err(Error::Unauthenticated);
        }
        if token.starts_with(PREFIX) {
            return self.token_bearer(token, now).await;
        }
        let oidc = self.oidc.as_ref().ok_or(Error::Unauthenticated)?;
        let identity = oidc.verify(token, now).await?;
        let tenant = self.tenant(&identity.tenant).await?.ok_or(Error::Unauthenticated)?;
        Ok(Operator {
            tenant: tenant.id,
            tenant_name: tenant.name.clone(),
            username: identity.username,
            user: None,
            grants: Grants::new(identity.authorities),
            credential: Credential::Oidc,
            expires_at: Some(identity.expires_at),
        })
    }

    async fn token_bearer(&self, secret: &str, now: Timestamp) -> Result<Operator> {
        let found = self.store.read().api_token_by_hash(&secret_hash(secret)).await?;
        let counts = |token: &ApiToken| token.expires_at.is_none_or(|end| now < end);
        let token = found.filter(counts).ok_or(Error::Unauthenticated)?;
        let mut grants = Grants::new(token.authorities.clone());
        if let Some(id) = token.user {
            let owner = self.store.read().account_by_id(id).await?;
            let owner = owner.filter(|a| !a.user.disabled).ok_or(Error::Unauthenticated)?;
            grants = grants.within(&Grants::new(owner.user.authorities));
        }
        let tenant = self.store.read().tenant_by_id(token.tenant).await?;
        self.note_use(&token, now).await;
        Ok(Operator {
            tenant: token.tenant,
            tenant_name: tenant.ok_or(Error::Unauthenticated)?.name,
            username: token.audit.created_by,
            user: token.user,
            grants,
            credential: Credential::Token(token.id),
            expires_at: token.expires_at,
        })
    }

    /// Notes that a token was used, once an hour at most. That it fails is no reason to refuse.
    async fn note_use(&self, token: &ApiToken, now: Timestamp) {
        if token.last_used_at.is_some_and(|at| now.since(at) < USE_NOTED_EVERY) {
            return;
        }
        let id = token.id;
        let job = self.store.write(Lane::ANY, move |session| {
            Box::pin(async move { session.touch_api_token(id, now).await })
        });
        if let Err(error) = job.await {
            tracing::warn!(%error, "it could not be noted that a token was used");
        }
    }
}
