//! Types of targets.

use std::collections::HashMap;

use otahub_domain::filter::{Filter, TargetTypeField};
use otahub_domain::target_type::TargetType;
use otahub_domain::{SetTypeId, TargetTypeId, TenantId, Timestamp};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::target_type::{ActiveModel, Column, Entity, Model};
use crate::entity::{target, target_type_set_type};
use crate::page::Sortable;
use crate::target::CHUNK;
use crate::{Error, Listed, Page, Session, TypeOrder, filter_sql};

/// Which target types are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetTypeQuery {
    /// Those that match.
    pub filter: Option<Filter<TargetTypeField>>,
    /// The part of the list.
    pub page: Page<TypeOrder>,
}

/// The order of target types: the same fields as those of set types.
struct Order(TypeOrder);

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

fn target_type(row: Model, set_types: Vec<SetTypeId>) -> TargetType {
    TargetType {
        id: TargetTypeId(row.id),
        tenant: TenantId(row.tenant_id),
        key: row.key,
        name: row.name,
        description: row.description,
        colour: row.colour,
        set_types,
        audit: audit_of!(row),
    }
}

fn changeable(target_type: &TargetType) -> ActiveModel {
    let mut row = ActiveModel {
        name: Set(target_type.name.clone()),
        description: Set(target_type.description.clone()),
        colour: Set(target_type.colour.clone()),
        ..ActiveModel::default()
    };
    set_touch!(row, target_type.audit);
    row
}

impl Session<'_> {
    /// The target types of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_types(
        &self,
        tenant: TenantId,
        query: &TargetTypeQuery,
    ) -> Result<Listed<TargetType>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            });
        let Listed { items, total } = self.page(select, &query.page.by(Order)).await?;
        Ok(Listed { items: self.with_set_types(items).await?, total })
    }

    /// The target type of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_type(
        &self,
        tenant: TenantId,
        target_type: TargetTypeId,
    ) -> Result<Option<TargetType>, Error> {
        Ok(self.target_types_by_ids(tenant, &[target_type]).await?.pop())
    }

    /// The number of the target type of this name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_type_of_name(
        &self,
        tenant: TenantId,
        name: &str,
    ) -> Result<Option<TargetTypeId>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Name.eq(name))
            .order_by_asc(Column::Id)
            .limit(1);
        Ok(self.one(select).await?.map(|row| TargetTypeId(row.id)))
    }

    /// The target types of these numbers, in no particular order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_types_by_ids(
        &self,
        tenant: TenantId,
        target_types: &[TargetTypeId],
    ) -> Result<Vec<TargetType>, Error> {
        let mut rows = Vec::new();
        for some in target_types.chunks(CHUNK) {
            let select = Entity::find()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::Id.is_in(some.iter().map(|id| id.0)));
            rows.extend(self.all(select).await?);
        }
        self.with_set_types(rows).await
    }

    /// Adds a target type to a tenant. Its number and tenant are set here.
    ///
    /// # Errors
    /// [`Error::Unique`] if key or name is taken; [`Error::Conflict`] if a set type is gone.
    pub async fn insert_target_type(
        &self,
        tenant: TenantId,
        target_type: &TargetType,
    ) -> Result<TargetType, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(tenant.0),
            key: Set(target_type.key.clone()),
            ..changeable(target_type)
        };
        set_audit!(row, target_type.audit);
        let made =
            TargetType { id: TargetTypeId(self.insert(row).await?), tenant, ..target_type.clone() };
        self.insert_set_types(&made).await?;
        Ok(made)
    }

    /// Writes a changed target type back with its set types. The key stays as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed since `read`; if it, or a set type, is gone;
    /// [`Error::Unique`] if the name is taken.
    pub async fn save_target_type(
        &self,
        target_type: &TargetType,
        read: Timestamp,
    ) -> Result<(), Error> {
        let update = Entity::update_many()
            .set(changeable(target_type))
            .filter(Column::Id.eq(target_type.id.0))
            .filter(Column::TenantId.eq(target_type.tenant.0))
            .filter(Column::ModifiedAt.eq(read.millis()));
        self.changed_one(self.update(update).await?)?;
        let old = target_type_set_type::Entity::delete_many()
            .filter(target_type_set_type::Column::TargetTypeId.eq(target_type.id.0));
        self.delete(old).await?;
        self.insert_set_types(target_type).await
    }

    /// Removes a target type; whether there was one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a target has it (on PostgreSQL; ask
    /// [`Session::target_type_in_use`] first).
    pub async fn delete_target_type(
        &self,
        tenant: TenantId,
        target_type: TargetTypeId,
    ) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(target_type.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Whether any target has a target type.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_type_in_use(&self, target_type: &TargetType) -> Result<bool, Error> {
        let select = target::Entity::find()
            .filter(target::Column::TargetTypeId.eq(target_type.id.0))
            .limit(1);
        Ok(self.one(select).await?.is_some())
    }

    /// Takes a set type out of all target types.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_from_target_types(&self, set_type: SetTypeId) -> Result<(), Error> {
        let places = target_type_set_type::Entity::delete_many()
            .filter(target_type_set_type::Column::SetTypeId.eq(set_type.0));
        self.delete(places).await.map(|_| ())
    }

    async fn insert_set_types(&self, target_type: &TargetType) -> Result<(), Error> {
        let place = |(position, set_type): (usize, &SetTypeId)| target_type_set_type::ActiveModel {
            target_type_id: Set(target_type.id.0),
            set_type_id: Set(set_type.0),
            position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
        };
        let places = target_type.set_types.iter().enumerate().map(place);
        self.insert_all::<target_type_set_type::ActiveModel>(places.collect()).await
    }

    async fn with_set_types(&self, rows: Vec<Model>) -> Result<Vec<TargetType>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let select = target_type_set_type::Entity::find()
            .filter(target_type_set_type::Column::TargetTypeId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(target_type_set_type::Column::Position);
        let mut places: HashMap<i64, Vec<SetTypeId>> = HashMap::new();
        for row in self.all(select).await? {
            places.entry(row.target_type_id).or_default().push(SetTypeId(row.set_type_id));
        }
        let with = |row: Model| {
            let set_types = places.remove(&row.id).unwrap_or_default();
            target_type(row, set_types)
        };
        Ok(rows.into_iter().map(with).collect())
    }
}
