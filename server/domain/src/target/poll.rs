//! Polling: how often a target is to ask, and whether it is late.

use std::time::Duration;

use crate::tenant::parse_duration;
use crate::{Error, Result, Timestamp};

/// An interval with its random deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollingInterval {
    /// The interval itself.
    pub interval: Duration,
    /// How many percent it may be shorter or longer, 0 to 99.
    pub deviation_percent: u32,
}

/// An interval for the targets that a query matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollingOverride {
    /// The query, as given (hawkBit's `q` language).
    pub query: String,
    /// Its targets' interval.
    pub interval: PollingInterval,
}

/// A tenant's `pollingTime`: `<interval>[~NN%]{, <query> -> <interval>[~NN%]}`, intervals as
/// `HH:mm:ss` or ISO-8601 (hawkBit domain rules: "Polling and overdue").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollingTime {
    /// The interval of all targets that no override matches.
    pub interval: PollingInterval,
    /// Overrides; the first that matches counts.
    pub overrides: Vec<PollingOverride>,
}

/// When a target polled and is to poll again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollStatus {
    /// When it was heard of.
    pub last_poll_at: Timestamp,
    /// When it is expected, at the latest.
    pub next_expected_at: Timestamp,
    /// It is later than that by more than the tenant allows.
    pub overdue: bool,
}

impl PollingInterval {
    /// An interval without deviation.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self { interval, deviation_percent: 0 }
    }

    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let (interval, deviation_percent) = match text.split_once('~') {
            None => (text, Some(0)),
            Some((interval, deviation)) => (interval, percent(deviation)),
        };
        match (parse_duration(interval.trim()), deviation_percent) {
            (Some(interval), Some(deviation_percent)) => Ok(Self { interval, deviation_percent }),
            (None, _) | (_, None) => Err(wrong(format!("'{text}' is no interval"))),
        }
    }

    /// The most that it may be shorter or longer.
    fn deviation(self) -> Duration {
        self.interval * self.deviation_percent / 100
    }

    /// The interval for one poll: `share` (0 to 1, random) of the way from the shortest to the
    /// longest, within `min` and `max`. Without a deviation the interval itself.
    #[must_use]
    pub fn at(self, share: f64, min: Duration, max: Duration) -> Duration {
        if self.deviation_percent == 0 {
            return self.interval;
        }
        let deviation = self.deviation();
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        let offset = (deviation * 2).mul_f64(share);
        (self.interval.saturating_sub(deviation) + offset).min(max).max(min)
    }
}

impl PollingTime {
    /// One interval for all, without deviation.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self { interval: PollingInterval::every(interval), overrides: Vec::new() }
    }

    /// Reads the grammar. Whether the queries mean something is the caller's matter.
    ///
    /// # Errors
    /// [`Error::ConfigurationValueInvalid`] if malformed, or if an interval is not within `min`
    /// and `max`.
    pub fn parse(text: &str, min: Duration, max: Duration) -> Result<Self> {
        let (first, mut rest) = match text.split_once(',') {
            Some((first, rest)) => (first, Some(rest)),
            None => (text, None),
        };
        let interval = PollingInterval::parse(first)?;
        let mut overrides = Vec::new();
        while let Some(text) = rest {
            let Some((query, after)) = text.split_once("->") else {
                return Err(wrong(format!("'{}' is no override", text.trim())));
            };
            let (interval, next) = match after.split_once(',') {
                Some((interval, next)) => (interval, Some(next)),
                None => (after, None),
            };
            let query = query.trim().to_owned();
            if query.is_empty() {
                return Err(wrong("an override has no query".to_owned()));
            }
            overrides.push(PollingOverride { query, interval: PollingInterval::parse(interval)? });
            rest = next;
        }
        let polling = Self { interval, overrides };
        polling.check(min, max)?;
        Ok(polling)
    }

    fn check(&self, min: Duration, max: Duration) -> Result<()> {
        let all = self.overrides.iter().map(|one| one.interval).chain([self.interval]);
        for one in all {
            if one.interval < min || one.interval > max {
                return Err(wrong(format!(
                    "intervals must be from {} to {} seconds",
                    min.as_secs(),
                    max.as_secs()
                )));
            }
        }
        Ok(())
    }

    /// The interval of a target, given which queries match it.
    #[must_use]
    pub fn interval_for(&self, mut matches: impl FnMut(&str) -> bool) -> PollingInterval {
        self.overrides
            .iter()
            .find(|one| matches(&one.query))
            .map_or(self.interval, |one| one.interval)
    }
}

/// Whether a target is late; none before its first poll. `interval` is the target's, `overdue`
/// how much later than expected it may be.
#[must_use]
pub fn poll_status(
    last_poll_at: Option<Timestamp>,
    interval: PollingInterval,
    overdue: Duration,
    now: Timestamp,
) -> Option<PollStatus> {
    let last_poll_at = last_poll_at?;
    let next_expected_at = last_poll_at.plus(interval.interval).plus(interval.deviation());
    Some(PollStatus {
        last_poll_at,
        next_expected_at,
        overdue: now > next_expected_at.plus(overdue),
    })
}

/// A target that was last heard of before this instant is late; see [`poll_status`].
#[must_use]
pub fn overdue_before(interval: PollingInterval, overdue: Duration, now: Timestamp) -> Timestamp {
    now.minus(overdue).minus(interval.deviation()).minus(interval.interval)
}

/// `NN%`, one or two digits.
fn percent(text: &str) -> Option<u32> {
    let digits = text.trim_end().strip_suffix('%')?;
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|one| one.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn wrong(message: String) -> Error {
    Error::ConfigurationValueInvalid { key: "pollingTime".to_owned(), message }
}
