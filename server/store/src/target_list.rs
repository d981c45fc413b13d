//! Lists of targets.

use std::collections::HashMap;

use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::target::Target;
use otahub_domain::{RolloutGroupId, SetId, TargetId, TargetTagId, TenantId};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
};

use crate::entity::target::{Column, Entity};
use crate::entity::{rollout_target, target_tag_target};
use crate::page::{Sortable, window};
use crate::{Error, GroupQuery, Listed, Page, Session, filter_sql};

/// Which targets are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetQuery {
    /// Those that match.
    pub filter: Option<Filter<TargetField>>,
    /// Those to which this set is assigned.
    pub assigned_set: Option<SetId>,
    /// Those that have this set installed.
    pub installed_set: Option<SetId>,
    /// Those whose controller id starts so, in this case of letters.
    pub controller_id_prefix: Option<String>,
    /// Those whose name starts so, in this case of letters.
    pub name_prefix: Option<String>,
    /// Those with this tag.
    pub tag: Option<TargetTagId>,
    /// Those of this group.
    pub group: Option<GroupQuery>,
    /// Those in this group of a rollout.
    pub rollout_group: Option<RolloutGroupId>,
    /// The part of the list.
    pub page: Page<TargetOrder>,
}

/// By what targets can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum TargetOrder {
    Id,
    ControllerId,
    Name,
    Description,
    Address,
    Group,
    TargetType,
    UpdateStatus,
    AssignedSet,
    InstalledSet,
    AutoConfirmed,
    InstalledAt,
    LastPollAt,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for TargetOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::ControllerId => Column::ControllerId,
            Self::Name => Column::Name,
            Self::Description => Column::Description,
            Self::Address => Column::Address,
            Self::Group => Column::GroupName,
            Self::TargetType => Column::TargetTypeId,
            Self::UpdateStatus => Column::UpdateStatus,
            Self::AssignedSet => Column::AssignedSetId,
            Self::InstalledSet => Column::InstalledSetId,
            Self::AutoConfirmed => Column::AutoConfirmAt,
            Self::InstalledAt => Column::InstalledAt,
            Self::LastPollAt => Column::LastPollAt,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        match self {
            Self::Description
            | Self::Address
            | Self::Group
            | Self::TargetType
            | Self::AssignedSet
            | Self::InstalledSet
            | Self::AutoConfirmed
            | Self::InstalledAt
            | Self::LastPollAt => true,
            Self::Id
            | Self::ControllerId
            | Self::Name
            | Self::UpdateStatus
            | Self::CreatedAt
            | Self::CreatedBy
            | Self::ModifiedAt
            | Self::ModifiedBy => false,
        }
    }
}

/// Whether a text column starts with `prefix`, in a way that an index serves: texts are sorted by
/// their bytes on both databases.
pub(crate) fn starts_with(column: Column, prefix: &str) -> Condition {
    let all = Condition::all().add(column.gte(prefix));
    match behind(prefix) {
        Some(end) => all.add(column.lt(end)),
        None => all,
    }
}

/// The first text behind all those that start with `prefix`; none if there is no such text.
pub(crate) fn behind(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // not every number is a character
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

impl Session<'_> {
    /// The targets of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_targets(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Listed<Target>, Error> {
        self.page(select(tenant, query), &query.page).await?.try_map(Target::try_from)
    }

    /// How many targets a query asks for, whatever the part of the list.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_targets(&self, tenant: TenantId, query: &TargetQuery) -> Result<u64, Error> {
        self.count(select(tenant, query)).await
    }

    /// The targets of a part of a list, without the length of the whole.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn targets_of_page(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Vec<Target>, Error> {
        let rows = self.all(window(select(tenant, query), &query.page)).await?;
        rows.into_iter().map(Target::try_from).collect()
    }

    /// The numbers of all targets that a query asks for, in its order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_order(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Vec<TargetId>, Error> {
        let whole = Page { order: query.page.order.clone(), ..Page::default() };
        let select = window(select(tenant, query), &whole).select_only().column(Column::Id);
        let ids = select.into_tuple::<i64>().all(self.conn()).await.map_err(Error::of)?;
        Ok(ids.into_iter().map(TargetId).collect())
    }

    /// The targets of these numbers that are there, in the order of the numbers given.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn targets_in_order(
        &self,
        tenant: TenantId,
        order: &[TargetId],
    ) -> Result<Vec<Target>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Id.is_in(order.iter().map(|id| id.0)));
        let mut rows: HashMap<i64, _> =
            self.all(select).await?.into_iter().map(|row| (row.id, row)).collect();
        let there = order.iter().filter_map(|id| rows.remove(&id.0));
        there.map(Target::try_from).collect()
    }

    /// The next targets that match, by number, behind `after`: for walks over many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn targets_behind(
        &self,
        tenant: TenantId,
        filter: &Filter<TargetField>,
        after: TargetId,
        limit: u64,
    ) -> Result<Vec<Target>, Error> {
        let query = TargetQuery { filter: Some(filter.clone()), ..TargetQuery::default() };
        let select = select(tenant, &query)
            .filter(Column::Id.gt(after.0))
            .order_by_asc(Column::Id)
            .limit(limit);
        self.all(select).await?.into_iter().map(Target::try_from).collect()
    }
}

/// The targets of a tenant that a query asks for, whatever the part of the list.
fn select(tenant: TenantId, query: &TargetQuery) -> Select<Entity> {
    Entity::find()
        .filter(Column::TenantId.eq(tenant.0))
        .apply_if(query.filter.as_ref(), |select, filter| {
            select.filter(filter_sql::condition(tenant, filter))
        })
        .apply_if(query.assigned_set, |select, set| select.filter(Column::AssignedSetId.eq(set.0)))
        .apply_if(query.installed_set, |select, set| {
            select.filter(Column::InstalledSetId.eq(set.0))
        })
        .apply_if(query.tag, |select, tag| {
            let targets = target_tag_target::Entity::find()
                .select_only()
                .column(target_tag_target::Column::TargetId)
                .filter(target_tag_target::Column::TagId.eq(tag.0));
            select.filter(Column::Id.in_subquery(targets.into_query()))
        })
        .apply_if(query.rollout_group, |select, group| {
            let targets = rollout_target::Entity::find()
                .select_only()
                .column(rollout_target::Column::TargetId)
                .filter(rollout_target::Column::GroupId.eq(group.0));
            select.filter(Column::Id.in_subquery(targets.into_query()))
        })
        .apply_if(query.group.as_ref(), |select, group| select.filter(group.condition()))
        .apply_if(query.controller_id_prefix.as_deref(), |select, prefix| {
            select.filter(starts_with(Column::ControllerId, prefix))
        })
        .apply_if(query.name_prefix.as_deref(), |select, prefix| {
            select.filter(starts_with(Column::Name, prefix))
        })
}

#[cfg(test)]
mod plan_tests;

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn the_end_of_a_prefix_is_behind_all_that_start_with_it() {
        assert_eq!(behind("ab").as_deref(), Some("ac"));
        assert_eq!(behind("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind("\u{10ffff}"), None);
        assert_eq!(behind(""), None);
    }
}
