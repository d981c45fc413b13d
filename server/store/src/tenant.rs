//! Tenants.

use otahub_domain::{SetTypeId, TenantId};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _, Set,
};

use crate::entity::tenant::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// Its number.
    pub id: TenantId,
    /// Its name, in upper case.
    pub name: String,
    /// The type of sets for which none is named.
    pub default_set_type: Option<SetTypeId>,
}

impl From<Model> for TenantRow {
    fn from(row: Model) -> Self {
        Self {
            id: TenantId(row.id),
            name: row.name,
            default_set_type: row.default_set_type_id.map(SetTypeId),
        }
    }
}

/// What others of the tenant's rows refer to without going with it, the referring ones first. All
/// else goes with the tenant's own row.
const BEFORE_THE_TENANT: [&str; 10] = [
    "held_work",
    "actions",
    "rollouts",
    "target_filters",
    "targets",
    "target_types",
    "distribution_sets",
    "distribution_set_types",
    "software_modules",
    "software_module_types",
];

struct ByName;

impl Sortable for ByName {
    fn column(&self) -> SimpleExpr {
        Column::Name.into_simple_expr()
    }
}

impl Session<'_> {
    /// The tenant of this name, given in upper case.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tenant(&self, name: &str) -> Result<Option<TenantRow>, Error> {
        let found = self.one(Entity::find().filter(Column::Name.eq(name))).await?;
        Ok(found.map(TenantRow::from))
    }

    /// The tenant of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tenant_by_id(&self, tenant: TenantId) -> Result<Option<TenantRow>, Error> {
        let found = self.one(Entity::find_by_id(tenant.0)).await?;
        Ok(found.map(TenantRow::from))
    }

    /// All tenants by name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tenants(&self) -> Result<Vec<TenantRow>, Error> {
        let rows = self.all(Entity::find().order_by_asc(Column::Name)).await?;
        Ok(rows.into_iter().map(TenantRow::from).collect())
    }

    /// Adds a tenant.
    ///
    /// # Errors
    /// [`Error::Unique`] if there is one of this name.
    pub async fn insert_tenant(&self, name: &str) -> Result<TenantRow, Error> {
        let row = ActiveModel { name: Set(name.to_owned()), ..ActiveModel::default() };
        let id = TenantId(self.insert(row).await?);
        Ok(TenantRow { id, name: name.to_owned(), default_set_type: None })
    }

    /// A page of the tenants, by name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_tenants(
        &self,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<TenantRow>, Error> {
        let page = Page { skip, limit, order: vec![(ByName, false)] };
        self.page(Entity::find(), &page).await?.try_map(|row| Ok(row.into()))
    }

    /// Removes a tenant with everything that it has; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_tenant(&self, tenant: TenantId) -> Result<bool, Error> {
        for table in BEFORE_THE_TENANT {
            let sql = format!("DELETE FROM {table} WHERE tenant_id = ?");
            self.execute_sql(&sql, [tenant.0.into()]).await?;
        }
        Ok(self.delete(Entity::delete_many().filter(Column::Id.eq(tenant.0))).await? > 0)
    }

    /// Says which type a set gets for which none is named.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the tenant is gone.
    pub async fn set_default_set_type(
        &self,
        tenant: TenantId,
        set_type: SetTypeId,
    ) -> Result<(), Error> {
        let change =
            ActiveModel { default_set_type_id: Set(Some(set_type.0)), ..ActiveModel::default() };
        let update = Entity::update_many().set(change).filter(Column::Id.eq(tenant.0));
        self.changed_one(self.update(update).await?)
    }

    /// Nought rows where there was one mean that somebody else was quicker.
    pub(crate) fn changed_one(&self, rows: u64) -> Result<(), Error> {
        if rows == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// The same for many rows.
    pub(crate) fn changed_all(&self, rows: u64, wanted: usize) -> Result<(), Error> {
        if rows < wanted as u64 { Err(Error::Conflict) } else { Ok(()) }
    }
}
