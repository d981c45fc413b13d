//! When devices were last heard of: gathered in memory and written in one statement a batch.
//!
//! A crash loses at most what came since the last flush, which is a few seconds.

use crate::hub::Hub;
use otahub_domain::{Result, TargetId, Timestamp};
use otahub_store::{Lane, Poll};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Polls that are not written yet.
#[derive(Default)]
pub(crate) struct LastSeen {
    known: Mutex<Known>,
}

/// What is known of polls: a reader whose look at the database came before a batch was committed,
/// and who asks here afterwards, still finds the batch.
#[derive(Default)]
struct Known {
    waiting: HashMap<TargetId, Seen>,
    /// The batch that is being written, or was written last.
    taken: HashMap<TargetId, Seen>,
}

/// One device's last poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When.
    pub at: Timestamp,
    /// From where, if that is new.
    pub address: Option<String>,
}

impl LastSeen {
    /// Notes a poll.
    pub(crate) fn note(&self, target: TargetId, at: Timestamp, address: Option<String>) {
        let mut known = self.lock();
        let seen = known.waiting.entry(target).or_insert(Seen { at, address: None });
        seen.at = seen.at.max(at);
        if address.is_some() {
            seen.address = address;
        }
    }

    /// What is known of a device that may not be written yet.
    #[must_use]
    pub(crate) fn of(&self, target: TargetId) -> Option<Seen> {
        let known = self.lock();
        let (waiting, taken) = (known.waiting.get(&target), known.taken.get(&target));
        let mut seen = waiting.or(taken).cloned()?;
        if seen.address.is_none() {
            seen.address = taken.and_then(|taken| taken.address.clone());
        }
        Some(seen)
    }

    fn take(&self) -> Vec<(TargetId, Seen)> {
        let mut known = self.lock();
        if known.waiting.is_empty() {
            return Vec::new();
        }
        known.taken = std::mem::take(&mut known.waiting);
        known.taken.iter().map(|(target, seen)| (*target, seen.clone())).collect()
    }

    /// The batch that was taken is written. Its addresses count no more: an operator may change
    /// them from now on.
    fn committed(&self) {
        self.lock().taken.values_mut().for_each(|seen| seen.address = None);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Writes what was gathered. What could not be written is gathered again.
    ///
    /// # Errors
    /// [`otahub_domain::Error::Unavailable`] if the database does not take it.
    pub async fn flush_last_seen(&self) -> Result<usize> {
        let seen = self.last_seen.take();
        if seen.is_empty() {
            return Ok(0);
        }
        let polls: Vec<Poll> = seen
            .iter()
            .map(|(target, seen)| Poll {
                target: *target,
                at: seen.at,
                address: seen.address.clone(),
            })
            .collect();
        let count = polls.len();
        let written = self
            .write(Lane::ANY, move |session| {
                let polls = polls.clone();
                Box::pin(async move { Ok(session.record_polls(&polls).await?) })
            })
            .await;
        if let Err(error) = written {
            for (target, one) in seen {
                self.last_seen.note(target, one.at, one.address);
            }
            return Err(error);
        }
        self.last_seen.committed();
        Ok(count)
    }
}
