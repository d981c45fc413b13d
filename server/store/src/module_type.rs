//! Types of software modules.

use otahub_domain::filter::{Filter, ModuleTypeField};
use otahub_domain::software::{ModuleType, ModuleTypeDraft};
use otahub_domain::{Audit, ModuleTypeId, SetTypeId, TenantId, Timestamp};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::module_type::{ActiveModel, Column, Entity, Model};
use crate::entity::{module, set_type_module};
use crate::page::Sortable;
use crate::{DeletedMode, Error, Listed, Page, Session, TypeOrder, filter_sql};

impl From<Model> for ModuleType {
    fn from(row: Model) -> Self {
        Self {
            id: ModuleTypeId(row.id),
            tenant: TenantId(row.tenant_id),
            key: row.key,
            name: row.name,
            description: row.description,
            colour: row.colour,
            max_assignments: row.max_assignments,
            min_artifacts: row.min_artifacts,
            deleted: row.deleted,
            audit: audit_of!(row),
        }
    }
}

/// Which module types are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleTypeQuery {
    /// Those that match.
    pub filter: Option<Filter<ModuleTypeField>>,
    /// Those that have a place in this set type.
    pub set_type: Option<SetTypeId>,
    /// Whether soft-deleted ones are.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<TypeOrder>,
}

/// The order of module types: the same fields as those of set types.
pub(crate) struct Order(pub(crate) TypeOrder);

impl Sortable for Order {
    fn column(&self) -> SimpleExpr {
        let column = match self.0 {
            TypeOrder::Id => Column::Id,
            TypeOrder::Key => Column::Key,
            TypeOrder::Name => Column::Name,
            TypeOrder::Description => Column::Description,
            TypeOrder::MaxAssignments => Column::MaxAssignments,
            TypeOrder::CreatedAt => Column::CreatedAt,
            TypeOrder::CreatedBy => Column::CreatedBy,
            TypeOrder::ModifiedAt => Column::ModifiedAt,
            TypeOrder::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        self.0 == TypeOrder::Description
    }
}

impl Session<'_> {
    /// The module types of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_types(
        &self,
        tenant: TenantId,
        query: &ModuleTypeQuery,
    ) -> Result<Listed<ModuleType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(Column::Deleted.eq(deleted))
            })
            .apply_if(query.set_type, |select, set_type| {
                let places = set_type_module::Entity::find()
                    .select_only()
                    .column(set_type_module::Column::ModuleTypeId)
                    .filter(set_type_module::Column::SetTypeId.eq(set_type.0));
                select.filter(Column::Id.in_subquery(places.into_query()))
            });
        self.page(select, &query.page.by(Order)).await?.try_map(|row| Ok(row.into()))
    }

    /// The module type of this number, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_type(
        &self,
        tenant: TenantId,
        module_type: ModuleTypeId,
    ) -> Result<Option<ModuleType>, Error> {
        let select = Entity::find_by_id(module_type.0).filter(Column::TenantId.eq(tenant.0));
        Ok(self.one(select).await?.map(ModuleType::from))
    }

    /// The module types of these numbers, deleted or not, in no particular order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_types_by_ids(
        &self,
        tenant: TenantId,
        module_types: &[ModuleTypeId],
    ) -> Result<Vec<ModuleType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Id.is_in(module_types.iter().map(|id| id.0)));
        Ok(self.all(select).await?.into_iter().map(ModuleType::from).collect())
    }

    /// The module type of this key, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_type_by_key(
        &self,
        tenant: TenantId,
        key: &str,
    ) -> Result<Option<ModuleType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Key.eq(key))
            .order_by_asc(Column::DeletedMarker);
        Ok(self.one(select).await?.map(ModuleType::from))
    }

    /// Adds a module type.
    ///
    /// # Errors
    /// [`Error::Unique`] if key or name is taken.
    pub async fn insert_module_type(
        &self,
        tenant: TenantId,
        draft: &ModuleTypeDraft,
        audit: &Audit,
    ) -> Result<ModuleType, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(tenant.0),
            key: Set(draft.key.clone()),
            name: Set(draft.name.clone()),
            description: Set(draft.description.clone()),
            colour: Set(draft.colour.clone()),
            max_assignments: Set(draft.max_assignments),
            min_artifacts: Set(draft.min_artifacts),
            deleted: Set(false),
            deleted_marker: Set(0),
            ..ActiveModel::default()
        };
        set_audit!(row, audit);
        let id = self.insert(row).await?;
        Ok(ModuleType {
            id: ModuleTypeId(id),
            tenant,
            key: draft.key.clone(),
            name: draft.name.clone(),
            description: draft.description.clone(),
            colour: draft.colour.clone(),
            max_assignments: draft.max_assignments,
            min_artifacts: draft.min_artifacts,
            deleted: false,
            audit: audit.clone(),
        })
    }

    /// Writes description, colour and whether it is soft-deleted back. A deleted one keeps its
    /// key and name.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed since `read`, or is gone.
    pub async fn save_module_type(
        &self,
        module_type: &ModuleType,
        read: Timestamp,
    ) -> Result<(), Error> {
        let mut row = ActiveModel {
            description: Set(module_type.description.clone()),
            colour: Set(module_type.colour.clone()),
            deleted: Set(module_type.deleted),
            ..ActiveModel::default()
        };
        set_touch!(row, module_type.audit);
        let update = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(module_type.id.0))
            .filter(Column::TenantId.eq(module_type.tenant.0))
            .filter(Column::ModifiedAt.eq(read.millis()));
        self.changed_one(self.update(update).await?)
    }

    /// Removes a module type; whether there was one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is in use.
    pub async fn delete_module_type(
        &self,
        tenant: TenantId,
        module_type: ModuleTypeId,
    ) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(module_type.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Whether any module (deleted or not) or set type uses a module type.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_type_in_use(&self, module_type: &ModuleType) -> Result<bool, Error> {
        let id = module_type.id.0;
        let modules = module::Entity::find().filter(module::Column::ModuleTypeId.eq(id)).limit(1);
        if self.one(modules).await?.is_some() {
            return Ok(true);
        }
        let places = set_type_module::Entity::find()
            .filter(set_type_module::Column::ModuleTypeId.eq(id))
            .limit(1);
        Ok(self.one(places).await?.is_some())
    }
}
