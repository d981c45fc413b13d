//! API tokens: made by whom they speak for, and worthless from the moment they are revoked.

use crate::auth::{Credential, Operator, secret_hash};
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::identity::{ApiToken, check_authorities, check_token};
use otahub_domain::permission::{Grants, Permission};
use otahub_domain::{ApiTokenId, Audit, Entity, Error, Result, Timestamp};
use otahub_proto::names;
use otahub_store::{Lane, Listed, Maker};

/// A token to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewToken {
    /// What it is for.
    pub description: String,
    /// Names of permissions and roles.
    pub authorities: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// The tokens of an operator are those of its user, or those that its name made elsewhere.
fn maker(operator: &Operator) -> Maker {
    match operator.user {
        Some(user) => Maker::User(user),
        None => Maker::Stranger(operator.username.clone()),
    }
}

impl Hub {
    /// Makes a token for the operator; gives the secret, too, which is not kept.
    pub(crate) async fn create_api_token(
        &self,
        operator: &Operator,
        new: NewToken,
    ) -> Result<(ApiToken, String)> {
        if matches!(operator.credential, Credential::Token(_)) {
            // else revoking it would leave what it made
            return Err(Error::PermissionDenied { permission: "CREATE_API_TOKEN" });
        }
        let now = self.now();
        check_token(&new.description, new.expires_at, now)?;
        check_authorities(&new.authorities)?;
        operator.grants.cover(&Grants::new(new.authorities.clone()))?;
        if operator.user.is_none() && new.expires_at.is_none() {
            return Err(Error::invalid("expire_time", "is required of users of another issuer"));
        }
        let (secret, tenant) = (self.new_secret(), operator.tenant);
        let token = ApiToken {
            id: ApiTokenId(0),
            tenant,
            user: operator.user,
            description: new.description,
            authorities: new.authorities,
            expires_at: new.expires_at,
            last_used_at: None,
            audit: Audit::new(&operator.username, now),
        };
        let hash = secret_hash(&secret);
        let made = self.write(Lane::ANY, move |session| {
            let (token, hash) = (token.clone(), hash.clone());
            Box::pin(async move {
                let token = session.insert_api_token(&token, &hash).await?;
                let log = Log { session, tenant, now };
                log.resource(Happened::ApiTokenChanged, &names::api_token(token.id.0)).await?;
                Ok(token)
            })
        });
        Ok((made.await?, secret))
    }

    /// A page of the tenant's tokens, or of the operator's own if it may not see those of others.
    pub(crate) async fn api_tokens(
        &self,
        operator: &Operator,
        window: (u64, u64),
    ) -> Result<Listed<ApiToken>> {
        let sees_all = operator.grants.allows(Permission::ReadUser);
        let maker = (!sees_all).then(|| maker(operator));
        Ok(self.store.read().api_tokens(operator.tenant, maker.as_ref(), window).await?)
    }

    /// Makes a token worthless. One's own, or any with the permission to delete users.
    pub(crate) async fn revoke_api_token(&self, operator: &Operator, id: ApiTokenId) -> Result<()> {
        let tenant = operator.tenant;
        let token = self.store.read().api_token(tenant, id).await?;
        let own = maker(operator);
        if !token.is_some_and(|token| own.made(&token)) {
            operator.may(Permission::DeleteUser)?;
        }
        let now = self.now();
        self.write_and(
            Lane::ANY,
            move |session| {
                Box::pin(async move {
                    if !session.delete_api_token(tenant, id).await? {
                        return Err(Error::not_found(Entity::ApiToken, id));
                    }
                    let log = Log { session, tenant, now };
                    log.resource(Happened::ApiTokenChanged, &names::api_token(id.0)).await
                })
            },
            move |hub, _| hub.logins.forget_token(id),
        )
        .await
    }
}
