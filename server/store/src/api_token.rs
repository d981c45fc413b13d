//! API tokens. Of their secrets only hashes are kept.

use otahub_domain::identity::ApiToken;
use otahub_domain::{ApiTokenId, TenantId, Timestamp, UserId};
use sea_orm::sea_query::{ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, time};
use crate::entity::api_token::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session};

impl From<Model> for ApiToken {
    fn from(row: Model) -> Self {
        Self {
            id: ApiTokenId(row.id),
            tenant: TenantId(row.tenant_id),
            user: row.user_id.map(UserId),
            description: row.description,
            authorities: row.authorities.lines().map(str::to_owned).collect(),
            expires_at: time(row.expires_at),
            last_used_at: time(row.last_used_at),
            audit: audit_of!(row),
        }
    }
}

/// Who made a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// A user of the hub's own.
    User(UserId),
    /// Somebody of this name who is none.
    Stranger(String),
}

impl Maker {
    /// Whether it made this token.
    #[must_use]
    pub fn made(&self, token: &ApiToken) -> bool {
        match self {
            Self::User(id) => token.user == Some(*id),
            Self::Stranger(name) => token.user.is_none() && token.audit.created_by == *name,
        }
    }

    fn condition(&self) -> SimpleExpr {
        match self {
            Self::User(id) => Column::UserId.eq(id.0),
            Self::Stranger(name) => {
                Column::UserId.is_null().and(Column::CreatedBy.eq(name.as_str()))
            }
        }
    }
}

struct ById;

impl Sortable for ById {
    fn column(&self) -> SimpleExpr {
        Column::Id.into_simple_expr()
    }
}

impl Session<'_> {
    /// The token whose secret has this hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_token_by_hash(&self, hash: &str) -> Result<Option<ApiToken>, Error> {
        let found = self.one(Entity::find().filter(Column::SecretHash.eq(hash))).await?;
        Ok(found.map(ApiToken::from))
    }

    /// The token of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_token(
        &self,
        tenant: TenantId,
        id: ApiTokenId,
    ) -> Result<Option<ApiToken>, Error> {
        let select = Entity::find_by_id(id.0).filter(Column::TenantId.eq(tenant.0));
        Ok(self.one(select).await?.map(ApiToken::from))
    }

    /// A page of a tenant's tokens, or of those that `maker` made, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_tokens(
        &self,
        tenant: TenantId,
        maker: Option<&Maker>,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<ApiToken>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(maker, |select, maker| select.filter(maker.condition()));
        let page = Page { skip, limit, order: vec![(ById, false)] };
        self.page(select, &page).await?.try_map(|row| Ok(row.into()))
    }

    /// Adds a token; its number is the database's to give.
    ///
    /// # Errors
    /// [`Error::Conflict`] if its user is gone.
    pub async fn insert_api_token(&self, token: &ApiToken, hash: &str) -> Result<ApiToken, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(token.tenant.0),
            user_id: Set(token.user.map(|id| id.0)),
            secret_hash: Set(hash.to_owned()),
            description: Set(token.description.clone()),
            authorities: Set(token.authorities.join("\n")),
            expires_at: Set(token.expires_at.map(Timestamp::millis)),
            last_used_at: Set(None),
            ..ActiveModel::default()
        };
        set_audit!(row, token.audit);
        let id = ApiTokenId(self.insert(row).await?);
        Ok(ApiToken { id, ..token.clone() })
    }

    /// Notes when a token was used.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn touch_api_token(&self, id: ApiTokenId, now: Timestamp) -> Result<(), Error> {
        let change =
            ActiveModel { last_used_at: Set(Some(now.millis())), ..ActiveModel::default() };
        self.update(Entity::update_many().set(change).filter(Column::Id.eq(id.0))).await?;
        Ok(())
    }

    /// Removes a token; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_api_token(&self, tenant: TenantId, id: ApiTokenId) -> Result<bool, Error> {
        let delete =
            Entity::delete_many().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0));
        Ok(self.delete(delete).await? > 0)
    }
}
