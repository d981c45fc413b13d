//! What becomes of a delivery after an attempt.

use crate::Timestamp;
use std::time::Duration;

/// How long an attempt may take.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait after the first attempt, and at most.
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3600));
/// For how long a body is tried again.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);
/// For how long a webhook may fail before it is disabled.
const DISABLE_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
/// The status with which a receiver says that it wants no more.
const GONE: u16 = 410;

/// How often and when a body was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How often, this time included.
    pub count: i32,
    /// When first.
    pub since: Timestamp,
    /// When last.
    pub last: Timestamp,
}

impl Attempts {
    /// The first attempt.
    #[must_use]
    pub const fn first(now: Timestamp) -> Self {
        Self { count: 1, since: now, last: now }
    }

    /// One more.
    #[must_use]
    pub const fn again(self, now: Timestamp) -> Self {
        Self { count: self.count.saturating_add(1), since: self.since, last: now }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status.
    Answered(u16),
    /// No answer, and why.
    Failed(String),
}

impl Outcome {
    /// Whether it has arrived.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// The status of the answer; 0 without one.
    #[must_use]
    pub fn status(&self) -> i32 {
        match self {
            Self::Answered(status) => i32::from(*status),
            Self::Failed(_) => 0,
        }
    }

    /// What is wrong, for people.
    #[must_use]
    pub fn error(&self) -> String {
        match self {
            Self::Answered(status) => format!("the receiver answers {status}"),
            Self::Failed(why) => why.clone(),
        }
    }
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived.
    Delivered,
    /// It is sent again, not before this instant.
    Again(Timestamp),
    /// It is given up, and the webhook goes on.
    Dead,
    /// It is given up with the webhook, which is disabled for this reason.
    Disable(String),
}

/// What follows from an attempt at `attempts.last` for a webhook that fails since
/// `failing_since`. `random` of 0 to 1 spreads the waits by a quarter less.
#[must_use]
pub fn judge(
    outcome: &Outcome,
    attempts: Attempts,
    failing_since: Option<Timestamp>,
    random: f64,
) -> Verdict {
    if outcome.is_delivered() {
        return Verdict::Delivered;
    }
    if *outcome == Outcome::Answered(GONE) {
        return Verdict::Disable("the receiver answered 410: it wants no more".into());
    }
    let now = attempts.last;
    if failing_since.is_some_and(|since| now.since(since) >= DISABLE_AFTER) {
        return Verdict::Disable("nothing was delivered for 7 days".into());
    }
    if now.since(attempts.since) >= GIVE_UP_AFTER {
        return Verdict::Dead;
    }
    Verdict::Again(now.plus(wait(attempts.count, random)))
}

/// Twice as long after each attempt.
fn wait(count: i32, random: f64) -> Duration {
    let doublings = u32::try_from(count.saturating_sub(1)).unwrap_or(0).min(20);
    let longest = WAIT.0.saturating_mul(1 << doublings).min(WAIT.1);
    longest.mul_f64(1.0 - 0.25 * random.clamp(0.0, 1.0))
}
