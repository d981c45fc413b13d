//! The event log, which is the outbox too.
//!
//! Events are numbered such that a reader who goes on after the last number it saw misses none.
//! SQLite has one writer, so counting is enough. On PostgreSQL transactions end in another order
//! than that in which they took numbers from a counter. There an event's number is made of its
//! transaction's number (times 2^20, plus its place in the transaction), and readers see only
//! those of transactions before the oldest that still runs: none of these can come late. The
//! price: a long writing transaction anywhere on the server holds all readers up while it lasts.
//!
//! A database that was restored from a dump begins to count transactions anew. [`mend_shift`]
//! keeps event numbers growing all the same: it is called whenever a store is opened.

use otahub_domain::{ActionId, TargetId, TenantId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Value,
};

use crate::codec::{signed, unsigned};
use crate::entity::event::{Column, Entity, Model};
use crate::target::CHUNK;
use crate::{Error, Session};

/// Something that happened, to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// To whom it happened.
    pub tenant: TenantId,
    /// What, in a word of at most 64 letters.
    pub kind: String,
    /// The target it is about.
    pub target: Option<TargetId>,
    /// That target's controller id, for when the target is gone.
    pub controller_id: Option<String>,
    /// The action it is about.
    pub action: Option<ActionId>,
    /// More about it, in JSON.
    pub payload: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number: later events have higher ones, with gaps.
    pub seq: i64,
    /// To whom it happened.
    pub tenant: TenantId,
    /// What.
    pub kind: String,
    /// The target it is about.
    pub target: Option<TargetId>,
    /// That target's controller id.
    pub controller_id: Option<String>,
    /// The action it is about.
    pub action: Option<ActionId>,
    /// More about it, in JSON.
    pub payload: String,
    /// When.
    pub created_at: Timestamp,
}

impl From<Model> for Event {
    fn from(row: Model) -> Self {
        Self {
            seq: row.seq,
            tenant: TenantId(row.tenant_id),
            kind: row.kind,
            target: row.target_id.map(TargetId),
            controller_id: row.controller_id,
            action: row.action_id.map(ActionId),
            payload: row.payload,
            created_at: Timestamp::from_millis(row.created_at),
        }
    }
}

const COLUMNS: &str = "tenant_id, kind, target_id, controller_id, action_id, payload, created_at";

/// A row of values with its place among this transaction's events, on PostgreSQL, which cannot
/// tell the types of values that are not there.
const OWN_ROW: &str = "\
(?::bigint, ?::text, ?::bigint, ?::text, ?::bigint, ?::text, ?::bigint, ?::bigint)";

/// The first number of this transaction's events, on PostgreSQL.
const OWN: &str = "\
((pg_current_xact_id()::text::bigint + (SELECT shift FROM event_clock)) * 1048576)";

/// Events whose numbers nobody can come before any more, on PostgreSQL.
const SETTLED: &str = "\
seq < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
+ (SELECT shift FROM event_clock)) * 1048576";

/// Moves the numbers of later events beyond those that are there, should they not be.
const MEND: &str = "\
UPDATE event_clock SET shift = newest.transaction + 1 - newest.next
FROM (SELECT COALESCE(MAX(seq), 0) / 1048576 AS transaction,
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next FROM events) AS newest
WHERE newest.transaction >= newest.next + event_clock.shift";

impl Session<'_> {
    /// Adds an event to the log; part of the job's transaction.
    ///
    /// # Errors
    /// [`Error::Corrupt`] outside of a job.
    pub async fn append_event(&self, event: &NewEvent, now: Timestamp) -> Result<(), Error> {
        self.append_events(std::slice::from_ref(event), now).await
    }

    /// Adds events to the log, in this order; part of the job's transaction.
    ///
    /// # Errors
    /// [`Error::Corrupt`] outside of a job.
    pub async fn append_events(&self, events: &[NewEvent], now: Timestamp) -> Result<(), Error> {
        for some in events.chunks(CHUNK) {
            let mut values = Vec::with_capacity(some.len() * 8);
            for event in some {
                let Some(place) = self.next_event() else {
                    return Err(Error::Corrupt("an event is part of a job".into()));
                };
                values.extend::<[Value; 7]>([
                    event.tenant.0.into(),
                    event.kind.as_str().into(),
                    event.target.map(|id| id.0).into(),
                    event.controller_id.clone().into(),
                    event.action.map(|id| id.0).into(),
                    event.payload.as_str().into(),
                    now.millis().into(),
                ]);
                if self.is_postgres() {
                    values.push(place.into());
                }
            }
            let sql = if self.is_postgres() {
                let rows = vec![OWN_ROW; some.len()].join(", ");
                format!(
                    "INSERT INTO events ({COLUMNS}, seq) SELECT {COLUMNS}, own.first + place \
                     FROM (VALUES {rows}) AS new ({COLUMNS}, place), (SELECT {OWN} AS first) AS own"
                )
            } else {
                let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; some.len()].join(", ");
                format!("INSERT INTO events ({COLUMNS}) VALUES {rows}")
            };
            self.execute_sql(&sql, values).await?;
        }
        Ok(())
    }

    /// The events after a number, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_after(&self, seq: i64, limit: u64) -> Result<Vec<Event>, Error> {
        let mut select = Entity::find().filter(Column::Seq.gt(seq));
        if self.is_postgres() {
            select = select.filter(Expr::cust(SETTLED));
        }
        let select = select.order_by_asc(Column::Seq).limit(unsigned(signed(limit)));
        Ok(self.all(select).await?.into_iter().map(Event::from).collect())
    }

    /// The number of the newest event that readers see, 0 if there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn last_event(&self) -> Result<i64, Error> {
        let mut select = Entity::find();
        if self.is_postgres() {
            select = select.filter(Expr::cust(SETTLED));
        }
        let last = self.one(select.order_by_desc(Column::Seq).limit(1)).await?;
        Ok(last.map_or(0, |event| event.seq))
    }

    /// The number of the oldest event that is still there, 0 if there is none: who left off
    /// before it has missed some.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn first_event(&self) -> Result<i64, Error> {
        let first = self.one(Entity::find().order_by_asc(Column::Seq).limit(1)).await?;
        Ok(first.map_or(0, |event| event.seq))
    }

    /// Removes events from before an instant, but never the newest, nor what a consumer has not
    /// done yet; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_events(&self, before: Timestamp) -> Result<u64, Error> {
        let sql = "DELETE FROM events WHERE created_at < ? \
                   AND seq < (SELECT MAX(seq) FROM events) \
                   AND seq <= COALESCE((SELECT MIN(seq) FROM consumers), 9223372036854775807)";
        self.execute_sql(sql, [before.millis().into()]).await
    }
}

/// Sees to it that later events get higher numbers than those that are there (PostgreSQL).
pub(crate) async fn mend_shift(session: &Session<'_>) -> Result<(), Error> {
    let mended = session.execute_sql(MEND, []).await?;
    if mended > 0 {
        tracing::warn!("the database counts transactions anew: event numbers were moved on");
    }
    Ok(())
}
