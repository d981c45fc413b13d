//! Brings a database up to date.

use sea_orm_migration::sea_orm::sqlx::sqlite::SqliteJournalMode;
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend,
};
use sea_orm_migration::{DbErr, MigrationTrait, MigratorTrait};

use crate::scripts;

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached.
    #[error("cannot open the database: {0}")]
    Unavailable(String),
    /// It was used by a later version of otahub.
    #[error("the database was made by a later version of otahub")]
    TooNew,
    /// A change failed; it was undone.
    #[error("cannot change the database: {0}")]
    Failed(String),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Custom(text) if text.contains("its file is missing") => Self::TooNew,
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// The number under which nodes that start at the same time wait for each other.
const LOCK: i64 = 0x6f74_6168_7562;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        scripts().into_iter().map(|script| Box::new(script) as Box<dyn MigrationTrait>).collect()
    }
}

/// Makes all changes that the database lacks and returns their names. A SQLite file that is not
/// there is made. Several nodes may do this at once on PostgreSQL.
///
/// # Errors
/// [`Error`].
pub async fn up(url: &str) -> Result<Vec<String>, Error> {
    let database = open(url, true).await?;
    let result = up_locked(&database).await;
    // closing gives the lock back, if there is one
    database.close().await?;
    result
}

async fn up_locked(database: &DatabaseConnection) -> Result<Vec<String>, Error> {
    if database.get_database_backend() == DbBackend::Postgres {
        database.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    }
    let names = names(&Migrator::get_pending_migrations(database).await?);
    Migrator::up(database, None).await?;
    Ok(names)
}

/// The names of the changes that the database lacks. Changes nothing.
///
/// # Errors
/// [`Error`].
pub async fn pending(url: &str) -> Result<Vec<String>, Error> {
    let database = match open(url, false).await {
        Ok(database) => database,
        Err(error) if is_missing_file(&error) => {
            return Ok(scripts().iter().map(|script| script.name.to_owned()).collect());
        }
        Err(error) => return Err(error.into()),
    };
    let pending = Migrator::get_pending_migrations_read_only(&database).await;
    database.close().await?;
    Ok(names(&pending?))
}

/// One connection: the lock is the connection's.
async fn open(url: &str, create: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |options| {
        let options = options.create_if_missing(create);
        if create { options.journal_mode(SqliteJournalMode::Wal) } else { options }
    });
    Database::connect(options).await
}

fn is_missing_file(error: &DbErr) -> bool {
    error.to_string().contains("(code: 14)")
}

fn names(migrations: &[sea_orm_migration::Migration]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_owned()).collect()
}
