//! Lists of actions, with the names of what they refer to.

use std::collections::HashMap;

use otahub_domain::action::Action;
use otahub_domain::filter::{ActionField, Filter};
use otahub_domain::{ActionId, SetId, TargetId, TenantId};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, IntoSimpleExpr as _, QueryFilter as _,
    QueryTrait as _,
};

use crate::entity::action::{Column, Entity};
use crate::entity::{action, action_entry, distribution_set, rollout, target};
use crate::page::Sortable;
use crate::target::CHUNK;
use crate::{Error, Listed, Page, Session, filter_sql};

/// Which actions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionQuery {
    /// Those that match.
    pub filter: Option<Filter<ActionField>>,
    /// Those of this target.
    pub target: Option<TargetId>,
    /// Those that are active, or those that are not.
    pub active: Option<bool>,
    /// Those that install this set.
    pub set: Option<SetId>,
    /// The part of the list.
    pub page: Page<ActionOrder>,
}

/// By what actions can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum ActionOrder {
    Id,
    State,
    Active,
    Weight,
    LastCode,
    ExternalRef,
    Target,
    Set,
    Rollout,
    RolloutGroup,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for ActionOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::State => Column::State,
            Self::Active => Column::Active,
            Self::Weight => Column::Weight,
            Self::LastCode => Column::LastCode,
            Self::ExternalRef => Column::ExternalRef,
            Self::Target => Column::TargetId,
            Self::Set => Column::SetId,
            Self::Rollout => Column::RolloutId,
            Self::RolloutGroup => Column::RolloutGroupId,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        matches!(self, Self::LastCode | Self::ExternalRef | Self::Rollout | Self::RolloutGroup)
    }
}

/// By what history entries can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum EntryOrder {
    Id,
    OccurredAt,
    ReportedAt,
}

impl Sortable for EntryOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => action_entry::Column::Id,
            Self::OccurredAt => action_entry::Column::OccurredAt,
            Self::ReportedAt => action_entry::Column::ReportedAt,
        };
        column.into_simple_expr()
    }
}

/// What an action's numbers stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionNames {
    /// What people call the target.
    pub target_name: String,
    /// The target.
    pub controller_id: String,
    /// The set's name.
    pub set_name: String,
    /// The set's version.
    pub set_version: String,
    /// The rollout's name, if it is of one that is there.
    pub rollout_name: Option<String>,
}

/// An action and the names of what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionView {
    /// The action.
    pub action: Action,
    /// The names.
    pub names: ActionNames,
}

#[derive(FromQueryResult)]
struct NamesRow {
    id: i64,
    controller_id: String,
    target_name: String,
    name: String,
    version: String,
    rollout_name: Option<String>,
}

impl Session<'_> {
    /// The actions of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_actions(
        &self,
        tenant: TenantId,
        query: &ActionQuery,
    ) -> Result<Listed<Action>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.target, |select, target| select.filter(Column::TargetId.eq(target.0)))
            .apply_if(query.active, |select, active| select.filter(Column::Active.eq(active)))
            .apply_if(query.set, |select, set| select.filter(Column::SetId.eq(set.0)));
        self.page(select, &query.page).await?.try_map(Action::try_from)
    }

    /// The same with names.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_action_views(
        &self,
        tenant: TenantId,
        query: &ActionQuery,
    ) -> Result<Listed<ActionView>, Error> {
        let Listed { items, total } = self.list_actions(tenant, query).await?;
        Ok(Listed { items: self.with_names(items).await?, total })
    }

    /// The action of this number with its names.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn action_view(
        &self,
        tenant: TenantId,
        action: ActionId,
    ) -> Result<Option<ActionView>, Error> {
        let found = self.action(tenant, action).await?;
        Ok(self.with_names(found.into_iter().collect()).await?.pop())
    }

    /// Adds the names to actions. One that was removed meanwhile is left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn with_names(&self, actions: Vec<Action>) -> Result<Vec<ActionView>, Error> {
        let ids: Vec<i64> = actions.iter().map(|action| action.id.0).collect();
        let mut names = self.names(&ids).await?;
        let with_names = |action: Action| {
            let names = names.remove(&action.id.0)?;
            Some(ActionView { action, names })
        };
        Ok(actions.into_iter().filter_map(with_names).collect())
    }

    async fn names(&self, actions: &[i64]) -> Result<HashMap<i64, ActionNames>, Error> {
        let mut names = HashMap::with_capacity(actions.len());
        for some in actions.chunks(CHUNK) {
            let query = Query::select()
                .column((action::Entity, action::Column::Id))
                .column((target::Entity, target::Column::ControllerId))
                .expr_as(Expr::col((target::Entity, target::Column::Name)), "target_name")
                .column((distribution_set::Entity, distribution_set::Column::Name))
                .column((distribution_set::Entity, distribution_set::Column::Version))
                .expr_as(Expr::col((rollout::Entity, rollout::Column::Name)), "rollout_name")
                .from(action::Entity)
                .left_join(
                    rollout::Entity,
                    Expr::col((rollout::Entity, rollout::Column::Id))
                        .equals((action::Entity, action::Column::RolloutId)),
                )
                .inner_join(
                    target::Entity,
                    Expr::col((target::Entity, target::Column::Id))
                        .equals((action::Entity, action::Column::TargetId)),
                )
                .inner_join(
                    distribution_set::Entity,
                    Expr::col((distribution_set::Entity, distribution_set::Column::Id))
                        .equals((action::Entity, action::Column::SetId)),
                )
                .and_where(
                    Expr::col((action::Entity, action::Column::Id)).is_in(some.iter().copied()),
                )
                .take();
            for row in self.rows::<NamesRow>(&query).await? {
                let NamesRow { id, controller_id, target_name, name, version, rollout_name } = row;
                let row = ActionNames {
                    target_name,
                    controller_id,
                    set_name: name,
                    set_version: version,
                    rollout_name,
                };
                names.insert(id, row);
            }
        }
        Ok(names)
    }
}
