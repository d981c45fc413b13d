//! The actions of rollouts' targets: scheduled, many at once.

use otahub_domain::action::State;
use otahub_domain::rollout::{Group, Rollout};
use otahub_domain::{RolloutGroupId, TargetId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{QueryResult, Value};

use crate::codec::{self, signed, unsigned};
use crate::entity::action;
use crate::target::CHUNK;
use crate::{Error, Session};

/// What actions a target has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burden {
    /// The target.
    pub target: TargetId,
    /// How many.
    pub actions: u64,
    /// One of them waits for its rollout's group.
    pub waits: bool,
}

impl Session<'_> {
    /// The next `limit` targets of a group that were not given their actions.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unscheduled_targets(
        &self,
        group: RolloutGroupId,
        limit: u64,
    ) -> Result<Vec<TargetId>, Error> {
        let sql = "SELECT target_id AS id FROM rollout_targets WHERE group_id = ? \
            AND target_id > (SELECT scheduled_until FROM rollout_groups WHERE id = ?) \
            ORDER BY target_id LIMIT ?";
        let values = [group.0.into(), group.0.into(), signed(limit).into()];
        let found = self.query_sql(sql, values).await?;
        let id = |row: &QueryResult| row.try_get("", "id").map(TargetId).map_err(Error::of);
        found.iter().map(id).collect()
    }

    /// Notes up to which of its targets a group was given its actions.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_scheduled_until(
        &self,
        group: RolloutGroupId,
        last: TargetId,
    ) -> Result<(), Error> {
        let sql = "UPDATE rollout_groups SET scheduled_until = ? WHERE id = ?";
        self.execute_sql(sql, [last.0.into(), group.0.into()]).await?;
        Ok(())
    }

    /// What actions some targets have. One look for each into an index, however many actions
    /// there are in all and whatever the database believes of their number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn burdens(&self, targets: &[TargetId]) -> Result<Vec<Burden>, Error> {
        let mut burdens = Vec::with_capacity(targets.len());
        for some in targets.chunks(CHUNK) {
            let sql = format!(
                "SELECT t.id AS id, (SELECT COUNT(*) FROM actions AS a WHERE a.target_id = t.id) \
                 AS actions, EXISTS (SELECT 1 FROM actions AS a WHERE a.target_id = t.id \
                 AND a.active = ? AND a.state = 'scheduled') AS waits \
                 FROM targets AS t WHERE t.id IN ({}) ORDER BY t.id",
                vec!["?"; some.len()].join(", ")
            );
            let ids = some.iter().map(|id| Value::from(id.0));
            for row in self.query_sql(&sql, std::iter::once(false.into()).chain(ids)).await? {
                let actions: i64 = row.try_get("", "actions").map_err(Error::of)?;
                burdens.push(Burden {
                    target: TargetId(row.try_get("", "id").map_err(Error::of)?),
                    actions: unsigned(actions),
                    waits: row.try_get("", "waits").map_err(Error::of)?,
                });
            }
        }
        Ok(burdens)
    }

    /// Cancels the scheduled actions of some targets.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn cancel_scheduled(
        &self,
        targets: &[TargetId],
        now: Timestamp,
    ) -> Result<(), Error> {
        use action::Column as A;
        for some in targets.chunks(CHUNK) {
            let update = Query::update()
                .table(action::Entity)
                .value(A::State, codec::state_word(State::Canceled))
                .value(A::ModifiedAt, now.millis())
                .value(A::Version, Expr::col(A::Version).add(1))
                .and_where(Expr::col(A::TargetId).is_in(some.iter().map(|id| id.0)))
                .and_where(Expr::col(A::Active).eq(false))
                .and_where(Expr::col(A::State).eq(codec::state_word(State::Scheduled)))
                .take();
            self.execute(&update).await?;
        }
        Ok(())
    }

    /// Makes scheduled actions of a group for some targets.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn schedule_targets(
        &self,
        rollout: &Rollout,
        group: &Group,
        targets: &[TargetId],
        now: Timestamp,
    ) -> Result<(), Error> {
        use action::Column as A;
        if targets.is_empty() {
            return Ok(());
        }
        let scheduled = codec::state_word(State::Scheduled);
        let (kind, forced_at) = codec::action_type_columns(rollout.action_type);
        let window = rollout.window.as_ref();
        let text = |part: Option<&String>| Value::from(part.cloned());
        let by = rollout.audit.created_by.as_str();
        let columns: [(A, Value); 17] = [
            (A::TenantId, rollout.tenant.0.into()),
            (A::SetId, rollout.set.0.into()),
            (A::ActionType, kind.into()),
            (A::ForcedAt, forced_at.into()),
            (A::State, scheduled.into()),
            (A::Active, false.into()),
            (A::Weight, rollout.weight.into()),
            (A::WindowSchedule, text(window.map(|window| &window.schedule))),
            (A::WindowDuration, text(window.map(|window| &window.duration))),
            (A::WindowTimezone, text(window.map(|window| &window.timezone))),
            (A::RetrievedLast, false.into()),
            (A::Entries, 0.into()),
            (A::RolloutId, rollout.id.0.into()),
            (A::RolloutGroupId, group.id.0.into()),
            (A::CreatedAt, now.millis().into()),
            (A::CreatedBy, by.into()),
            (A::ModifiedBy, by.into()),
        ];
        let names = columns.iter().map(|(column, _)| sea_orm::IdenStatic::as_str(column));
        let sql = format!(
            "INSERT INTO actions ({}, target_id, modified_at, version) SELECT {}, id, ?, 1 \
             FROM targets WHERE id IN ({}) ORDER BY id",
            names.collect::<Vec<_>>().join(", "),
            columns.iter().map(|(column, _)| typed(*column)).collect::<Vec<_>>().join(", "),
            vec!["?"; targets.len()].join(", "),
        );
        let values = columns.into_iter().map(|(_, value)| value);
        let values = values.chain([now.millis().into()]);
        let values = values.chain(targets.iter().map(|id| Value::from(id.0)));
        self.execute_sql(&sql, values.collect::<Vec<_>>()).await?;
        Ok(())
    }
}

/// A bound value of a column that has no value to tell its type by: PostgreSQL takes unknown ones
/// for text.
const fn typed(column: action::Column) -> &'static str {
    use action::Column as A;
    match column {
        A::TenantId | A::SetId | A::ForcedAt | A::RolloutId | A::RolloutGroupId | A::CreatedAt => {
            "CAST(? AS bigint)"
        }
        A::Weight | A::Entries => "CAST(? AS integer)",
        A::Active | A::RetrievedLast => "CAST(? AS boolean)",
        _ => "CAST(? AS text)",
    }
}
