//! Which targets an automatic assignment is for, and what happened that may make it so.

use otahub_domain::distribution_set::Set;
use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::target::Target;
use otahub_domain::{TargetId, TenantId};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};

use crate::entity::target::{Column, Entity};
use crate::entity::{action, event, target_type_set_type};
use crate::{Error, Event, Session, filter_sql};

/// Targets that match, whose type takes the set, and that never had an action of it, whatever
/// became of that, nor have it assigned without one.
#[derive(Debug, Clone, Copy)]
pub struct Eligible<'a> {
    /// What they match.
    pub filter: &'a Filter<TargetField>,
    /// The set.
    pub set: &'a Set,
    /// Only some of these, at most a thousand; or of all.
    pub among: Option<&'a [TargetId]>,
}

impl Eligible<'_> {
    fn select(&self, tenant: TenantId) -> Select<Entity> {
        let had = Query::select()
            .expr(Expr::val(1))
            .from(action::Entity)
            .and_where(
                Expr::col((action::Entity, action::Column::TargetId)).equals((Entity, Column::Id)),
            )
            .and_where(Expr::col((action::Entity, action::Column::SetId)).eq(self.set.id.0))
            .take();
        let taking = Query::select()
            .column(target_type_set_type::Column::TargetTypeId)
            .from(target_type_set_type::Entity)
            .and_where(Expr::col(target_type_set_type::Column::SetTypeId).eq(self.set.set_type.0))
            .take();
        let takes = Condition::any()
            .add(Column::TargetTypeId.is_null())
            .add(Column::TargetTypeId.in_subquery(taking));
        let has_another = Condition::any()
            .add(Column::AssignedSetId.is_null())
            .add(Column::AssignedSetId.ne(self.set.id.0));
        let mut select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(filter_sql::condition(tenant, self.filter))
            .filter(takes)
            .filter(has_another)
            .filter(Expr::not_exists(had));
        if let Some(among) = self.among {
            select = select.filter(Column::Id.is_in(among.iter().map(|id| id.0)));
        }
        select
    }
}

impl Session<'_> {
    /// The next targets behind `after`, by number, that are eligible.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn eligible_targets(
        &self,
        tenant: TenantId,
        eligible: &Eligible<'_>,
        after: TargetId,
        limit: u64,
    ) -> Result<Vec<Target>, Error> {
        let select = eligible
            .select(tenant)
            .filter(Column::Id.gt(after.0))
            .order_by_asc(Column::Id)
            .limit(limit);
        self.all(select).await?.into_iter().map(Target::try_from).collect()
    }

    /// How many targets are eligible.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_eligible(
        &self,
        tenant: TenantId,
        eligible: &Eligible<'_>,
    ) -> Result<u64, Error> {
        self.count(eligible.select(tenant)).await
    }

    /// The oldest events of some kinds with numbers above `after`, up to `last`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_of_kinds(
        &self,
        (after, last): (i64, i64),
        kinds: &[&str],
        limit: u64,
    ) -> Result<Vec<Event>, Error> {
        let select = event::Entity::find()
            .filter(event::Column::Seq.gt(after))
            .filter(event::Column::Seq.lte(last))
            .filter(event::Column::Kind.is_in(kinds.iter().copied()))
            .order_by_asc(event::Column::Seq)
            .limit(limit);
        Ok(self.all(select).await?.into_iter().map(Event::from).collect())
    }
}
