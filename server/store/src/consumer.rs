//! Who reads the event log for others, how far it is, and what it could not deliver.

use std::time::Duration;

use otahub_domain::{ActionId, TenantId, Timestamp};
use sea_orm::QueryResult;

use crate::{Error, Session};

/// When undelivered work is tried again first, and last of all.
const RETRY: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3600));
/// For how long work is kept that cannot be delivered.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Work that could not be delivered, and is kept to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldWork {
    /// Its number; 0 for work that is new here.
    pub id: i64,
    /// Whose device.
    pub tenant: TenantId,
    /// Which device.
    pub controller_id: String,
    /// What, as the event log names it.
    pub kind: String,
    /// The action that it is about.
    pub action: Option<ActionId>,
    /// Where the device could be reached.
    pub address: String,
    /// Why it was not delivered.
    pub cause: String,
    /// How often it was not.
    pub tries: i64,
}

const HEAR: &str = "\
INSERT INTO consumers (name, seq, seen_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
RETURNING seq";

const HOLD: &str = "\
INSERT INTO held_work (consumer, tenant_id, controller_id, kind, action_id, address, cause,
  tries, since, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (consumer, tenant_id, controller_id, kind, action_id) DO UPDATE SET
  address = excluded.address, cause = excluded.cause, tries = held_work.tries + 1,
  due_at = excluded.since + CASE WHEN held_work.tries >= 9 THEN ?
    ELSE (excluded.due_at - excluded.since) * (1 << CAST(held_work.tries AS INTEGER)) END";

const DUE: &str = "\
SELECT id, tenant_id, controller_id, kind, action_id, address, cause, tries FROM held_work
WHERE consumer = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?";

impl Session<'_> {
    /// Notes that a consumer is there. Gives the point up to which its work is done; one that is
    /// new begins at `start`. To be called in a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn hear_consumer(
        &self,
        name: &str,
        start: i64,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let rows = self.query_sql(HEAR, [name.into(), start.into(), now.millis().into()]).await?;
        let row = rows.first().ok_or_else(|| Error::Corrupt("a consumer has no row".into()))?;
        row.try_get("", "seq").map_err(Error::of)
    }

    /// Moves the point up to which a consumer's work is done; never back.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn advance_consumer(
        &self,
        name: &str,
        seq: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE consumers SET seq = ?, seen_at = ? WHERE name = ? AND seq < ?";
        let values = [seq.into(), now.millis().into(), name.into(), seq.into()];
        self.execute_sql(sql, values).await.map(|_| ())
    }

    /// Forgets consumers that were not heard of since an instant, with what was kept for them;
    /// and work that was kept for too long. How much of it there was.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_consumers(&self, before: Timestamp, now: Timestamp) -> Result<u64, Error> {
        let sql = "DELETE FROM consumers WHERE seen_at < ?";
        self.execute_sql(sql, [before.millis().into()]).await?;
        let sql = "DELETE FROM held_work WHERE since < ? \
                   OR consumer NOT IN (SELECT name FROM consumers)";
        self.execute_sql(sql, [now.minus(KEPT).millis().into()]).await
    }

    /// Keeps work that could not be delivered. It is due again later each time.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn hold_work(
        &self,
        consumer: &str,
        work: &HeldWork,
        now: Timestamp,
    ) -> Result<(), Error> {
        let values = [
            consumer.into(),
            work.tenant.0.into(),
            work.controller_id.as_str().into(),
            work.kind.as_str().into(),
            work.action.map_or(0, |action| action.0).into(),
            work.address.as_str().into(),
            work.cause.as_str().into(),
            now.millis().into(),
            now.plus(RETRY.0).millis().into(),
            i64::try_from(RETRY.1.as_millis()).unwrap_or(i64::MAX).into(),
        ];
        self.execute_sql(HOLD, values).await.map(|_| ())
    }

    /// Kept work that is due, the longest due first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn due_work(
        &self,
        consumer: &str,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<HeldWork>, Error> {
        let limit = crate::codec::signed(limit);
        let values = [consumer.into(), now.millis().into(), limit.into()];
        let rows = self.query_sql(DUE, values).await?;
        rows.iter().map(held).collect()
    }

    /// How much work is kept, by consumer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_held_work(&self, consumer: &str) -> Result<i64, Error> {
        let sql = "SELECT COUNT(*) AS count FROM held_work WHERE consumer = ?";
        let rows = self.query_sql(sql, [consumer.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.try_get("", "count").map_err(Error::of))
    }

    /// Why a device could not be told what there is for it, if anything waits.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn why_undelivered(
        &self,
        tenant: TenantId,
        controller_id: &str,
    ) -> Result<Option<String>, Error> {
        let sql = "SELECT cause FROM held_work WHERE tenant_id = ? AND controller_id = ? \
                   ORDER BY id DESC LIMIT 1";
        let rows = self.query_sql(sql, [tenant.0.into(), controller_id.into()]).await?;
        rows.first().map(|row| row.try_get("", "cause").map_err(Error::of)).transpose()
    }

    /// Forgets kept work that is done.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_held_work(&self, consumer: &str, id: i64) -> Result<(), Error> {
        let sql = "DELETE FROM held_work WHERE consumer = ? AND id = ?";
        self.execute_sql(sql, [consumer.into(), id.into()]).await.map(|_| ())
    }
}

fn held(row: &QueryResult) -> Result<HeldWork, Error> {
    let action: i64 = row.try_get("", "action_id").map_err(Error::of)?;
    Ok(HeldWork {
        id: row.try_get("", "id").map_err(Error::of)?,
        tenant: TenantId(row.try_get("", "tenant_id").map_err(Error::of)?),
        controller_id: row.try_get("", "controller_id").map_err(Error::of)?,
        kind: row.try_get("", "kind").map_err(Error::of)?,
        action: (action != 0).then_some(ActionId(action)),
        address: row.try_get("", "address").map_err(Error::of)?,
        cause: row.try_get("", "cause").map_err(Error::of)?,
        tries: row.try_get("", "tries").map_err(Error::of)?,
    })
}
