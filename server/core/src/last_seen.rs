//! When devices were last heard of: gathered in memory and written in one statement a batch.
//!
//! A crash loses at most what came since the last flush, which is a few seconds.

use crate::hub::Hub;
use otahub_domain::{Result, TargetId, Timestamp};
use otahub_store::{Lane, Poll};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Polls that are not written yet.
#[derive(Default)]
pub(crate) struct LastSeen {
    waiting: Mutex<HashMap<TargetId, Seen>>,
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
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = waiting.entry(target).or_insert(Seen { at, address: None });
        seen.at = seen.at.max(at);
        if address.is_some() {
            seen.address = address;
        }
    }

    /// What is known of a device that is not written yet.
    #[must_use]
    pub(crate) fn of(&self, target: TargetId) -> Option<Seen> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&target).cloned()
    }

    fn take(&self) -> Vec<(TargetId, Seen)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting).into_iter().collect()
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
        Ok(count)
    }
}
