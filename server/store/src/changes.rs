//! Tells those who read the event log that there is more to read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// The name under which nodes tell each other.
const CHANNEL: &str = "otahub_events";

/// How long a reader on PostgreSQL waits at most before it looks again of itself.
const TICK: Duration = Duration::from_secs(1);

/// When to look again after events came, for those that a longer transaction held back.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(15), Duration::from_millis(60), Duration::from_millis(200)];

/// Wakes up whenever events were committed, by this node or (on PostgreSQL) by any other.
///
/// A wake-up is a hint: there may be nothing new. On PostgreSQL one comes every second at least.
#[derive(Debug, Clone)]
pub struct Changes {
    count: watch::Receiver<u64>,
}

impl Changes {
    /// Waits for the next wake-up; those that came since the last call are one. False when the
    /// store is closed.
    pub async fn changed(&mut self) -> bool {
        self.count.changed().await.is_ok()
    }
}

/// The sending side of [`Changes`].
#[derive(Debug)]
pub(crate) struct Signal {
    count: watch::Sender<u64>,
    local: Notify,
    recent: Notify,
}

impl Signal {
    /// A signal that nobody hears yet.
    pub(crate) fn new() -> Self {
        Self { count: watch::Sender::new(0), local: Notify::new(), recent: Notify::new() }
    }

    /// A receiver that hears what comes from now on.
    pub(crate) fn subscribe(&self) -> Changes {
        Changes { count: self.count.subscribe() }
    }

    /// This node committed events.
    pub(crate) fn committed(&self) {
        self.bump();
        self.local.notify_one();
        self.recent.notify_one();
    }

    fn bump(&self) {
        self.count.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Tells the other nodes, once for all that was committed meanwhile.
pub(crate) async fn tell_others(
    signal: Arc<Signal>,
    pool: DatabaseConnection,
    statements: Arc<AtomicU64>,
) {
    let sql = format!("SELECT pg_notify('{CHANNEL}', '')");
    loop {
        signal.local.notified().await;
        statements.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = pool.execute_unprepared(&sql).await {
            tracing::warn!(%error, "could not tell the other nodes about new events");
        }
    }
}

/// Hears the other nodes, and connects again when the connection is lost.
pub(crate) async fn hear_others(signal: Arc<Signal>, pool: DatabaseConnection) {
    loop {
        if let Err(error) = hear(&signal, &pool).await {
            tracing::warn!(%error, "lost the notifications of the database, will listen again");
        }
        signal.bump();
        sleep(TICK).await;
    }
}

async fn hear(signal: &Signal, pool: &DatabaseConnection) -> Result<(), sea_orm::SqlxError> {
    let mut listener = PgListener::connect_with(pool.get_postgres_connection_pool()).await?;
    listener.listen(CHANNEL).await?;
    signal.bump();
    while listener.try_recv().await?.is_some() {
        signal.bump();
        signal.recent.notify_one();
    }
    Ok(())
}

/// Wakes readers up every second, and a few times soon after events came: a row stays hidden
/// until every transaction that began before its own has ended, and nobody is told of that.
pub(crate) async fn look_again(signal: Arc<Signal>) {
    loop {
        if timeout(TICK, signal.recent.notified()).await.is_err() {
            signal.bump();
            continue;
        }
        for pause in AGAIN {
            sleep(pause).await;
            signal.bump();
        }
    }
}
