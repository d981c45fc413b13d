//! The store: where sessions come from and where jobs go to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use sea_orm::DatabaseConnection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::changes::{self, Signal};
use crate::connect::{self, Pools};
use crate::event::mend_shift;
use crate::job::{Job, Task};
use crate::writer::Writer;
use crate::{Changes, Error, Lane, Session};

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file beside the hub; one node.
    Sqlite,
    /// A server, version 15 or later; any number of nodes.
    Postgres,
}

impl Backend {
    /// The URL of a SQLite file, whatever characters its path has.
    #[must_use]
    pub fn sqlite_url(file: &Path) -> String {
        let mut url = String::from("sqlite:");
        for letter in file.to_string_lossy().chars() {
            match letter {
                '%' => url.push_str("%25"),
                '?' => url.push_str("%3F"),
                '#' => url.push_str("%23"),
                _ => url.push(letter),
            }
        }
        url
    }

    /// The kind that a URL speaks of.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        match url.split(':').next() {
            Some("sqlite") => Some(Self::Sqlite),
            Some("postgres" | "postgresql") => Some(Self::Postgres),
            _ => None,
        }
    }
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// Connections for reading.
    pub read_connections: u32,
    /// Writers side by side; SQLite always has one.
    pub writers: u32,
    /// Jobs that may wait for one writer before callers have to.
    pub queue: usize,
    /// The most jobs that are committed together.
    pub batch: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// What was answered survives a power cut. Only tests may do without.
    pub durable: bool,
}

impl StoreOptions {
    /// The usual options for this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            read_connections: 4,
            writers: 4,
            queue: 1024,
            batch: 128,
            acquire_timeout: Duration::from_secs(10),
            durable: true,
        }
    }
}

/// An open database. Cheap to clone; all clones share connections and writers.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    read: DatabaseConnection,
    write: DatabaseConnection,
    queues: Vec<mpsc::Sender<Box<dyn Job>>>,
    next_queue: AtomicUsize,
    statements: Arc<AtomicU64>,
    signal: Arc<Signal>,
    stop: watch::Sender<bool>,
    writers: Mutex<Vec<JoinHandle<()>>>,
    helpers: Vec<AbortHandle>,
}

impl Store {
    /// Opens the database, which must have been migrated.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it cannot be reached.
    pub async fn open(options: &StoreOptions) -> Result<Self, Error> {
        let backend = Backend::of_url(&options.url)
            .ok_or_else(|| Error::Unavailable("the URL is neither sqlite nor postgres".into()))?;
        let Pools { read, write } = connect::connect(options, backend).await?;
        let statements = Arc::new(AtomicU64::new(0));
        if backend == Backend::Postgres {
            mend_shift(&Session::reading(&write, &statements)).await?;
        }
        let signal = Arc::new(Signal::new());
        let stop = watch::Sender::new(false);
        let start = Start { options, pool: &write, statements: &statements, signal: &signal };
        let (queues, writers) = start.writers(backend, &stop);
        let helpers = if backend == Backend::Postgres { start.helpers() } else { Vec::new() };
        Ok(Self {
            inner: Arc::new(Inner {
                backend,
                read,
                write,
                queues,
                next_queue: AtomicUsize::new(0),
                statements,
                signal,
                stop,
                writers: Mutex::new(writers),
                helpers,
            }),
        })
    }

