//! Group commit: a writer gathers what waits, runs each job in a savepoint of its own, commits
//! once, and answers each with its own result.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, watch};

use crate::changes::Signal;
use crate::conn::Fault;
use crate::job::Job;
use crate::{Error, Session};

/// How often a job is run again after a deadlock or the like.
const RETRIES: u8 = 3;

/// How long a writer rests when the database cannot even begin.
const REST: Duration = Duration::from_millis(50);

/// A job in the queue.
struct Waiting {
    job: Box<dyn Job>,
    retries: u8,
}

/// A job that was run, and why it failed if that was not of its own doing.
struct Ran {
    job: Box<dyn Job>,
    failure: Option<Error>,
}

impl Ran {
    /// A job that did not fail of another's doing.
    fn of(waiting: Waiting) -> Self {
        Self { job: waiting.job, failure: None }
    }
}

/// How one job ended.
enum Outcome {
    /// It succeeded; its changes are part of the transaction.
    Kept,
    /// It failed; its changes are undone, those of the others are not.
    Undone(Option<Error>),
    /// It met a deadlock; its changes are undone and it may be tried again.
    Retry(Error),
    /// The whole transaction is lost.
    Lost(Error),
}

/// One writer: a queue and the connection that empties it.
pub(crate) struct Writer {
    /// Where its connections come from.
    pub(crate) pool: DatabaseConnection,
    /// The queue.
    pub(crate) queue: mpsc::Receiver<Box<dyn Job>>,
    /// Turns true when the store closes.
    pub(crate) stop: watch::Receiver<bool>,
    /// The most jobs of one transaction.
    pub(crate) batch: usize,
    /// Counts statements.
    pub(crate) statements: Arc<AtomicU64>,
    /// Told when events were committed.
    pub(crate) signal: Arc<Signal>,
}

impl Writer {
    /// Works until the store closes and the queue is empty.
    pub(crate) async fn run(mut self) {
        let mut waiting = VecDeque::new();
        while self.gather(&mut waiting).await {
            self.commit_some(&mut waiting).await;
        }
    }

    /// Waits for a job, then takes what else is there. False at the end.
    async fn gather(&mut self, waiting: &mut VecDeque<Waiting>) -> bool {
        if waiting.is_empty() {
            let next = tokio::select! {
                job = self.queue.recv() => job,
                () = stopped(&mut self.stop) => {
                    self.queue.close();
                    self.queue.recv().await
                }
            };
            let Some(job) = next else { return false };
            waiting.push_back(Waiting { job, retries: 0 });
        }
        while waiting.len() < self.batch {
            let Ok(job) = self.queue.try_recv() else {
                break;
            };
            waiting.push_back(Waiting { job, retries: 0 });
        }
        true
    }

    /// Runs what waits in one transaction. What met a deadlock waits again, ahead of the rest.
    async fn commit_some(&self, waiting: &mut VecDeque<Waiting>) {
        waiting.retain(|one| !one.job.is_abandoned());
        if waiting.is_empty() {
            return;
        }
        let transaction = match self.begin().await {
            Ok(transaction) => transaction,
            Err(error) => {
                let error = Error::Unavailable(error.to_string());
                answer_all(waiting.drain(..).map(Ran::of), &error);
                return tokio::time::sleep(REST).await;
            }
        };
        let events = AtomicI64::new(0);
        if waiting.len() == 1 {
            if let Some(one) = waiting.pop_front() {
                waiting.extend(self.run_alone(transaction, &events, one).await);
            }
            return;
        }
        let (ran, lost) = self.run_some(&transaction, &events, waiting).await;
        match lost {
            Some(error) => {
                drop(transaction);
                answer_all(ran.into_iter(), &error);
            }
            None => self.finish(transaction, ran, events.into_inner() > 0).await,
        }
    }

