//! Targets of rollouts: found, put into groups, and given actions, many at once.

use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::rollout::{Matching, Rollout};
use otahub_domain::{RolloutGroupId, RolloutId, SetTypeId, TargetId, TenantId, Timestamp};
use sea_orm::sea_query::{
    CaseStatement, Condition, Expr, ExprTrait as _, Func, Order, Query, SelectStatement,
};
use sea_orm::{FromQueryResult, QueryResult};

use crate::codec::unsigned;
use crate::entity::rollout_target::{Column, Entity};
use crate::entity::{action, target, target_type_set_type};
use crate::{Error, Session, filter_sql};

/// Which targets a rollout can have: those that match and whose types take its set.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// Whose.
    pub tenant: TenantId,
    /// What they have to match.
    pub filter: Filter<TargetField>,
    /// The type of the rollout's set.
    pub set_type: SetTypeId,
    /// The last moment at which they may have been made, if it matters.
    pub created_until: Option<Timestamp>,
}

impl Candidates {
    fn condition(&self) -> Condition {
        let takes = Query::select()
            .column(target_type_set_type::Column::TargetTypeId)
            .from(target_type_set_type::Entity)
            .and_where(Expr::col(target_type_set_type::Column::SetTypeId).eq(self.set_type.0))
            .take();
        let kind = || Expr::col((target::Entity, target::Column::TargetTypeId));
        let mut all = Condition::all()
            .add(Expr::col((target::Entity, target::Column::TenantId)).eq(self.tenant.0))
            .add(Condition::any().add(kind().is_null()).add(kind().in_subquery(takes)))
            .add(filter_sql::condition(self.tenant, &self.filter));
        if let Some(until) = self.created_until {
            let created = Expr::col((target::Entity, target::Column::CreatedAt));
            all = all.add(created.lte(until.millis()));
        }
        all
    }

    fn select(&self) -> SelectStatement {
        let mut select = Query::select();
        select.from(target::Entity).cond_where(self.condition());
        select
    }
}

fn target_id() -> Expr {
    Expr::col((target::Entity, target::Column::Id))
}

