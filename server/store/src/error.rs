//! What can go wrong with the database, in words that are safe to show.

use otahub_domain::{Entity, Error as Refusal};
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// A failure of the store. `Display` is safe for strangers; the inside is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or gave the work up.
    #[error("the database is not available")]
    Unavailable(String),
    /// Somebody else changed or removed the row first.
    #[error("the row was changed by somebody else")]
    Conflict,
    /// A unique key is taken. Names the table.
    #[error("a unique key is taken")]
    Unique(String),
    /// What stands in the database makes no sense, or the hub has a fault.
    #[error("internal error")]
    Corrupt(String),
}

impl Error {
    /// A stored value that the domain does not know.
    pub(crate) fn corrupt(what: &str, value: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("{what}: {value}"))
    }

    /// The failure behind what sea-orm says.
    pub(crate) fn of(error: DbErr) -> Self {
        match Cause::of(&error) {
            Cause::Unique(table) => Self::Unique(table),
            Cause::Reference => Self::Conflict,
            Cause::Busy | Cause::Retry | Cause::Broken => Self::Unavailable(error.to_string()),
            Cause::Other => Self::Corrupt(error.to_string()),
        }
    }
}

/// What a database error means for the transaction that it happened in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A unique key of this table is taken.
    Unique(String),
    /// A row that is referred to is gone, or a row that is to go is referred to.
    Reference,
    /// The statement took too long, or too much.
    Busy,
    /// A deadlock or the like: the job may succeed when it is run again.
    Retry,
    /// The connection, or its transaction, is of no use any more.
    Broken,
    /// Anything else: a wrong statement, a value that does not fit.
    Other,
}

impl Cause {
    /// Sorts an error of sea-orm.
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Broken,
            DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => Self::of_driver(inner),
            _ => Self::Other,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(inner) => Self::of_database(inner.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Broken,
            _ => Self::Other,
        }
    }

    fn of_database(error: &dyn sqlx::error::DatabaseError) -> Self {
        if error.is_unique_violation() {
            return Self::Unique(unique_table(error));
        }
        if error.is_foreign_key_violation() {
            return Self::Reference;
        }
        let code = error.code().unwrap_or_default();
        match code.parse::<u32>() {
            // PostgreSQL has five characters, SQLite at most four digits
            Ok(number) if code.len() < 5 => Self::of_sqlite(number & 0xff),
            _ => Self::of_postgres(&code),
        }
    }

    /// After some errors SQLite has undone the whole transaction of itself.
    const fn of_sqlite(code: u32) -> Self {
        match code {
            // busy, locked
            5 | 6 => Self::Retry,
            // no memory, interrupted, I/O, full disk, cannot open
            7 | 9 | 10 | 13 | 14 => Self::Broken,
            _ => Self::Other,
        }
    }

    fn of_postgres(code: &str) -> Self {
        match code {
            // serialization failure, deadlock, lock not available
            "40001" | "40P01" | "55P03" => Self::Retry,
            // statement timeout
            "57014" => Self::Busy,
            _ if code.starts_with("53") => Self::Busy,
            _ if ["08", "57", "58"].iter().any(|class| code.starts_with(class)) => Self::Broken,
            _ => Self::Other,
        }
    }
}

fn unique_table(error: &dyn sqlx::error::DatabaseError) -> String {
    if let Some(table) = error.table() {
        return table.to_owned();
    }
    // SQLite: "UNIQUE constraint failed: targets.tenant_id, targets.controller_id"
    let columns = error.message().rsplit(": ").next().unwrap_or_default();
    columns.split('.').next().unwrap_or_default().to_owned()
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict => Self::Conflict,
            Error::Unique(table) => match entity_of(&table) {
                Some(entity) => Self::AlreadyExists { entity },
                None => {
                    tracing::error!(%table, "a unique key is taken that nobody can choose");
                    Self::Internal
                }
            },
            Error::Unavailable(inside) => {
                tracing::warn!(%inside, "the database is not available");
                Self::Unavailable
            }
            Error::Corrupt(inside) => {
                tracing::error!(%inside, "a fault in the store");
                Self::Internal
            }
        }
    }
}

fn entity_of(table: &str) -> Option<Entity> {
    Some(match table {
        "tenants" => Entity::Tenant,
        "tenant_settings" => Entity::TenantConfiguration,
        "users" => Entity::User,
        "api_tokens" => Entity::ApiToken,
        "targets" => Entity::Target,
        "target_metadata" => Entity::TargetMetadata,
        "target_types" => Entity::TargetType,
        "target_tags" => Entity::TargetTag,
        "target_filters" => Entity::TargetFilter,
        "software_module_types" => Entity::SoftwareModuleType,
        "software_modules" => Entity::SoftwareModule,
        "software_module_metadata" => Entity::SoftwareModuleMetadata,
        "artifacts" => Entity::Artifact,
        "distribution_set_types" => Entity::DistributionSetType,
        "distribution_sets" => Entity::DistributionSet,
        "distribution_set_tags" => Entity::DistributionSetTag,
        "distribution_set_metadata" => Entity::DistributionSetMetadata,
        "actions" => Entity::Action,
        "rollouts" => Entity::Rollout,
        "rollout_groups" => Entity::RolloutGroup,
        _ => return None,
    })
}
