//! Opening the database: pools and their options.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{Backend, Error, StoreOptions};

/// The connections for reading and those for writing.
pub(crate) struct Pools {
    /// For reading.
    pub(crate) read: DatabaseConnection,
    /// For writing: one connection on SQLite, one a writer and one more on PostgreSQL.
    pub(crate) write: DatabaseConnection,
}

/// Opens both pools.
pub(crate) async fn connect(options: &StoreOptions, backend: Backend) -> Result<Pools, Error> {
    let (read, write) = match backend {
        Backend::Sqlite => {
            (sqlite(options, options.read_connections, true), sqlite(options, 1, false))
        }
        Backend::Postgres => (
            postgres(options, options.read_connections),
            // one more to tell the other nodes, one to hear them
            postgres(options, options.writers.saturating_add(2)),
        ),
    };
    // the writer first: it makes the file
    let write = open(write).await?;
    Ok(Pools { read: open(read).await?, write })
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection, Error> {
    Database::connect(options).await.map_err(|error| Error::Unavailable(error.to_string()))
}

fn basic(options: &StoreOptions, connections: u32) -> ConnectOptions {
    let mut basic = ConnectOptions::new(options.url.clone());
    basic
        .max_connections(connections.max(1))
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .record_stmt_in_spans(false)
        .sqlx_logging(false);
    basic
}

fn sqlite(options: &StoreOptions, connections: u32, only_read: bool) -> ConnectOptions {
    let synchronous =
        if options.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let mut sqlite = basic(options, connections);
    sqlite.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    sqlite.map_sqlx_sqlite_opts(move |opts| {
        opts.create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .pragma("temp_store", "memory")
            .pragma("query_only", if only_read { "1" } else { "0" })
    });
    sqlite
}

fn postgres(options: &StoreOptions, connections: u32) -> ConnectOptions {
    let commit = if options.durable { "on" } else { "off" };
    let mut postgres = basic(options, connections);
    // a busy connection is trusted, one that rested may have been cut
    postgres.test_before_acquire_if_idle_for(Duration::from_secs(1));
    postgres.map_sqlx_postgres_opts(move |opts| {
        opts.application_name("otahub").options([
            ("synchronous_commit", commit),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ])
    });
    postgres
}
