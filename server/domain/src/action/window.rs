//! Maintenance windows: when a device may install (hawkBit domain rules: "Maintenance window").

use std::time::Duration;

use super::schedule::{Starts, daily, duration_between, parse_duration, parse_offset};
use crate::{Error, Result, Timestamp};

/// A window that comes again and again. Active from each start until the duration is over.
///
/// Equality is that of the given texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceWindow {
    /// As given: a Quartz cron expression of 6 or 7 fields (`sec min hour dom mon dow [year]`),
    /// or a daily window `HH:mm-HH:mm`.
    pub schedule: String,
    /// As given, `HH:mm:ss` below 24 hours. With a daily window it may be left out, and counts
    /// more than the window's end if it is not.
    pub duration: String,
    /// As given: `Z`, `+HH:mm` or `-HH:mm`.
    pub timezone: String,
    starts: Starts,
    length: Duration,
}

/// One time that a window is open: from `start`, until just before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it opens.
    pub start: Timestamp,
    /// When it closes.
    pub end: Timestamp,
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// Open.
    Open {
        /// When it closes.
        until: Timestamp,
    },
    /// Not open now.
    Closed {
        /// When it opens.
        next: Timestamp,
    },
    /// It will not open again.
    Over,
}

impl MaintenanceWindow {
    /// Reads a window from outside; all three texts or none.
    ///
    /// # Errors
    /// [`Error::InvalidMaintenanceSchedule`] if only some are given, one is malformed, or the
    /// window is neither open at `now` nor opens later.
    pub fn parse(
        schedule: Option<&str>,
        duration: Option<&str>,
        timezone: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let derived = schedule.and_then(daily).map(duration_between);
        let window = match (schedule, duration.or(derived.as_deref()), timezone) {
            (None, None, None) => return Ok(None),
            (Some(schedule), Some(duration), Some(timezone)) => {
                Self::restore(schedule, duration, timezone)?
            }
            (_, _, _) => {
                return Err(wrong("schedule, duration and timezone go together"));
            }
        };
        match window.state(now) {
            WindowState::Over => Err(wrong("no window is left")),
            WindowState::Open { .. } | WindowState::Closed { .. } => Ok(Some(window)),
        }
    }

    /// Reads a window that was accepted once, perhaps long ago, from the store.
    ///
    /// # Errors
    /// [`Error::InvalidMaintenanceSchedule`] if it is malformed.
    pub fn restore(schedule: &str, duration: &str, timezone: &str) -> Result<Self> {
        let ahead_secs = parse_offset(timezone).map_err(wrong)?;
        Ok(Self {
            starts: Starts::new(schedule, ahead_secs).map_err(wrong)?,
            length: parse_duration(duration).map_err(wrong)?,
            schedule: schedule.to_owned(),
            duration: duration.to_owned(),
            timezone: timezone.to_owned(),
        })
    }

    /// How the window stands at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> WindowState {
        let Some(found) = self.occurrence(now) else {
            return WindowState::Over;
        };
        if found.start <= now {
            WindowState::Open { until: found.end }
        } else {
            WindowState::Closed { next: found.start }
        }
    }

    /// The occurrence that is open at `now` (the latest, should several overlap), or the next.
    #[must_use]
    pub fn occurrence(&self, now: Timestamp) -> Option<Occurrence> {
        let after_last = Timestamp::from_millis(now.minus(self.length).millis().checked_add(1)?);
        let mut start = self.starts.first_from(after_last)?;
        if start <= now {
            start = self.starts.last_until(now).unwrap_or(start).max(start);
        }
        Some(Occurrence { start, end: start.plus(self.length) })
    }

    /// When the window opens next, or opened if it is open at `now`; none if it is over.
    #[must_use]
    pub fn next_start_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.occurrence(now).map(|found| found.start)
    }
}

fn wrong(message: &str) -> Error {
    Error::InvalidMaintenanceSchedule { message: message.to_owned() }
}
