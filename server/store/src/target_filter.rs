//! Stored target filters.

use otahub_domain::filter::{Filter, TargetFilterField};
use otahub_domain::target_filter::{AutoAssignment, Query, TargetFilter};
use otahub_domain::{SetId, TargetFilterId, TenantId, Timestamp};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, Set,
};

use crate::codec::{self, audit_of, set_audit, set_touch};
use crate::entity::target_filter::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session, filter_sql};

/// Which target filters are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetFilterQuery {
    /// Those that match.
    pub filter: Option<Filter<TargetFilterField>>,
    /// Those that assign this set.
    pub set: Option<SetId>,
    /// The part of the list.
    pub page: Page<TargetFilterOrder>,
}

/// By what target filters can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum TargetFilterOrder {
    Id,
    Name,
    Set,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for TargetFilterOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::Name => Column::Name,
            Self::Set => Column::AutoSetId,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        *self == Self::Set
    }
}

impl TryFrom<Model> for TargetFilter {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let auto_assignment = match (row.auto_set_id, &row.auto_type) {
            (Some(set), Some(word)) => Some(AutoAssignment {
                set: SetId(set),
                action_type: codec::action_type(word, None)?,
                weight: row.auto_weight.unwrap_or_default(),
                confirmation_required: row.auto_confirmation,
                by: row.auto_by.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Self {
            id: TargetFilterId(row.id),
            tenant: TenantId(row.tenant_id),
            name: row.name,
            query: Query { filter: row.filter, source: row.source },
            auto_assignment,
            audit: audit_of!(row),
            version: row.version,
        })
    }
}

fn changeable(filter: &TargetFilter) -> ActiveModel {
    let auto = filter.auto_assignment.as_ref();
    let word = |auto: &AutoAssignment| codec::action_type_columns(auto.action_type).0.to_owned();
    let mut row = ActiveModel {
        name: Set(filter.name.clone()),
        filter: Set(filter.query.filter.clone()),
        source: Set(filter.query.source.clone()),
        auto_set_id: Set(auto.map(|auto| auto.set.0)),
        auto_type: Set(auto.map(word)),
        auto_weight: Set(auto.map(|auto| auto.weight)),
        auto_confirmation: Set(auto.and_then(|auto| auto.confirmation_required)),
        auto_by: Set(auto.map(|auto| auto.by.clone())),
        ..ActiveModel::default()
    };
    set_touch!(row, filter.audit);
    row
}

/// Takes the automatic assignment out of filters.
const WITHDRAW: &str = "\
UPDATE target_filters SET auto_set_id = NULL, auto_type = NULL, auto_weight = NULL,
  auto_confirmation = NULL, auto_by = NULL, modified_at = ?, modified_by = ?,
  version = version + 1
WHERE tenant_id = ? AND auto_set_id = ?";

impl Session<'_> {
    /// The target filters of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_filters(
        &self,
        tenant: TenantId,
        query: &TargetFilterQuery,
    ) -> Result<Listed<TargetFilter>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.set, |select, set| select.filter(Column::AutoSetId.eq(set.0)));
        self.page(select, &query.page).await?.try_map(TargetFilter::try_from)
    }

    /// The target filter of this number. In a job on PostgreSQL nobody changes it before the
    /// transaction ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_filter(
        &self,
        tenant: TenantId,
        filter: TargetFilterId,
    ) -> Result<Option<TargetFilter>, Error> {
        let mut select = Entity::find_by_id(filter.0).filter(Column::TenantId.eq(tenant.0));
        if self.is_postgres() && self.is_in_job() {
            select = select.lock_exclusive();
        }
        self.one(select).await?.map(TargetFilter::try_from).transpose()
    }

    /// The target filters of all tenants that assign something, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn assigning_target_filters(&self) -> Result<Vec<TargetFilter>, Error> {
        let select = assigning().order_by_asc(Column::Id);
        self.all(select).await?.into_iter().map(TargetFilter::try_from).collect()
    }

    /// How many target filters of a tenant assign a set.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_assigning(&self, tenant: TenantId, set: SetId) -> Result<u64, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::AutoSetId.eq(set.0));
        self.count(select).await
    }

    /// Adds a target filter to a tenant. Its number, tenant and version are set here.
    ///
    /// # Errors
    /// [`Error::Unique`] if the name is taken.
    pub async fn insert_target_filter(
        &self,
        tenant: TenantId,
        filter: &TargetFilter,
    ) -> Result<TargetFilter, Error> {
        let mut row =
            ActiveModel { tenant_id: Set(tenant.0), version: Set(1), ..changeable(filter) };
        set_audit!(row, filter.audit);
        let id = TargetFilterId(self.insert(row).await?);
        Ok(TargetFilter { id, tenant, version: 1, ..filter.clone() })
    }

    /// Writes a changed target filter back and returns it with its new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read, or its set is gone;
    /// [`Error::Unique`] if the name is taken.
    pub async fn save_target_filter(&self, filter: &TargetFilter) -> Result<TargetFilter, Error> {
        let update = Entity::update_many()
            .set(changeable(filter))
            .col_expr(Column::Version, Expr::value(filter.version + 1))
            .filter(Column::Id.eq(filter.id.0))
            .filter(Column::TenantId.eq(filter.tenant.0))
            .filter(Column::Version.eq(filter.version));
        self.changed_one(self.update(update).await?)?;
        Ok(TargetFilter { version: filter.version + 1, ..filter.clone() })
    }

    /// Removes a target filter; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_target_filter(
        &self,
        tenant: TenantId,
        filter: TargetFilterId,
    ) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(filter.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Lets no target filter assign a set any more; the numbers of those that did.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn withdraw_auto_assignments(
        &self,
        tenant: TenantId,
        set: SetId,
        by: &str,
        now: Timestamp,
    ) -> Result<Vec<TargetFilterId>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::AutoSetId.eq(set.0));
        let found = self.all(select).await?;
        if !found.is_empty() {
            let values = [now.millis().into(), by.into(), tenant.0.into(), set.0.into()];
            self.execute_sql(WITHDRAW, values).await?;
        }
        Ok(found.into_iter().map(|row| TargetFilterId(row.id)).collect())
    }
}

fn assigning() -> Select<Entity> {
    Entity::find().filter(Column::AutoSetId.is_not_null())
}