    /// A session for reading, each query on its own.
    #[must_use]
    pub fn read(&self) -> Session<'_> {
        Session::reading(&self.inner.read, &self.inner.statements)
    }

    /// Runs a job in a transaction and returns its result once that is on disk.
    ///
    /// Jobs that wait together are committed together; one that fails is undone alone. A job may
    /// be run more than once (after a deadlock), so it must not do anything but use its session.
    /// A job of a caller that goes away is run whole or not at all.
    ///
    /// # Errors
    /// What the job returns; [`Error::Unavailable`] if it could not be committed.
    pub async fn write<T, E, F>(&self, lane: Lane, job: F) -> Result<T, E>
    where
        F: for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<T, E>> + Send + Sync + 'static,
        E: From<Error> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let closed = || Error::Unavailable("the store is closed".into());
        let task: Box<dyn Job> = Box::new(Task::new(job, reply));
        let Some(queue) = self.inner.queues.get(self.inner.pick(lane)) else {
            return Err(closed().into());
        };
        // at once if there is room, so that calls are queued in the order in which they are made
        match queue.try_send(task) {
            Ok(()) => {}
            Err(TrySendError::Full(task)) => queue.send(task).await.map_err(|_| closed())?,
            Err(TrySendError::Closed(_)) => return Err(closed().into()),
        }
        answer.await.map_err(|_| closed())?
    }

    /// How many writers there are.
    #[must_use]
    pub fn writers(&self) -> usize {
        self.inner.queues.len()
    }

    /// Which writer, counted from 0, runs the jobs of a lane.
    #[must_use]
    pub fn writer_of(&self, lane: Lane) -> usize {
        self.inner.pick(lane)
    }

    /// A receiver that wakes up whenever events are committed.
    #[must_use]
    pub fn changes(&self) -> Changes {
        self.inner.signal.subscribe()
    }

    /// How many statements were sent to the database so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// The kind of database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.inner.statements.fetch_add(1, Ordering::Relaxed);
        self.inner.read.ping().await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// Finishes the jobs that wait, takes no more, and closes the connections.
    pub async fn close(&self) {
        self.inner.stop.send_replace(true);
        for writer in self.inner.writers.lock().await.drain(..) {
            // a writer that panicked has nothing left to finish
            let _ = writer.await;
        }
        for helper in &self.inner.helpers {
            helper.abort();
        }
        for pool in [&self.inner.read, &self.inner.write] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "could not close the database");
            }
        }
    }
}

impl Inner {
    fn pick(&self, lane: Lane) -> usize {
        let count = self.queues.len().max(1);
        match lane.0 {
            Some(hash) => usize::try_from(hash % count as u64).unwrap_or(0),
            None => self.next_queue.fetch_add(1, Ordering::Relaxed) % count,
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for helper in &self.helpers {
            helper.abort();
        }
    }
}

/// What the tasks of a store are started with.
struct Start<'a> {
    options: &'a StoreOptions,
    pool: &'a DatabaseConnection,
    statements: &'a Arc<AtomicU64>,
    signal: &'a Arc<Signal>,
}

impl Start<'_> {
    #[expect(clippy::type_complexity, reason = "two lists that belong together, used once")]
    fn writers(
        &self,
        backend: Backend,
        stop: &watch::Sender<bool>,
    ) -> (Vec<mpsc::Sender<Box<dyn Job>>>, Vec<JoinHandle<()>>) {
        let count = if backend == Backend::Sqlite { 1 } else { self.options.writers.max(1) };
        let start_one = |_| {
            let (sender, queue) = mpsc::channel(self.options.queue.max(1));
            let writer = Writer {
                pool: self.pool.clone(),
                queue,
                stop: stop.subscribe(),
                batch: self.options.batch.max(1),
                statements: self.statements.clone(),
                signal: self.signal.clone(),
            };
            (sender, tokio::spawn(writer.run()))
        };
        (0..count).map(start_one).unzip()
    }

    fn helpers(&self) -> Vec<AbortHandle> {
        let (signal, pool) = (self.signal, self.pool);
        let tell = changes::tell_others(signal.clone(), pool.clone(), self.statements.clone());
        let hear = changes::hear_others(signal.clone(), pool.clone());
        let again = changes::look_again(signal.clone());
        vec![
            tokio::spawn(tell).abort_handle(),
            tokio::spawn(hear).abort_handle(),
            tokio::spawn(again).abort_handle(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_of_odd_names_can_be_opened() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b%20?#ä.db");
        let url = Backend::sqlite_url(&file);
        assert_eq!(Backend::of_url(&url), Some(Backend::Sqlite));
        let store = Store::open(&StoreOptions::new(url)).await.unwrap();
        store.ping().await.unwrap();
        store.close().await;
        assert!(file.exists());
    }

    #[test]
    fn urls_tell_the_kind_of_database() {
        assert_eq!(Backend::of_url("postgres://h/d"), Some(Backend::Postgres));
        assert_eq!(Backend::of_url("postgresql://h/d"), Some(Backend::Postgres));
        assert_eq!(Backend::of_url("mysql://h/d"), None);
        assert_eq!(Backend::sqlite_url(Path::new("otahub-data/x.db")), "sqlite:otahub-data/x.db");
    }
}
