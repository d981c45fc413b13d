//! What a fleet has done so far.

use crate::device::{Deed, Stepped};
use crate::error::SimError;
use crate::event::{Observer, SimEvent};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sums over a fleet, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetStats {
    /// Polls that were answered.
    pub polls: u64,
    /// Of those, how many changed nothing (304).
    pub polls_unchanged: u64,
    /// Feedback that was taken.
    pub feedback: u64,
    /// Bytes of artifacts that were checked.
    pub bytes: u64,
    /// Downloads that broke off and went on.
    pub resumed: u64,
    /// Updates that were installed.
    pub finished: u64,
    /// Updates that failed.
    pub failed: u64,
    /// Updates that were cancelled.
    pub canceled: u64,
    /// Updates that were downloaded and no more.
    pub downloaded: u64,
    /// Devices that fell silent.
    pub vanished: u64,
    /// Steps that ended in an error.
    pub errors: u64,
    /// The last of these errors.
    pub last_error: Option<String>,
    /// The longest step, with everything that followed from its poll.
    pub step_max: Duration,
}

/// A live view of a fleet's sums. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FleetGauge {
    inner: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    polls: AtomicU64,
    polls_unchanged: AtomicU64,
    feedback: AtomicU64,
    bytes: AtomicU64,
    resumed: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
    canceled: AtomicU64,
    downloaded: AtomicU64,
    vanished: AtomicU64,
    errors: AtomicU64,
    last_error: Mutex<Option<String>>,
    step_max_micros: AtomicU64,
}

impl FleetGauge {
    /// The sums as they are now.
    #[must_use]
    pub fn read(&self) -> FleetStats {
        let c = &self.inner;
        FleetStats {
            polls: c.polls.load(Relaxed),
            polls_unchanged: c.polls_unchanged.load(Relaxed),
            feedback: c.feedback.load(Relaxed),
            bytes: c.bytes.load(Relaxed),
            resumed: c.resumed.load(Relaxed),
            finished: c.finished.load(Relaxed),
            failed: c.failed.load(Relaxed),
            canceled: c.canceled.load(Relaxed),
            downloaded: c.downloaded.load(Relaxed),
            vanished: c.vanished.load(Relaxed),
            errors: c.errors.load(Relaxed),
            last_error: c.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            step_max: Duration::from_micros(c.step_max_micros.load(Relaxed)),
        }
    }

    pub(crate) fn note(&self, step: &Result<Stepped, SimError>, took: Duration) {
        let c = &self.inner;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        c.step_max_micros.fetch_max(micros, Relaxed);
        let deed = match step {
            Ok(stepped) => stepped.deed,
            Err(error) => {
                c.errors.fetch_add(1, Relaxed);
                let mut last = c.last_error.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some(error.to_string());
                return;
            }
        };
        let counter = match deed {
            Deed::Finished => &c.finished,
            Deed::Failed => &c.failed,
            Deed::Canceled => &c.canceled,
            Deed::Downloaded => &c.downloaded,
            Deed::Vanished => &c.vanished,
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }
}

impl Observer for FleetGauge {
    fn observe(&self, _controller_id: &str, event: &SimEvent) {
        let c = &self.inner;
        match event {
            SimEvent::Polled { unchanged, .. } => {
                c.polls.fetch_add(1, Relaxed);
                c.polls_unchanged.fetch_add(u64::from(*unchanged), Relaxed);
            }
            SimEvent::Feedback { .. } => {
                c.feedback.fetch_add(1, Relaxed);
            }
            SimEvent::Verified { size, .. } => {
                c.bytes.fetch_add(*size, Relaxed);
            }
            SimEvent::DownloadResumed { .. } => {
                c.resumed.fetch_add(1, Relaxed);
            }
            _ => (),
        }
    }
}
