//! Lists of rollouts and of their groups.

use otahub_domain::filter::{Filter, RolloutField, RolloutGroupField};
use otahub_domain::rollout::{Group, Rollout};
use otahub_domain::{RolloutId, TenantId};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryTrait as _,
};

use crate::entity::rollout::{Column, Entity};
use crate::entity::rollout_group;
use crate::page::Sortable;
use crate::{DeletedMode, Error, Listed, Page, Session, filter_sql};

/// Which rollouts are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutQuery {
    /// Those that match.
    pub filter: Option<Filter<RolloutField>>,
    /// Whether soft-deleted ones are shown.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<RolloutOrder>,
}

/// By what rollouts can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum RolloutOrder {
    Id,
    Name,
    Description,
    State,
    Set,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for RolloutOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::Name => Column::Name,
            Self::Description => Column::Description,
            Self::State => Column::State,
            Self::Set => Column::SetId,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        matches!(self, Self::Description)
    }
}

/// Which groups of a rollout are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutGroupQuery {
    /// Of this rollout.
    pub rollout: RolloutId,
    /// Those that match.
    pub filter: Option<Filter<RolloutGroupField>>,
    /// The part of the list.
    pub page: Page<RolloutGroupOrder>,
}

/// By what groups can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum RolloutGroupOrder {
    Id,
    Position,
    Name,
    Description,
    State,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for RolloutGroupOrder {
    fn column(&self) -> SimpleExpr {
        use rollout_group::Column;
        let column = match self {
            Self::Id => Column::Id,
            Self::Position => Column::Position,
            Self::Name => Column::Name,
            Self::Description => Column::Description,
            Self::State => Column::State,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        matches!(self, Self::Description)
    }
}

impl Session<'_> {
    /// The rollouts of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_rollouts(
        &self,
        tenant: TenantId,
        query: &RolloutQuery,
    ) -> Result<Listed<Rollout>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(Column::Deleted.eq(deleted))
            });
        self.page(select, &query.page).await?.try_map(Rollout::try_from)
    }

    /// The groups of a rollout that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_rollout_groups(
        &self,
        tenant: TenantId,
        query: &RolloutGroupQuery,
    ) -> Result<Listed<Group>, Error> {
        let select = rollout_group::Entity::find()
            .filter(rollout_group::Column::TenantId.eq(tenant.0))
            .filter(rollout_group::Column::RolloutId.eq(query.rollout.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            });
        self.page(select, &query.page).await?.try_map(Group::try_from)
    }
}
