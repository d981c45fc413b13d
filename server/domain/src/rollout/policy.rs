//! What a rollout can have beyond hawkBit's: pace, retries, proof of success.

use std::time::Duration;

use crate::{Error, Result, text};

/// The most attempts of an action.
const ATTEMPTS_MAX: u32 = 100;
/// The longest that a retry waits.
const DELAY_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most characters of an attribute's key, and of its value.
const ATTRIBUTE_MAX: usize = 128;

/// How fast a rollout may go; 0 for as fast as it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Targets started within any minute.
    pub per_minute: u32,
    /// Targets in progress at once.
    pub in_progress: u32,
    /// Groups are filled at random instead of in order of creation.
    pub random: bool,
}

impl Pace {
    /// How many more targets may start, of `lately` started within the last minute and `open`
    /// that are in progress.
    #[must_use]
    pub fn allowance(self, lately: u64, open: u64) -> u64 {
        let under = |limit: u32, have: u64| match limit {
            0 => u64::MAX,
            limit => u64::from(limit).saturating_sub(have),
        };
        under(self.per_minute, lately).min(under(self.in_progress, open))
    }
}

/// What becomes of actions that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often an action is tried in all.
    pub attempts: u32,
    /// How long to wait before the second try; doubled for each further one.
    pub delay: Duration,
    /// Only after these status codes; after any, without one.
    pub codes: Vec<i32>,
}

/// What becomes of an action that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It has failed.
    Stays,
    /// Another one is made for the target, to start after this long.
    Again {
        /// From the failure on.
        after: Duration,
    },
}

impl RetryPolicy {
    /// Checks what came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `retry_policy`.
    pub fn check(&self) -> Result<()> {
        if self.attempts > ATTEMPTS_MAX {
            let message = format!("at most {ATTEMPTS_MAX} attempts");
            return Err(Error::invalid("retry_policy", message));
        }
        if self.delay > DELAY_MAX {
            return Err(Error::invalid("retry_policy", "the delay is longer than 30 days"));
        }
        Ok(())
    }

    /// Decides about the failure of the `attempt`th try, counted from 1, with this status code.
    #[must_use]
    pub fn after(&self, attempt: u32, code: Option<i32>) -> AfterFailure {
        let fits = self.codes.is_empty() || code.is_some_and(|code| self.codes.contains(&code));
        if attempt >= self.attempts || !fits {
            return AfterFailure::Stays;
        }
        let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        AfterFailure::Again { after: self.delay.saturating_mul(factor).min(DELAY_MAX) }
    }
}

/// When an action counts as installed beyond the device's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The attribute that must have the value.
    pub attribute: String,
    /// The value.
    pub value: String,
    /// How long after the device's word it may take.
    pub timeout: Duration,
}

impl Proof {
    /// Checks what came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `success_proof`.
    pub fn check(&self) -> Result<()> {
        text::required("success_proof", &self.attribute, ATTRIBUTE_MAX)?;
        text::limited("success_proof", &self.value, ATTRIBUTE_MAX)?;
        if self.timeout.is_zero() {
            return Err(Error::invalid("success_proof", "needs a timeout"));
        }
        Ok(())
    }

    /// Whether this value of the attribute proves it.
    #[must_use]
    pub fn is_given_by(&self, value: Option<&str>) -> bool {
        value == Some(self.value.as_str())
    }
}
