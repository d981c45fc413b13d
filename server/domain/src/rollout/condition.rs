//! When a group counts as good or bad.

use crate::action::{ActionType, State};

/// What happens when a group's success threshold is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuccessAction {
    /// The next group starts.
    NextGroup,
    /// The rollout pauses.
    Pause,
}

/// The thresholds of a group, in per cent; one that is below nought is never met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// How much of the group must succeed.
    pub success_percent: i32,
    /// What follows then.
    pub success_action: SuccessAction,
    /// How much of the group may fail; the rollout pauses if it is more.
    pub error_percent: i32,
}

impl Default for Conditions {
    /// hawkBit's.
    fn default() -> Self {
        let success_action = SuccessAction::NextGroup;
        Self { success_percent: 50, success_action, error_percent: 50 }
    }
}

/// Counts of a group's actions by what they are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    /// Targets that were put into the group.
    pub planned: u64,
    /// Actions made, not started.
    pub scheduled: u64,
    /// Under way, without those being cancelled.
    pub running: u64,
    /// Being cancelled.
    pub canceling: u64,
    /// Downloaded, and nothing more was asked.
    pub downloaded: u64,
    /// Installed.
    pub finished: u64,
    /// Failed.
    pub error: u64,
    /// Cancelled.
    pub canceled: u64,
    /// Of those installed: waiting for the proof.
    pub proving: u64,
}

impl Tally {
    /// Adds actions of one state.
    pub const fn add(&mut self, state: State, number: u64) {
        let place = match state {
            State::Scheduled => &mut self.scheduled,
            State::WaitingForConfirmation | State::Running | State::Retrieved => &mut self.running,
            State::Canceling => &mut self.canceling,
            State::Canceled => &mut self.canceled,
            State::Finished => &mut self.finished,
            State::Error => &mut self.error,
            State::Downloaded => &mut self.downloaded,
        };
        *place += number;
    }

    /// The sum of two.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            planned: self.planned + other.planned,
            scheduled: self.scheduled + other.scheduled,
            running: self.running + other.running,
            canceling: self.canceling + other.canceling,
            downloaded: self.downloaded + other.downloaded,
            finished: self.finished + other.finished,
            error: self.error + other.error,
            canceled: self.canceled + other.canceled,
            proving: self.proving + other.proving,
        }
    }

    /// Actions that devices, or the proof, still have to say something about.
    #[must_use]
    pub const fn open(self) -> u64 {
        self.running + self.canceling + self.proving
    }

    /// All its actions.
    #[must_use]
    pub const fn actions(self) -> u64 {
        self.begun() + self.scheduled
    }

    /// Actions that were started once.
    #[must_use]
    pub const fn begun(self) -> u64 {
        self.running + self.canceling + self.downloaded + self.finished + self.error + self.canceled
    }

    /// Actions that count as done well: of a rollout that only downloads, what is downloaded.
    #[must_use]
    pub const fn done(self, kind: ActionType) -> u64 {
        match kind {
            ActionType::DownloadOnly => self.downloaded,
            ActionType::Soft | ActionType::Forced | ActionType::TimeForced { .. } => {
                self.finished.saturating_sub(self.proving)
            }
        }
    }

    /// Whether nothing more is to come of any of its actions.
    #[must_use]
    pub const fn is_complete(self, kind: ActionType) -> bool {
        let downloaded = match kind {
            ActionType::DownloadOnly => 0,
            ActionType::Soft | ActionType::Forced | ActionType::TimeForced { .. } => {
                self.downloaded
            }
        };
        self.scheduled == 0 && self.open() == 0 && downloaded == 0
    }
}

/// What the counts of a running group come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Neither good nor bad yet.
    Open,
    /// Too much has failed.
    Bad,
    /// Enough has succeeded, or nothing more is to come.
    Good,
}

impl Conditions {
    /// Decides on a group of `total` targets (hawkBit domain rules: "Evaluation"): a threshold of
    /// errors must be passed, one of success be met; an empty group is good.
    #[must_use]
    pub fn verdict(self, tally: Tally, total: u64, kind: ActionType, complete: bool) -> Verdict {
        if self.is_bad(tally, total) {
            Verdict::Bad
        } else if complete || self.is_met(tally, total, kind) {
            Verdict::Good
        } else {
            Verdict::Open
        }
    }

    fn is_bad(self, tally: Tally, total: u64) -> bool {
        let Ok(percent) = u64::try_from(self.error_percent) else {
            return false;
        };
        total > 0 && tally.error.saturating_mul(100) > total.saturating_mul(percent)
    }

    /// Whether enough has succeeded.
    #[must_use]
    pub fn is_met(self, tally: Tally, total: u64, kind: ActionType) -> bool {
        let Ok(percent) = u64::try_from(self.success_percent) else {
            return false;
        };
        total == 0 || tally.done(kind).saturating_mul(100) >= total.saturating_mul(percent)
    }

    /// How many of `total` must succeed; none if that is never enough.
    #[must_use]
    pub fn successes_needed(self, total: u64) -> Option<u64> {
        let percent = u64::try_from(self.success_percent).ok()?;
        Some(total.saturating_mul(percent).div_ceil(100)).filter(|needed| *needed <= total)
    }

    /// How many of `total` may fail.
    #[must_use]
    pub fn errors_tolerated(self, total: u64) -> u64 {
        match u64::try_from(self.error_percent) {
            Ok(percent) => (total.saturating_mul(percent) / 100).min(total),
            Err(_) => total,
        }
    }
}
