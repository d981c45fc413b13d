//! The connection below a session: it counts statements and remembers faults.

use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement,
};

use crate::error::Cause;

/// The worst that happened in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A statement failed.
    Statement,
    /// A deadlock or the like.
    Retry,
    /// The connection was lost.
    Broken,
}

impl Fault {
    const fn of(level: u8) -> Self {
        match level {
            0 => Self::None,
            1 => Self::Statement,
            2 => Self::Retry,
            _ => Self::Broken,
        }
    }
}

/// A connection that counts statements and remembers faults.
pub(crate) struct Conn<'s> {
    via: Via<'s>,
    statements: &'s AtomicU64,
    events: Option<&'s AtomicI64>,
    fault: AtomicU8,
}

/// A pool or a transaction.
pub(crate) enum Via<'s> {
    /// Each statement on its own.
    Pool(&'s DatabaseConnection),
    /// All in one transaction, or in one of its savepoints.
    Transaction(&'s DatabaseTransaction),
}

impl<'s> Conn<'s> {
    /// A connection through `via`; `events` counts those of the transaction.
    pub(crate) const fn new(
        via: Via<'s>,
        statements: &'s AtomicU64,
        events: Option<&'s AtomicI64>,
    ) -> Self {
        Self { via, statements, events, fault: AtomicU8::new(0) }
    }

    /// The worst that happened so far.
    pub(crate) fn fault(&self) -> Fault {
        Fault::of(self.fault.load(Ordering::Relaxed))
    }

    /// Whether this is part of a job, and so of a transaction.
    pub(crate) const fn is_in_job(&self) -> bool {
        self.events.is_some()
    }

    /// The place of the next event in its transaction; `None` outside of one.
    pub(crate) fn next_event(&self) -> Option<i64> {
        self.events.map(|events| events.fetch_add(1, Ordering::Relaxed))
    }

    fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &result {
            let fault = match Cause::of(error) {
                Cause::Unique(_) | Cause::Reference | Cause::Busy | Cause::Other => {
                    Fault::Statement
                }
                Cause::Retry => Fault::Retry,
                Cause::Broken => Fault::Broken,
            };
            self.fault.fetch_max(fault as u8, Ordering::Relaxed);
        }
        result
    }
}

#[async_trait]
impl ConnectionTrait for Conn<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match &self.via {
            Via::Pool(pool) => pool.get_database_backend(),
            Via::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.note(match &self.via {
            Via::Pool(pool) => pool.execute_raw(statement).await,
            Via::Transaction(transaction) => transaction.execute_raw(statement).await,
        })
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.note(match &self.via {
            Via::Pool(pool) => pool.execute_unprepared(sql).await,
            Via::Transaction(transaction) => transaction.execute_unprepared(sql).await,
        })
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.note(match &self.via {
            Via::Pool(pool) => pool.query_one_raw(statement).await,
            Via::Transaction(transaction) => transaction.query_one_raw(statement).await,
        })
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(match &self.via {
            Via::Pool(pool) => pool.query_all_raw(statement).await,
            Via::Transaction(transaction) => transaction.query_all_raw(statement).await,
        })
    }
}
