//! The steps that a device's reports make.

use super::history::Said;
use super::step::Step;
use super::{
    ActionType, CancelOutcome, Effect, EntryStatus, Feedback, NewEntry, Outcome, SERVER_PREFIX,
    State, TargetChange, Transition, WindowState,
};
use crate::{Result, Timestamp};

impl Step<'_> {
    /// The device reports on the deployment.
    pub(super) fn report(self, feedback: &Feedback) -> Result<Transition> {
        let download_only = self.action.action_type == ActionType::DownloadOnly;
        let said = Said { code: feedback.code, messages: &feedback.messages };
        said.check_markup()?;
        let (status, text) = words(feedback.outcome);
        let default = (feedback.messages.is_empty() && feedback.code.is_none()).then_some(text);
        let messages = said.store(default, "Device reported status code", self.quotas)?;
        let occurred_at = feedback.occurred_at;
        let entry = NewEntry { status, messages, code: feedback.code, occurred_at };
        let mut to = match feedback.outcome {
            Outcome::Succeeded => self.installed(entry),
            Outcome::Failed => self.failed(entry),
            Outcome::Downloaded if download_only => self.downloaded(entry),
            Outcome::Retrieved
            | Outcome::Proceeding
            | Outcome::Scheduled
            | Outcome::Resumed
            | Outcome::Downloading
            | Outcome::Downloaded
            | Outcome::Rejected
            | Outcome::Canceled => {
                self.check_entries()?;
                self.to(self.action.state, entry)
            }
        };
        to.action.last_code = feedback.code;
        let is_told = to.effects.contains(&Effect::OfferChanged);
        if feedback.answer_with_order && !is_told && self.is_in_window() {
            to.effects.push(Effect::OfferChanged);
        }
        Ok(to)
    }

    fn is_in_window(self) -> bool {
        let window = self.action.window.as_ref().map(|window| window.state(self.now));
        matches!(window, Some(WindowState::Open { .. }))
    }

    fn installed(self, entry: NewEntry) -> Transition {
        let also_assigned = self.action.action_type == ActionType::DownloadOnly;
        let (set, at) = (self.action.set, entry.occurred_at);
        let mut to = self.to(State::Finished, entry);
        to.target = TargetChange::Installed { set, at, also_assigned };
        to.effects.push(Effect::AttributesWanted);
        to
    }

    fn failed(self, entry: NewEntry) -> Transition {
        let mut to = self.to(State::Error, entry);
        to.target = TargetChange::Failed;
        to
    }

    fn downloaded(self, entry: NewEntry) -> Transition {
        let mut to = self.to(State::Downloaded, entry);
        to.target = TargetChange::DownloadedOnly;
        to.effects.push(Effect::AttributesWanted);
        to
    }

    /// The device answers a cancellation.
    pub(super) fn report_cancel(
        self,
        outcome: CancelOutcome,
        code: Option<i32>,
        messages: &[String],
        occurred_at: Timestamp,
    ) -> Result<Transition> {
        let entry = self.cancel_entry(outcome, Said { code, messages }, occurred_at)?;
        Ok(match outcome {
            CancelOutcome::Accepted => {
                let mut to = self.to(State::Canceled, entry);
                to.target = TargetChange::CancellationDone;
                to
            }
            CancelOutcome::Refused | CancelOutcome::Failed => self.goes_on(entry),
            CancelOutcome::Progress => self.note(entry),
        })
    }

    /// The device does not stop, and knows what it goes on with.
    fn goes_on(self, entry: NewEntry) -> Transition {
        let mut to = self.to(State::Running, entry);
        for effect in &mut to.effects {
            if *effect == Effect::OfferChanged {
                *effect = Effect::OfferAdjusted;
            }
        }
        to
    }

    /// The device answers a cancellation that is over: noted, and that is all.
    pub(super) fn note_late_cancel(
        self,
        outcome: CancelOutcome,
        code: Option<i32>,
        messages: &[String],
        occurred_at: Timestamp,
    ) -> Result<Transition> {
        let entry = self.cancel_entry(outcome, Said { code, messages }, occurred_at)?;
        Ok(self.note(entry))
    }

    /// Adds an entry that is never refused; a full history does not get it.
    fn note(self, entry: NewEntry) -> Transition {
        match self.check_entries() {
            Ok(()) => self.to(self.action.state, entry),
            Err(_) => self.nothing(),
        }
    }

    fn cancel_entry(
        self,
        outcome: CancelOutcome,
        said: Said<'_>,
        occurred_at: Timestamp,
    ) -> Result<NewEntry> {
        said.check_markup()?;
        let silent = said.messages.is_empty() && said.code.is_none();
        let (status, text) = match outcome {
            CancelOutcome::Accepted if self.action.state == State::Canceling => {
                (EntryStatus::Canceled, None)
            }
            CancelOutcome::Accepted => (EntryStatus::Canceled, Some("Cancellation confirmed.")),
            CancelOutcome::Refused => {
                (EntryStatus::CancelRejected, Some("Target rejected the cancellation request."))
            }
            CancelOutcome::Failed => {
                (EntryStatus::Error, Some("Target was not able to complete cancellation."))
            }
            CancelOutcome::Progress => {
                (EntryStatus::Running, Some("Target is working on the cancellation."))
            }
        };
        let default = text.filter(|_| silent);
        let mut messages = said.store(default, "Device reported status code", self.quotas)?;
        if outcome == CancelOutcome::Accepted && self.action.state == State::Canceling {
            let text = "Cancellation completion is finished successfully.";
            messages.push(format!("{SERVER_PREFIX}{text}"));
        }
        Ok(NewEntry { status, messages, code: said.code, occurred_at })
    }
}

/// The history's word for a report, and what the hub says if the device says nothing.
const fn words(outcome: Outcome) -> (EntryStatus, &'static str) {
    match outcome {
        Outcome::Proceeding => (EntryStatus::Running, "Target reported PROCEEDING."),
        Outcome::Scheduled => (EntryStatus::Running, "Target reported SCHEDULED."),
        Outcome::Resumed => (EntryStatus::Running, "Target reported RESUMED."),
        Outcome::Downloading => (EntryStatus::Download, "Target confirmed download start."),
        Outcome::Downloaded => (EntryStatus::Downloaded, "Target confirmed download finished."),
        Outcome::Rejected => (EntryStatus::Warning, "Target REJECTED update."),
        Outcome::Canceled => (EntryStatus::Canceled, "Target confirmed cancellation."),
        Outcome::Succeeded => (EntryStatus::Finished, "Target reported CLOSED with OK!"),
        Outcome::Failed => (EntryStatus::Error, "Target reported CLOSED with ERROR!"),
        Outcome::Retrieved => (
            EntryStatus::Retrieved,
            "Target retrieved update action and should start now the download.",
        ),
    }
}
