//! What is done to the actions of rollouts, some at a time.

use otahub_domain::action::{Action, State};
use otahub_domain::target::Target;
use otahub_domain::{ActionId, RolloutGroupId, RolloutId, TargetId, TenantId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QueryResult, Value,
};

use crate::codec::{signed, state_word};
use crate::entity::{action, rollout_target, target};
use crate::{Error, Session};

fn ids(rows: &[QueryResult]) -> Result<Vec<i64>, Error> {
    rows.iter().map(|row| row.try_get("", "id").map_err(Error::of)).collect()
}

impl Session<'_> {
    /// The next `limit` scheduled actions of a group that may start by now, with their targets.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn due_actions(
        &self,
        group: RolloutGroupId,
        limit: u64,
        now: Timestamp,
    ) -> Result<Vec<(Action, Target)>, Error> {
        const SQL: &str = "SELECT a.id AS id FROM actions AS a JOIN rollout_targets AS t \
              ON t.rollout_id = a.rollout_id AND t.target_id = a.target_id \
            WHERE a.rollout_group_id = ? AND a.state = 'scheduled' \
              AND (t.due_at IS NULL OR t.due_at <= ?) ORDER BY a.id LIMIT ?";
        let values = [group.0.into(), now.millis().into(), signed(limit).into()];
        self.with_targets(ids(&self.query_sql(SQL, values).await?)?).await
    }

    /// Actions with their targets, by number; of a target's actions, only the oldest.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn actions_with_targets(
        &self,
        actions: &[ActionId],
    ) -> Result<Vec<(Action, Target)>, Error> {
        self.with_targets(actions.iter().map(|action| action.0).collect()).await
    }

    async fn with_targets(&self, found: Vec<i64>) -> Result<Vec<(Action, Target)>, Error> {
        let select = action::Entity::find()
            .filter(action::Column::Id.is_in(found))
            .order_by_asc(action::Column::Id);
        let actions = self.all(select).await?;
        let wanted: Vec<i64> = actions.iter().map(|action| action.target_id).collect();
        let select = target::Entity::find().filter(target::Column::Id.is_in(wanted));
        let mut targets = std::collections::HashMap::new();
        for row in self.all(select).await? {
            targets.insert(row.id, Target::try_from(row)?);
        }
        let with = |row: action::Model| {
            let target = targets.remove(&row.target_id)?;
            Some(Action::try_from(row).map(|action| (action, target)))
        };
        actions.into_iter().filter_map(with).collect()
    }

    /// Notes that targets of a rollout were started.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_started(
        &self,
        rollout: RolloutId,
        targets: &[TargetId],
        now: Timestamp,
    ) -> Result<(), Error> {
        use rollout_target::Column;
        let update = rollout_target::Entity::update_many()
            .col_expr(Column::StartedAt, Expr::value(now.millis()))
            .filter(Column::RolloutId.eq(rollout.0))
            .filter(Column::TargetId.is_in(targets.iter().map(|target| target.0)));
        self.update(update).await?;
        Ok(())
    }

    /// Takes a failed action out of its group, for another one is to take its place at `due`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn replace_failed(&self, failed: &Action, due: Timestamp) -> Result<(), Error> {
        use rollout_target::Column;
        let out = action::Entity::update_many()
            .col_expr(action::Column::RolloutGroupId, Expr::value(None::<i64>))
            .filter(action::Column::Id.eq(failed.id.0));
        self.update(out).await?;
        let update = rollout_target::Entity::update_many()
            .col_expr(Column::Attempt, Expr::col(Column::Attempt).add(1))
            .col_expr(Column::DueAt, Expr::value(due.millis()))
            .filter(Column::RolloutId.eq(failed.rollout.map(|id| id.0)))
            .filter(Column::TargetId.eq(failed.target.0));
        self.update(update).await?;
        Ok(())
    }

    /// Removes some actions of a rollout that have not started; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_scheduled(&self, rollout: RolloutId, limit: u64) -> Result<u64, Error> {
        let found = self.actions_in(rollout, &[State::Scheduled], limit).await?;
        let delete = action::Entity::delete_many()
            .filter(action::Column::Id.is_in(found.iter().map(|id| id.0)));
        self.delete(delete).await
    }

    /// Some actions of a rollout that are in one of these states.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn actions_in(
        &self,
        rollout: RolloutId,
        states: &[State],
        limit: u64,
    ) -> Result<Vec<ActionId>, Error> {
        let marks = vec!["?"; states.len()].join(", ");
        let sql = format!(
            "SELECT id FROM actions WHERE rollout_id = ? AND rollout_group_id IS NOT NULL \
             AND state IN ({marks}) LIMIT ?"
        );
        let states = states.iter().map(|state| Value::from(state_word(*state)));
        let values = std::iter::once(rollout.0.into()).chain(states);
        let values: Vec<Value> = values.chain([signed(limit).into()]).collect();
        Ok(ids(&self.query_sql(&sql, values).await?)?.into_iter().map(ActionId).collect())
    }

    /// Some actions of a group that were started by an instant and not answered since.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unanswered_actions(
        &self,
        group: RolloutGroupId,
        since: Timestamp,
        limit: u64,
    ) -> Result<Vec<ActionId>, Error> {
        const SQL: &str = "SELECT a.id AS id FROM actions AS a JOIN rollout_targets AS t \
              ON t.rollout_id = a.rollout_id AND t.target_id = a.target_id \
            WHERE a.rollout_group_id = ? \
              AND a.state IN ('waiting_for_confirmation', 'running', 'retrieved') \
              AND t.started_at <= ? LIMIT ?";
        let values = [group.0.into(), since.millis().into(), signed(limit).into()];
        Ok(ids(&self.query_sql(SQL, values).await?)?.into_iter().map(ActionId).collect())
    }

    /// Some actions of a group whose proof is overdue.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unproven_actions(
        &self,
        group: RolloutGroupId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<ActionId>, Error> {
        const SQL: &str = "SELECT action_id AS id FROM rollout_proofs \
            WHERE group_id = ? AND due_at <= ? LIMIT ?";
        let values = [group.0.into(), now.millis().into(), signed(limit).into()];
        Ok(ids(&self.query_sql(SQL, values).await?)?.into_iter().map(ActionId).collect())
    }

    /// Notes that an action needs a proof.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the action is gone.
    pub async fn want_proof(&self, action: &Action, due: Timestamp) -> Result<(), Error> {
        let Some(group) = action.rollout_group else {
            return Ok(());
        };
        let sql = "INSERT INTO rollout_proofs (action_id, target_id, group_id, due_at) \
            VALUES (?, ?, ?, ?) ON CONFLICT (action_id) DO NOTHING";
        let values =
            [action.id.0.into(), action.target.0.into(), group.0.into(), due.millis().into()];
        self.execute_sql(sql, values).await?;
        Ok(())
    }

    /// Notes that an action needs no proof any more; whether it did.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_proof(&self, action: ActionId) -> Result<bool, Error> {
        let sql = "DELETE FROM rollout_proofs WHERE action_id = ?";
        Ok(self.execute_sql(sql, [action.0.into()]).await? > 0)
    }

    /// The actions of a target that need a proof.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn wanted_proofs(&self, target: TargetId) -> Result<Vec<ActionId>, Error> {
        let sql = "SELECT action_id AS id FROM rollout_proofs WHERE target_id = ?";
        let rows = self.query_sql(sql, [target.0.into()]).await?;
        Ok(ids(&rows)?.into_iter().map(ActionId).collect())
    }

    /// Removes some of the rows of a rollout without actions, and in the end the rollout; whether
    /// it is gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_rollout(
        &self,
        tenant: TenantId,
        rollout: RolloutId,
        limit: u64,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM rollout_targets WHERE rollout_id = ? AND target_id IN \
            (SELECT target_id FROM rollout_targets WHERE rollout_id = ? LIMIT ?)";
        let values = [rollout.0.into(), rollout.0.into(), signed(limit).into()];
        if self.execute_sql(sql, values).await? > 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM rollout_counts WHERE group_id IN \
            (SELECT id FROM rollout_groups WHERE rollout_id = ?)";
        self.execute_sql(sql, [rollout.0.into()]).await?;
        let sql = "DELETE FROM rollouts WHERE id = ? AND tenant_id = ?";
        self.execute_sql(sql, [rollout.0.into(), tenant.0.into()]).await?;
        Ok(true)
    }
}
