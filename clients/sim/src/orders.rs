//! What devices that are sent their orders have done so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// A live view of the sums. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct OrderGauge(Arc<Counters>);

/// What is counted, each as [`OrderStats`] says.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected: AtomicU64,
    pub(crate) orders: AtomicU64,
    pub(crate) repeats: AtomicU64,
    pub(crate) statuses: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) canceled: AtomicU64,
    pub(crate) vanished: AtomicU64,
    pub(crate) errors: AtomicU64,
    last_error: Mutex<Option<String>>,
}

/// Sums over devices that are sent their orders, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderStats {
    /// Connections with the broker that are up.
    pub connected: u64,
    /// Messages that came.
    pub orders: u64,
    /// Orders that were known already.
    pub repeats: u64,
    /// Statuses that the broker confirmed.
    pub statuses: u64,
    /// Bytes of artifacts that were checked.
    pub bytes: u64,
    /// Updates that were installed.
    pub finished: u64,
    /// Updates that failed.
    pub failed: u64,
    /// Updates that were cancelled.
    pub canceled: u64,
    /// Orders that are never answered.
    pub vanished: u64,
    /// Connections that broke off or did not come about, and what could not be read.
    pub errors: u64,
    /// The last of these errors.
    pub last_error: Option<String>,
}

impl OrderGauge {
    /// The sums as they are now.
    #[must_use]
    pub fn read(&self) -> OrderStats {
        let c = &self.0;
        OrderStats {
            connected: c.connected.load(Relaxed),
            orders: c.orders.load(Relaxed),
            repeats: c.repeats.load(Relaxed),
            statuses: c.statuses.load(Relaxed),
            bytes: c.bytes.load(Relaxed),
            finished: c.finished.load(Relaxed),
            failed: c.failed.load(Relaxed),
            canceled: c.canceled.load(Relaxed),
            vanished: c.vanished.load(Relaxed),
            errors: c.errors.load(Relaxed),
            last_error: c.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Counts one more.
    pub(crate) fn count(&self, which: impl Fn(&Counters) -> &AtomicU64) {
        self.add(which, 1);
    }

    /// Counts so many more.
    pub(crate) fn add(&self, which: impl Fn(&Counters) -> &AtomicU64, more: u64) {
        which(&self.0).fetch_add(more, Relaxed);
    }

    /// A connection is down.
    pub(crate) fn disconnected(&self) {
        self.0.connected.fetch_sub(1, Relaxed);
    }

    /// Something went wrong.
    pub(crate) fn trouble(&self, why: String) {
        self.count(|c| &c.errors);
        *self.0.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

impl OrderStats {
    /// How many updates came to an end.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.finished + self.failed + self.canceled
    }
}
