//! Lists of the types of software modules and of distribution sets.

use otahub_domain::TenantId;
use otahub_domain::distribution_set::SetType;
use otahub_domain::filter::{Filter, ModuleTypeField, SetTypeField};
use otahub_domain::software::ModuleType;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _};

use crate::entity::{module_type, set_type};
use crate::{DeletedMode, Error, Listed, Page, Session, TypeOrder, filter_sql};

/// Which types are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeQuery<F> {
    /// Those that match.
    pub filter: Option<Filter<F>>,
    /// Whether soft-deleted ones are.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<TypeOrder>,
}

impl Session<'_> {
    /// The module types of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_module_types(
        &self,
        tenant: TenantId,
        query: &TypeQuery<ModuleTypeField>,
    ) -> Result<Listed<ModuleType>, Error> {
        let select = module_type::Entity::find()
            .filter(module_type::Column::TenantId.eq(tenant.0))
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(module_type::Column::Deleted.eq(deleted))
            })
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            });
        let page = query.page.by(crate::module_type::Order);
        self.page(select, &page).await?.try_map(|row| Ok(row.into()))
    }

    /// The set types of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_set_types(
        &self,
        tenant: TenantId,
        query: &TypeQuery<SetTypeField>,
    ) -> Result<Listed<SetType>, Error> {
        let select = set_type::Entity::find()
            .filter(set_type::Column::TenantId.eq(tenant.0))
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(set_type::Column::Deleted.eq(deleted))
            })
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            });
        let page = query.page.by(crate::set_type::Order);
        let Listed { items, total } = self.page(select, &page).await?;
        Ok(Listed { items: self.with_module_types(items).await?, total })
    }
}