    /// Runs a single job, which needs no savepoint. Gives it back if it met a deadlock.
    async fn run_alone(
        &self,
        transaction: DatabaseTransaction,
        events: &AtomicI64,
        mut one: Waiting,
    ) -> Option<Waiting> {
        let (failure, is_retry) = match self.run_in(&transaction, events, one.job.as_mut()).await {
            Outcome::Kept => {
                let has_events = events.load(Ordering::Relaxed) > 0;
                self.finish(transaction, vec![Ran::of(one)], has_events).await;
                return None;
            }
            Outcome::Undone(failure) => (failure, false),
            Outcome::Retry(error) => (Some(error), one.retries < RETRIES),
            Outcome::Lost(error) => (Some(error), false),
        };
        self.statements.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = transaction.rollback().await {
            tracing::debug!(%error, "could not roll back");
        }
        if is_retry {
            one.retries += 1;
            return Some(one);
        }
        one.job.answer(failure);
        None
    }

    /// Runs jobs until none waits, one has to be run again, or the transaction is lost.
    async fn run_some(
        &self,
        transaction: &DatabaseTransaction,
        events: &AtomicI64,
        waiting: &mut VecDeque<Waiting>,
    ) -> (Vec<Ran>, Option<Error>) {
        let mut ran = Vec::with_capacity(waiting.len());
        while let Some(mut one) = waiting.pop_front() {
            let outcome = self.run_in_savepoint(transaction, events, one.job.as_mut()).await;
            let failure = match outcome {
                Outcome::Kept => None,
                Outcome::Undone(failure) => failure,
                Outcome::Retry(_) if one.retries < RETRIES => {
                    one.retries += 1;
                    waiting.push_front(one);
                    return (ran, None);
                }
                Outcome::Retry(error) => Some(error),
                Outcome::Lost(error) => {
                    ran.push(Ran::of(one));
                    return (ran, Some(error));
                }
            };
            ran.push(Ran { job: one.job, failure });
        }
        (ran, None)
    }

    async fn run_in_savepoint(
        &self,
        transaction: &DatabaseTransaction,
        events: &AtomicI64,
        job: &mut dyn Job,
    ) -> Outcome {
        self.statements.fetch_add(2, Ordering::Relaxed);
        let savepoint = match transaction.begin().await {
            Ok(savepoint) => savepoint,
            Err(error) => return Outcome::Lost(Error::Unavailable(error.to_string())),
        };
        let outcome = self.run_in(&savepoint, events, job).await;
        let closed = match outcome {
            Outcome::Kept => savepoint.commit().await,
            Outcome::Undone(_) | Outcome::Retry(_) => savepoint.rollback().await,
            Outcome::Lost(_) => return outcome,
        };
        match closed {
            Ok(()) => outcome,
            Err(error) => Outcome::Lost(Error::Unavailable(error.to_string())),
        }
    }

    async fn run_in(
        &self,
        transaction: &DatabaseTransaction,
        events: &AtomicI64,
        job: &mut dyn Job,
    ) -> Outcome {
        let session = Session::writing(transaction, &self.statements, events);
        let end = AssertUnwindSafe(job.run(&session)).catch_unwind().await;
        outcome_of(end.ok(), session.fault())
    }

    async fn finish(&self, transaction: DatabaseTransaction, ran: Vec<Ran>, has_events: bool) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = transaction.commit().await {
            return answer_all(ran.into_iter(), &Error::Unavailable(error.to_string()));
        }
        if has_events {
            self.signal.committed();
        }
        for one in ran {
            one.job.answer(one.failure);
        }
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let is_sqlite = self.pool.get_database_backend() == DbBackend::Sqlite;
        self.pool
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: is_sqlite.then_some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await
    }
}

/// Waits until the store closes or is dropped.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What became of a job: `end` is `None` if it panicked, else whether it succeeded.
fn outcome_of(end: Option<bool>, fault: Fault) -> Outcome {
    match (fault, end) {
        (Fault::Broken, _) => Outcome::Lost(Error::Unavailable("the connection was lost".into())),
        (_, None) => Outcome::Undone(Some(Error::Corrupt("the job panicked".into()))),
        (Fault::Retry, _) => Outcome::Retry(Error::Unavailable("deadlock".into())),
        (Fault::Statement, Some(true)) => {
            Outcome::Undone(Some(Error::Corrupt("the job overlooked a failed statement".into())))
        }
        (Fault::None | Fault::Statement, Some(false)) => Outcome::Undone(None),
        (Fault::None, Some(true)) => Outcome::Kept,
    }
}

fn answer_all(jobs: impl Iterator<Item = Ran>, error: &Error) {
    for one in jobs {
        one.job.answer(Some(error.clone()));
    }
}
