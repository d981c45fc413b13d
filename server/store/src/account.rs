//! Users as those who manage them see them.

use std::collections::HashSet;

use otahub_domain::{Audit, TenantId, UserId};
use sea_orm::sea_query::{OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _, Set,
};

use crate::codec::audit_of;
use crate::entity::{configured_user, user};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session, User};

/// A user with what is known of it besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: UserId,
    /// The user.
    pub user: User,
    /// It stands in the hub's settings.
    pub configured: bool,
    /// Who made it and who touched it last.
    pub audit: Audit,
}

impl Account {
    fn of(row: user::Model, configured: bool) -> Self {
        let audit = audit_of!(row.clone());
        Self { id: UserId(row.id), user: User::from(row), configured, audit }
    }
}

struct ByName;

impl Sortable for ByName {
    fn column(&self) -> SimpleExpr {
        user::Column::Name.into_simple_expr()
    }
}

impl Session<'_> {
    /// The user of this login, whatever the tenant.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn account(&self, login: &str) -> Result<Option<Account>, Error> {
        let found = self.one(user::Entity::find().filter(user::Column::Name.eq(login))).await?;
        self.with_origin(found).await
    }

    /// The user of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn account_by_id(&self, id: UserId) -> Result<Option<Account>, Error> {
        let found = self.one(user::Entity::find_by_id(id.0)).await?;
        self.with_origin(found).await
    }

    async fn with_origin(&self, found: Option<user::Model>) -> Result<Option<Account>, Error> {
        let Some(row) = found else {
            return Ok(None);
        };
        let configured = self.one(configured_user::Entity::find_by_id(row.id)).await?.is_some();
        Ok(Some(Account::of(row, configured)))
    }

    /// A page of a tenant's users, by name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn accounts(
        &self,
        tenant: TenantId,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<Account>, Error> {
        let select = user::Entity::find().filter(user::Column::TenantId.eq(tenant.0));
        let page = Page { skip, limit, order: vec![(ByName, false)] };
        let listed = self.page(select, &page).await?;
        let configured = self.configured().await?;
        listed.try_map(|row| {
            let is_configured = configured.contains(&row.id);
            Ok(Account::of(row, is_configured))
        })
    }

    /// The users that stand in the hub's settings, of all tenants, by login.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn configured_accounts(&self) -> Result<Vec<Account>, Error> {
        let configured = self.configured().await?;
        let select = user::Entity::find().filter(user::Column::Id.is_in(configured));
        let rows = self.all(select.order_by_asc(user::Column::Name)).await?;
        Ok(rows.into_iter().map(|row| Account::of(row, true)).collect())
    }

    /// Notes that a user stands in the hub's settings.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is gone.
    pub async fn mark_configured(&self, id: UserId) -> Result<(), Error> {
        let row = configured_user::ActiveModel { user_id: Set(id.0) };
        let mut known = OnConflict::column(configured_user::Column::UserId);
        known.update_column(configured_user::Column::UserId);
        let insert = configured_user::Entity::insert(row).on_conflict(known);
        insert.exec_without_returning(self.conn()).await.map_err(Error::of)?;
        Ok(())
    }

    async fn configured(&self) -> Result<HashSet<i64>, Error> {
        let rows = self.all(configured_user::Entity::find()).await?;
        Ok(rows.into_iter().map(|row| row.user_id).collect())
    }
}
