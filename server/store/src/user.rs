//! Operators and their passwords.

use otahub_domain::{TenantId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set};

use crate::codec::{audit, set_audit};
use crate::entity::user::{ActiveModel, Column, Entity, Model};
use crate::{Error, Session};

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What it logs in with: unique over all tenants, and with the tenant's name before it unless
    /// that is the default one.
    pub name: String,
    /// Whose data it sees.
    pub tenant: TenantId,
    /// A PHC string.
    pub password_hash: String,
    /// Names of permissions and roles.
    pub authorities: Vec<String>,
    /// Cannot log in.
    pub disabled: bool,
}

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self {
            name: row.name,
            tenant: TenantId(row.tenant_id),
            password_hash: row.password_hash,
            authorities: row.authorities.lines().map(str::to_owned).collect(),
            disabled: row.disabled,
        }
    }
}

impl Session<'_> {
    /// The user of this name, whatever the tenant.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, Error> {
        let found = self.one(Entity::find().filter(Column::Name.eq(name))).await?;
        Ok(found.map(User::from))
    }

    /// The users of a tenant by name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn users(&self, tenant: TenantId) -> Result<Vec<User>, Error> {
        let select = Entity::find().filter(Column::TenantId.eq(tenant.0));
        let rows = self.all(select.order_by_asc(Column::Name)).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Adds a user, or changes the one of this name.
    ///
    /// # Errors
    /// [`Error::Unique`] if the name is taken in another tenant.
    pub async fn put_user(&self, user: &User, by: &str, now: Timestamp) -> Result<(), Error> {
        let mut row = ActiveModel {
            tenant_id: Set(user.tenant.0),
            name: Set(user.name.clone()),
            password_hash: Set(user.password_hash.clone()),
            authorities: Set(user.authorities.join("\n")),
            disabled: Set(user.disabled),
            ..ActiveModel::default()
        };
        set_audit!(row, audit(by, now));
        let mut taken = OnConflict::column(Column::Name);
        taken
            .update_columns([
                Column::PasswordHash,
                Column::Authorities,
                Column::Disabled,
                Column::ModifiedAt,
                Column::ModifiedBy,
            ])
            .action_and_where(Column::TenantId.eq(user.tenant.0));
        let insert = Entity::insert(row).on_conflict(taken);
        let done = insert.exec_without_returning(self.conn()).await;
        match done {
            Ok(0) | Err(sea_orm::DbErr::RecordNotInserted) => Err(Error::Unique("users".into())),
            Ok(_) => Ok(()),
            Err(error) => Err(Error::of(error)),
        }
    }

    /// Removes a user; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_user(&self, tenant: TenantId, name: &str) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Name.eq(name));
        Ok(self.delete(delete).await? > 0)
    }
}