#[derive(FromQueryResult)]
struct Reach {
    last: Option<i64>,
    number: i64,
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

impl Session<'_> {
    /// How many candidates meet which of these filters, of at most 30.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_candidates(
        &self,
        candidates: &Candidates,
        filters: &[(String, Filter<TargetField>)],
    ) -> Result<Vec<Matching>, Error> {
        let mut query = candidates.select();
        query.expr_as(Func::count(target_id()), "number");
        for (at, (_, filter)) in filters.iter().enumerate() {
            let condition = filter_sql::condition(candidates.tenant, filter);
            let meets = CaseStatement::new().case(condition, 1).finally(0);
            let name = format!("meets_{at}");
            query.expr_as(meets, name.clone());
            query.add_group_by([Expr::cust(name)]);
        }
        let rows = self.rows_of(&query).await?;
        let matching = |row: &QueryResult| {
            let mut met = Vec::new();
            for (at, (text, _)) in filters.iter().enumerate() {
                let meets: i32 = row.try_get("", &format!("meets_{at}")).map_err(Error::of)?;
                if meets == 1 {
                    met.push(text.clone());
                }
            }
            let number: i64 = row.try_get("", "number").map_err(Error::of)?;
            Ok(Matching { filters: met, count: unsigned(number) })
        };
        rows.iter().map(matching).collect()
    }

    async fn rows_of(&self, query: &SelectStatement) -> Result<Vec<QueryResult>, Error> {
        use sea_orm::ConnectionTrait as _;
        self.conn().query_all(query).await.map_err(Error::of)
    }

    /// Whether all targets of a rollout were noted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_gathered(&self, rollout: RolloutId) -> Result<bool, Error> {
        Ok(self.gathered_until(rollout).await?.is_none())
    }

    async fn gathered_until(&self, rollout: RolloutId) -> Result<Option<i64>, Error> {
        let sql = "SELECT gathered_until FROM rollouts WHERE id = ?";
        let rows = self.query_sql(sql, [rollout.0.into()]).await?;
        rows.first().map_or(Ok(None), |row| row.try_get("", "gathered_until").map_err(Error::of))
    }

    /// Notes the next `limit` candidates for a rollout, in order of creation or of chance; with
    /// the last of them, how many there are in all.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn gather_targets(
        &self,
        rollout: &Rollout,
        candidates: &Candidates,
        limit: u64,
    ) -> Result<(), Error> {
        let Some(after) = self.gathered_until(rollout.id).await? else {
            return Ok(());
        };
        let mut page = candidates.select();
        page.expr_as(target_id(), "id").and_where(target_id().gt(after));
        page.order_by((target::Entity, target::Column::Id), Order::Asc).limit(limit);
        let reach = Query::select()
            .expr_as(Func::max(Expr::col("id")), "last")
            .expr_as(Func::count(Expr::col("id")), "number")
            .from_subquery(page, "page")
            .take();
        let reach = self.rows::<Reach>(&reach).await?.pop();
        let until = reach.as_ref().and_then(|reach| reach.last);
        if let Some(last) = until {
            let mut found = candidates.select();
            found.and_where(target_id().gt(after)).and_where(target_id().lte(last));
            self.note_targets(rollout, None, found).await?;
        }
        let full = reach.is_some_and(|reach| unsigned(reach.number) >= limit);
        match until.filter(|_| full) {
            Some(next) => {
                let sql = "UPDATE rollouts SET gathered_until = ? WHERE id = ?";
                self.execute_sql(sql, [next.into(), rollout.id.0.into()]).await?;
            }
            None => {
                let sql = "UPDATE rollouts SET gathered_until = NULL, matching = \
                    (SELECT COUNT(*) FROM rollout_targets WHERE rollout_id = ?) WHERE id = ?";
                self.execute_sql(sql, [rollout.id.0.into(), rollout.id.0.into()]).await?;
            }
        }
        Ok(())
    }

    async fn note_targets(
        &self,
        rollout: &Rollout,
        group: Option<RolloutGroupId>,
        mut found: SelectStatement,
    ) -> Result<u64, Error> {
        let rank = match (rollout.pace.random, self.is_postgres()) {
            (false, _) => target_id(),
            (true, true) => Expr::cust("CAST(random() * 9000000000000000000 AS bigint)"),
            (true, false) => Expr::cust("random()"),
        };
        found
            .expr(Expr::val(rollout.id.0))
            .expr(target_id())
            .expr(Expr::val(group.map(|group| group.0)).cast_as("bigint"))
            .expr(rank)
            .expr(Expr::val(1));
        let columns =
            [Column::RolloutId, Column::TargetId, Column::GroupId, Column::Rank, Column::Attempt];
        let insert = Query::insert()
            .into_table(Entity)
            .columns(columns)
            .select_from(found)
            .map_err(|error| Error::corrupt("statement", error))?
            .take();
        self.execute(&insert).await
    }

    fn ungrouped(rollout: &Rollout, filter: Option<&Filter<TargetField>>) -> SelectStatement {
        let mut free = Query::select();
        free.from(Entity)
            .and_where(Expr::col(Column::RolloutId).eq(rollout.id.0))
            .and_where(Expr::col(Column::GroupId).is_null());
        if let Some(filter) = filter {
            let meeting = Query::select()
                .expr(target_id())
                .from(target::Entity)
                .and_where(
                    Expr::col((target::Entity, target::Column::TenantId)).eq(rollout.tenant.0),
                )
                .cond_where(filter_sql::condition(rollout.tenant, filter))
                .take();
            free.and_where(Expr::col(Column::TargetId).in_subquery(meeting));
        }
        free
    }

    /// How many targets of a rollout are in no group and meet a filter.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_ungrouped(
        &self,
        rollout: &Rollout,
        filter: &Filter<TargetField>,
    ) -> Result<u64, Error> {
        let mut query = Self::ungrouped(rollout, Some(filter));
        query
            .expr_as(Func::max(Expr::col(Column::TargetId)), "last")
            .expr_as(Func::count(Expr::col(Column::TargetId)), "number");
        let found = self.rows::<Reach>(&query).await?.pop();
        Ok(found.map_or(0, |reach| unsigned(reach.number)))
    }

    /// Puts the next `limit` targets that are in no group, and meet a filter, into a group; how
    /// many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn fill_group(
        &self,
        rollout: &Rollout,
        group: RolloutGroupId,
        filter: Option<&Filter<TargetField>>,
        limit: u64,
    ) -> Result<u64, Error> {
        let mut free = Self::ungrouped(rollout, filter);
        free.column(Column::TargetId);
        free.order_by(Column::Rank, Order::Asc).limit(limit);
        let update = Query::update()
            .table(Entity)
            .value(Column::GroupId, group.0)
            .and_where(Expr::col(Column::RolloutId).eq(rollout.id.0))
            .and_where(Expr::col(Column::TargetId).in_subquery(free))
            .take();
        self.execute(&update).await
    }

    /// Candidates that appeared: those that are not in the rollout yet, and have no action of it
    /// or of a later one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn appeared_targets(
        &self,
        rollout: &Rollout,
        candidates: &Candidates,
        limit: u64,
    ) -> Result<Vec<TargetId>, Error> {
        let mine = Query::select()
            .column(Column::TargetId)
            .from(Entity)
            .and_where(Expr::col(Column::RolloutId).eq(rollout.id.0))
            .take();
        let own = Expr::col((action::Entity, action::Column::TargetId));
        let later = Query::select()
            .expr(Expr::val(1))
            .from(action::Entity)
            .and_where(own.eq(target_id()))
            .and_where(Expr::col((action::Entity, action::Column::RolloutId)).gte(rollout.id.0))
            .take();
        let mut found = candidates.select();
        found
            .expr_as(target_id(), "id")
            .and_where(target_id().not_in_subquery(mine))
            .and_where(Expr::not_exists(later))
            .order_by((target::Entity, target::Column::Id), Order::Asc)
            .limit(limit);
        Ok(self.rows::<Id>(&found).await?.into_iter().map(|row| TargetId(row.id)).collect())
    }

    /// Takes targets that appeared into a dynamic group.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn join_group(
        &self,
        rollout: &Rollout,
        group: RolloutGroupId,
        targets: &[TargetId],
    ) -> Result<(), Error> {
        let mut these = Query::select();
        these.from(target::Entity);
        these.and_where(target_id().is_in(targets.iter().map(|id| id.0)));
        self.note_targets(rollout, Some(group), these).await?;
        Ok(())
    }

    /// When a dynamic rollout looks for targets that appeared.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn involve_at(&self, rollout: RolloutId) -> Result<Timestamp, Error> {
        let sql = "SELECT involve_at FROM rollouts WHERE id = ?";
        let rows = self.query_sql(sql, [rollout.0.into()]).await?;
        let at = rows.first().map_or(Ok(0), |row| row.try_get("", "involve_at"));
        Ok(Timestamp::from_millis(at.map_err(Error::of)?))
    }

    /// Sets when it does so next.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_involve_at(&self, rollout: RolloutId, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE rollouts SET involve_at = ? WHERE id = ?";
        self.execute_sql(sql, [at.millis().into(), rollout.0.into()]).await?;
        Ok(())
    }

    /// The group of a target in a rollout's group list, by keys: the targets that were planned.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout_of_target(
        &self,
        rollout: RolloutId,
        target: TargetId,
    ) -> Result<Option<(RolloutGroupId, u32)>, Error> {
        let sql = "SELECT group_id, attempt FROM rollout_targets \
            WHERE rollout_id = ? AND target_id = ? AND group_id IS NOT NULL";
        let rows = self.query_sql(sql, [rollout.0.into(), target.0.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let attempt: i32 = row.try_get("", "attempt").map_err(Error::of)?;
        let group: i64 = row.try_get("", "group_id").map_err(Error::of)?;
        Ok(Some((RolloutGroupId(group), u32::try_from(attempt).unwrap_or(1))))
    }
}
