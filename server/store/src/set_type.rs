//! Types of distribution sets.

use std::collections::HashMap;

use otahub_domain::distribution_set::{SetType, SetTypeDraft, SetTypeModule};
use otahub_domain::filter::{Filter, SetTypeField};
use otahub_domain::{Audit, ModuleTypeId, SetTypeId, TargetTypeId, TenantId, Timestamp};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::set_type::{ActiveModel, Column, Entity, Model};
use crate::entity::{distribution_set, set_type_module, target_type_set_type};
use crate::page::Sortable;
use crate::{DeletedMode, Error, Listed, Page, Session, TypeOrder, filter_sql};

/// Which set types are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetTypeQuery {
    /// Those that match.
    pub filter: Option<Filter<SetTypeField>>,
    /// Those that targets of this type take.
    pub target_type: Option<TargetTypeId>,
    /// Whether soft-deleted ones are.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<TypeOrder>,
}

/// The order of set types: the same fields as those of module types.
pub(crate) struct Order(pub(crate) TypeOrder);

impl Sortable for Order {
    fn column(&self) -> SimpleExpr {
        let column = match self.0 {
            TypeOrder::Id => Column::Id,
            TypeOrder::Key => Column::Key,
            TypeOrder::Name => Column::Name,
            TypeOrder::Description => Column::Description,
            TypeOrder::MaxAssignments => Column::Id,
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

fn set_type(row: Model, modules: Vec<SetTypeModule>) -> SetType {
    SetType {
        id: SetTypeId(row.id),
        tenant: TenantId(row.tenant_id),
        key: row.key,
        name: row.name,
        description: row.description,
        colour: row.colour,
        deleted: row.deleted,
        modules,
        audit: audit_of!(row),
    }
}

fn place(
    set_type: i64,
    (position, module): (usize, &SetTypeModule),
) -> set_type_module::ActiveModel {
    set_type_module::ActiveModel {
        set_type_id: Set(set_type),
        module_type_id: Set(module.module_type.0),
        mandatory: Set(module.mandatory),
        position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
    }
}

impl Session<'_> {
    /// The set types of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_types(
        &self,
        tenant: TenantId,
        query: &SetTypeQuery,
    ) -> Result<Listed<SetType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(Column::Deleted.eq(deleted))
            })
            .apply_if(query.target_type, |select, target_type| {
                let places = target_type_set_type::Entity::find()
                    .select_only()
                    .column(target_type_set_type::Column::SetTypeId)
                    .filter(target_type_set_type::Column::TargetTypeId.eq(target_type.0));
                select.filter(Column::Id.in_subquery(places.into_query()))
            });
        let Listed { items, total } = self.page(select, &query.page.by(Order)).await?;
        Ok(Listed { items: self.with_module_types(items).await?, total })
    }

    /// The set type of this number, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_type(
        &self,
        tenant: TenantId,
        set_type: SetTypeId,
    ) -> Result<Option<SetType>, Error> {
        Ok(self.set_types_by_ids(tenant, &[set_type]).await?.pop())
    }

    /// The set types of these numbers, deleted or not, in no particular order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_types_by_ids(
        &self,
        tenant: TenantId,
        set_types: &[SetTypeId],
    ) -> Result<Vec<SetType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Id.is_in(set_types.iter().map(|id| id.0)));
        let rows = self.all(select).await?;
        self.with_module_types(rows).await
    }

    /// The set type of this key, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_type_by_key(
        &self,
        tenant: TenantId,
        key: &str,
    ) -> Result<Option<SetType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Key.eq(key))
            .order_by_desc(Column::DeletedMarker);
        let rows = self.all(select).await?;
        Ok(self.with_module_types(rows).await?.pop())
    }

    /// Adds a set type with these places for module types, to which the draft's keys led.
    ///
    /// # Errors
    /// [`Error::Unique`] if key or name is taken.
    pub async fn insert_set_type(
        &self,
        tenant: TenantId,
        draft: &SetTypeDraft,
        modules: &[SetTypeModule],
        audit: &Audit,
    ) -> Result<SetType, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(tenant.0),
            key: Set(draft.key.clone()),
            name: Set(draft.name.clone()),
            description: Set(draft.description.clone()),
            colour: Set(draft.colour.clone()),
            deleted: Set(false),
            deleted_marker: Set(0),
            ..ActiveModel::default()
        };
        set_audit!(row, audit);
        let id = self.insert(row).await?;
        let places = modules.iter().enumerate().map(|one| place(id, one)).collect();
        self.insert_all::<set_type_module::ActiveModel>(places).await?;
        self.set_type(tenant, SetTypeId(id)).await?.ok_or(Error::Conflict)
    }

    /// Writes description, colour, places and whether it is soft-deleted back. A deleted one
    /// keeps its key and name.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed since `read`; if it, or a module type, is gone.
    pub async fn save_set_type(&self, set_type: &SetType, read: Timestamp) -> Result<(), Error> {
        let mut row = ActiveModel {
            description: Set(set_type.description.clone()),
            colour: Set(set_type.colour.clone()),
            deleted: Set(set_type.deleted),
            ..ActiveModel::default()
        };
        set_touch!(row, set_type.audit);
        let update = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(set_type.id.0))
            .filter(Column::TenantId.eq(set_type.tenant.0))
            .filter(Column::ModifiedAt.eq(read.millis()));
        self.changed_one(self.update(update).await?)?;
        let id = set_type.id.0;
        let old = set_type_module::Entity::delete_many()
            .filter(set_type_module::Column::SetTypeId.eq(id));
        self.delete(old).await?;
        let places = set_type.modules.iter().enumerate().map(|one| place(id, one)).collect();
        self.insert_all::<set_type_module::ActiveModel>(places).await
    }

    /// Removes a set type; whether there was one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a set has it.
    pub async fn delete_set_type(
        &self,
        tenant: TenantId,
        set_type: SetTypeId,
    ) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(set_type.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Whether any set, deleted or not, has a set type.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_type_in_use(&self, set_type: &SetType) -> Result<bool, Error> {
        let select = distribution_set::Entity::find()
            .filter(distribution_set::Column::SetTypeId.eq(set_type.id.0))
            .limit(1);
        Ok(self.one(select).await?.is_some())
    }

    pub(crate) async fn with_module_types(&self, rows: Vec<Model>) -> Result<Vec<SetType>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let select = set_type_module::Entity::find()
            .filter(set_type_module::Column::SetTypeId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(set_type_module::Column::Position);
        let mut places: HashMap<i64, Vec<SetTypeModule>> = HashMap::new();
        for row in self.all(select).await? {
            let module_type = ModuleTypeId(row.module_type_id);
            let place = SetTypeModule { module_type, mandatory: row.mandatory };
            places.entry(row.set_type_id).or_default().push(place);
        }
        let with = |row: Model| {
            let modules = places.remove(&row.id).unwrap_or_default();
            set_type(row, modules)
        };
        Ok(rows.into_iter().map(with).collect())
    }
}
