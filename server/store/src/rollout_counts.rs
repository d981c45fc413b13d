//! How far rollouts and their groups are: sums of what triggers keep, and no look at actions.

use std::collections::HashMap;

use otahub_domain::action::State;
use otahub_domain::rollout::{Rollout, RolloutState, Tally};
use otahub_domain::{RolloutGroupId, RolloutId, Timestamp};
use sea_orm::{QueryResult, Value};

use crate::codec::{state_word, unsigned};
use crate::target::CHUNK;
use crate::{Error, Session};

/// How many targets a rollout has, and its actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Targets.
    pub targets: u64,
    /// Groups.
    pub groups: u64,
    /// Actions of all its groups.
    pub tally: Tally,
}

fn add(tally: &mut Tally, bucket: &str, number: u64) -> Result<(), Error> {
    match bucket {
        "planned" => tally.planned += number,
        "proving" => tally.proving += number,
        word => {
            let state = State::ALL.into_iter().find(|state| state_word(*state) == word);
            tally.add(state.ok_or_else(|| Error::corrupt("rollout count", word))?, number);
        }
    }
    Ok(())
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn get<T: sea_orm::TryGetable>(row: &QueryResult, column: &str) -> Result<T, Error> {
    row.try_get("", column).map_err(Error::of)
}

impl Session<'_> {
    /// The counts of a rollout's groups; those without any are left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout_tallies(
        &self,
        rollout: RolloutId,
    ) -> Result<HashMap<RolloutGroupId, Tally>, Error> {
        const SQL: &str = "SELECT group_id, bucket, CAST(SUM(number) AS bigint) AS number \
            FROM rollout_counts \
            WHERE group_id IN (SELECT id FROM rollout_groups WHERE rollout_id = ?) \
            GROUP BY group_id, bucket";
        let mut tallies: HashMap<_, Tally> = HashMap::new();
        for row in self.query_sql(SQL, [rollout.0.into()]).await? {
            let tally = tallies.entry(RolloutGroupId(get(&row, "group_id")?)).or_default();
            let bucket: String = get(&row, "bucket")?;
            add(tally, &bucket, unsigned(get(&row, "number")?))?;
        }
        Ok(tallies)
    }

    /// How far rollouts are, in the given order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout_progress(&self, rollouts: &[Rollout]) -> Result<Vec<Progress>, Error> {
        let mut found: HashMap<i64, Progress> = HashMap::new();
        for some in rollouts.chunks(CHUNK) {
            let ids = || some.iter().map(|rollout| Value::from(rollout.id.0));
            let marks = marks(some.len());
            let sql = format!(
                "SELECT g.rollout_id AS rollout_id, c.bucket AS bucket, \
                 CASE WHEN g.state IN ('creating', 'ready') THEN 1 ELSE 0 END AS waits, \
                 CAST(SUM(c.number) AS bigint) AS number FROM rollout_groups AS g \
                 JOIN rollout_counts AS c ON c.group_id = g.id \
                 WHERE g.rollout_id IN ({marks}) GROUP BY g.rollout_id, c.bucket, waits"
            );
            for row in self.query_sql(&sql, ids()).await? {
                let progress = found.entry(get(&row, "rollout_id")?).or_default();
                let (bucket, waits): (String, i32) = (get(&row, "bucket")?, get(&row, "waits")?);
                let number = unsigned(get(&row, "number")?);
                add(&mut progress.tally, &bucket, number)?;
                let is_target = match bucket.as_str() {
                    "planned" => waits == 1,
                    "proving" => false,
                    _ => waits == 0,
                };
                progress.targets += if is_target { number } else { 0 };
            }
            let sql = format!(
                "SELECT rollout_id, COUNT(*) AS number FROM rollout_groups \
                 WHERE rollout_id IN ({marks}) GROUP BY rollout_id"
            );
            for row in self.query_sql(&sql, ids()).await? {
                let progress = found.entry(get(&row, "rollout_id")?).or_default();
                progress.groups = unsigned(get(&row, "number")?);
            }
        }
        let of = |rollout: &Rollout| {
            let mut progress = found.get(&rollout.id.0).copied().unwrap_or_default();
            if rollout.state == RolloutState::Creating {
                progress.targets = rollout.matching;
            }
            progress
        };
        Ok(rollouts.iter().map(of).collect())
    }

    /// The same, but counted from the rows: what is kept has to agree with it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn recount_rollout(
        &self,
        rollout: RolloutId,
    ) -> Result<HashMap<RolloutGroupId, Tally>, Error> {
        const SQL: &str = "\
            SELECT rollout_group_id AS group_id, state AS bucket, COUNT(*) AS number \
            FROM actions WHERE rollout_group_id IN \
              (SELECT id FROM rollout_groups WHERE rollout_id = ?) GROUP BY 1, 2 \
            UNION ALL SELECT group_id, 'planned', COUNT(*) FROM rollout_targets \
            WHERE rollout_id = ? AND group_id IS NOT NULL GROUP BY 1 \
            UNION ALL SELECT group_id, 'proving', COUNT(*) FROM rollout_proofs \
            WHERE group_id IN (SELECT id FROM rollout_groups WHERE rollout_id = ?) GROUP BY 1";
        let mut tallies: HashMap<_, Tally> = HashMap::new();
        let id = || Value::from(rollout.0);
        for row in self.query_sql(SQL, [id(), id(), id()]).await? {
            let tally = tallies.entry(RolloutGroupId(get(&row, "group_id")?)).or_default();
            let bucket: String = get(&row, "bucket")?;
            add(tally, &bucket, unsigned(get(&row, "number")?))?;
        }
        Ok(tallies)
    }

    /// How many targets of a rollout were started after an instant.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn started_since(&self, rollout: RolloutId, since: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "SELECT COUNT(*) AS number FROM rollout_targets \
            WHERE rollout_id = ? AND started_at > ?";
        self.number(SQL, [rollout.0.into(), since.millis().into()]).await
    }

    /// Of each group, how many scheduled actions wait for their retry.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn waiting_retries(
        &self,
        rollout: RolloutId,
        now: Timestamp,
    ) -> Result<HashMap<RolloutGroupId, u64>, Error> {
        const SQL: &str = "SELECT a.rollout_group_id AS group_id, COUNT(*) AS number \
            FROM rollout_targets AS t JOIN actions AS a \
              ON a.target_id = t.target_id AND a.rollout_id = t.rollout_id \
            WHERE t.rollout_id = ? AND t.due_at > ? AND a.state = 'scheduled' \
              AND a.rollout_group_id IS NOT NULL GROUP BY a.rollout_group_id";
        self.per_group(SQL, [rollout.0.into(), now.millis().into()]).await
    }

    /// Of each group, how many actions were started by an instant and not answered since.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unanswered_since(
        &self,
        rollout: RolloutId,
        since: Timestamp,
    ) -> Result<HashMap<RolloutGroupId, u64>, Error> {
        const SQL: &str = "SELECT a.rollout_group_id AS group_id, COUNT(*) AS number \
            FROM actions AS a JOIN rollout_targets AS t \
              ON t.rollout_id = a.rollout_id AND t.target_id = a.target_id \
            WHERE a.rollout_id = ? \
              AND a.state IN ('waiting_for_confirmation', 'running', 'retrieved') \
              AND t.started_at <= ? AND a.rollout_group_id IS NOT NULL \
            GROUP BY a.rollout_group_id";
        self.per_group(SQL, [rollout.0.into(), since.millis().into()]).await
    }

    /// When the first of a rollout's actions was started that are not answered.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn oldest_unanswered(&self, rollout: RolloutId) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "SELECT MIN(t.started_at) AS started_at \
            FROM actions AS a JOIN rollout_targets AS t \
              ON t.rollout_id = a.rollout_id AND t.target_id = a.target_id \
            WHERE a.rollout_id = ? AND a.rollout_group_id IS NOT NULL \
              AND a.state IN ('waiting_for_confirmation', 'running', 'retrieved')";
        let rows = self.query_sql(SQL, [rollout.0.into()]).await?;
        let oldest: Option<i64> = rows.first().map_or(Ok(None), |row| get(row, "started_at"))?;
        Ok(oldest.map(Timestamp::from_millis))
    }

    /// Of each group, how many proofs are overdue.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overdue_proofs(
        &self,
        rollout: RolloutId,
        now: Timestamp,
    ) -> Result<HashMap<RolloutGroupId, u64>, Error> {
        const SQL: &str = "SELECT group_id, COUNT(*) AS number FROM rollout_proofs \
            WHERE group_id IN (SELECT id FROM rollout_groups WHERE rollout_id = ?) \
              AND due_at <= ? GROUP BY group_id";
        self.per_group(SQL, [rollout.0.into(), now.millis().into()]).await
    }

    async fn per_group(
        &self,
        sql: &str,
        values: [Value; 2],
    ) -> Result<HashMap<RolloutGroupId, u64>, Error> {
        let rows = self.query_sql(sql, values).await?;
        let one = |row: &QueryResult| {
            Ok((RolloutGroupId(get(row, "group_id")?), unsigned(get(row, "number")?)))
        };
        rows.iter().map(one).collect()
    }

    async fn number(&self, sql: &str, values: [Value; 2]) -> Result<u64, Error> {
        let rows = self.query_sql(sql, values).await?;
        rows.first().map_or(Ok(0), |row| Ok(unsigned(get(row, "number")?)))
    }
}
