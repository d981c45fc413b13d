//! All that the answer to a poll is made of, in one statement.

use std::collections::HashMap;

use otahub_domain::action::{OpenAction, State};
use otahub_domain::target::Target;
use otahub_domain::{ActionId, TargetId, TenantId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, IdenStatic, Iterable as _, QueryResult};

use crate::codec::state_word;
use crate::entity::{action, distribution_set, target};
use crate::target::CHUNK;
use crate::{Error, Session};

/// A target and its actions as a poll sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The target.
    pub target: Target,
    /// Its active actions, the one to offer first.
    pub open: Vec<OpenAction>,
    /// The newest finished action that installed the set that is installed.
    pub installed_action: Option<ActionId>,
}

impl Session<'_> {
    /// The device of this controller id, by one statement.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn device(
        &self,
        tenant: TenantId,
        controller_id: &str,
    ) -> Result<Option<Device>, Error> {
        let query = device_query(tenant, controller_id);
        let rows = self.conn().query_all(&query).await.map_err(Error::of)?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let target = target::Model::from_query_result(first, "t_").map_err(Error::of)?;
        let installed: Option<i64> = first.try_get("", "installed_action").map_err(Error::of)?;
        let is_there = |row: &&QueryResult| -> bool {
            row.try_get::<Option<i64>>("a_", "id").is_ok_and(|id| id.is_some())
        };
        let open: Result<Vec<OpenAction>, Error> =
            rows.iter().filter(is_there).map(open_action).collect();
        Ok(Some(Device {
            target: target.try_into()?,
            open: open?,
            installed_action: installed.map(ActionId),
        }))
    }

    /// The active actions of a target, the one to offer first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open_actions(&self, target: &Target) -> Result<Vec<OpenAction>, Error> {
        let mut open = self.open_actions_of(&[target.id]).await?;
        Ok(open.remove(&target.id).unwrap_or_default())
    }

    /// The active actions of some targets, of each the one to offer first; those without any are
    /// left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open_actions_of(
        &self,
        targets: &[TargetId],
    ) -> Result<HashMap<TargetId, Vec<OpenAction>>, Error> {
        let mut open: HashMap<_, Vec<OpenAction>> = HashMap::new();
        for some in targets.chunks(CHUNK) {
            let ids = some.iter().map(|target| target.0);
            let mut query = Query::select();
            open_columns(&mut query)
                .from(action::Entity)
                .inner_join(distribution_set::Entity, is_set_of_action())
                .and_where(col(action::Entity, action::Column::TargetId).is_in(ids))
                .and_where(col(action::Entity, action::Column::Active).eq(true));
            in_order_of_offer(&mut query);
            for row in self.conn().query_all(&query).await.map_err(Error::of)? {
                let one = open_action(&row)?;
                open.entry(one.action.target).or_default().push(one);
            }
        }
        Ok(open)
    }
}

fn device_query(tenant: TenantId, controller_id: &str) -> SelectStatement {
    let mut query = Query::select();
    for column in target::Column::iter() {
        query.expr_as(col(target::Entity, column), prefixed("t_", column));
    }
    open_columns(&mut query)
        .expr_as(Expr::SubQuery(None, Box::new(installed_action().into())), "installed_action")
        .from(target::Entity)
        .left_join(
            action::Entity,
            col(action::Entity, action::Column::TargetId)
                .equals((target::Entity, target::Column::Id))
                .and(col(action::Entity, action::Column::Active).eq(true)),
        )
        .left_join(distribution_set::Entity, is_set_of_action())
        .and_where(col(target::Entity, target::Column::TenantId).eq(tenant.0))
        .and_where(col(target::Entity, target::Column::ControllerId).eq(controller_id));
    in_order_of_offer(&mut query);
    query
}

/// The newest finished action of the target's installed set.
fn installed_action() -> SelectStatement {
    let done = Alias::new("done");
    Query::select()
        .column((done.clone(), action::Column::Id))
        .from_as(action::Entity, done.clone())
        .and_where(
            Expr::col((done.clone(), action::Column::TargetId))
                .equals((target::Entity, target::Column::Id)),
        )
        .and_where(
            Expr::col((done.clone(), action::Column::SetId))
                .equals((target::Entity, target::Column::InstalledSetId)),
        )
        .and_where(Expr::col((done.clone(), action::Column::State)).eq(state_word(State::Finished)))
        .order_by((done, action::Column::Id), Order::Desc)
        .limit(1)
        .take()
}

fn open_columns(query: &mut SelectStatement) -> &mut SelectStatement {
    for column in action::Column::iter() {
        query.expr_as(col(action::Entity, column), prefixed("a_", column));
    }
    let step = distribution_set::Column::RequiredMigrationStep;
    query.expr_as(col(distribution_set::Entity, step), "migration_step")
}

fn in_order_of_offer(query: &mut SelectStatement) {
    query
        .order_by((action::Entity, action::Column::Weight), Order::Desc)
        .order_by((action::Entity, action::Column::Id), Order::Asc);
}

fn is_set_of_action() -> Expr {
    col(distribution_set::Entity, distribution_set::Column::Id)
        .equals((action::Entity, action::Column::SetId))
}

fn open_action(row: &QueryResult) -> Result<OpenAction, Error> {
    let action = action::Model::from_query_result(row, "a_").map_err(Error::of)?;
    let migration_step = row.try_get("", "migration_step").map_err(Error::of)?;
    Ok(OpenAction { action: action.try_into()?, migration_step })
}

fn col<E, C>(entity: E, column: C) -> Expr
where
    (E, C): sea_orm::sea_query::IntoColumnRef,
{
    Expr::col((entity, column))
}

fn prefixed(prefix: &str, column: impl IdenStatic) -> Alias {
    Alias::new(format!("{prefix}{}", column.as_str()))
}
