//! When a rollout has to be looked through for devices that do not answer: not at every round,
//! because that look grows with what runs.

use otahub_domain::{RolloutId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long nobody looks again after nothing was late.
const REST: Duration = Duration::from_secs(5);
/// Of how many rollouts it is known; those that are over are forgotten with the rest.
const KNOWN_MAX: usize = 1000;

/// What earlier looks have shown.
#[derive(Debug, Default)]
pub(crate) struct Lateness(Mutex<HashMap<RolloutId, Look>>);

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Timestamp,
    /// When the oldest action that runs was started, if any ran.
    oldest: Option<Timestamp>,
}

impl Lateness {
    /// Whether anything can be late by now: what started after the last look cannot be, before
    /// the timeout is over.
    pub(super) fn is_due(&self, id: RolloutId, timeout: Duration, now: Timestamp) -> bool {
        let looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&id).is_none_or(|look| {
            let first = look.oldest.unwrap_or(look.at).plus(timeout);
            now >= first && now >= look.at.plus(REST.min(timeout))
        })
    }

    /// Notes that nothing was late.
    pub(super) fn none_at(&self, id: RolloutId, at: Timestamp, oldest: Option<Timestamp>) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() >= KNOWN_MAX {
            looks.clear();
        }
        looks.insert(id, Look { at, oldest });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: RolloutId = RolloutId(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn nobody_looks_before_the_oldest_can_be_late() {
        let (late, timeout) = (Lateness::default(), Duration::from_secs(60));
        assert!(late.is_due(ID, timeout, at(0)));
        late.none_at(ID, at(100), Some(at(90)));
        assert!(!late.is_due(ID, timeout, at(149)));
        assert!(late.is_due(ID, timeout, at(150)));
        assert!(late.is_due(RolloutId(2), timeout, at(100)));
        // the timeout was made shorter
        assert!(late.is_due(ID, Duration::from_secs(2), at(105)));
    }

    #[test]
    fn what_starts_later_is_late_later() {
        let (late, timeout) = (Lateness::default(), Duration::from_secs(60));
        late.none_at(ID, at(100), None);
        assert!(!late.is_due(ID, timeout, at(159)));
        assert!(late.is_due(ID, timeout, at(160)));
    }
}
