//! The single steps of which [`super::apply`] chooses one.

use super::confirm::auto_confirmation_text;
use super::history::Said;
use super::{
    Action, ActionType, Consent, Effect, EntryStatus, Initiator, NewEntry, State, TargetChange,
    Transition, first_entry,
};
use crate::target::AutoConfirmation;
use crate::tenant::Quotas;
use crate::{Result, Timestamp};

/// An action that something is about to happen to.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) action: &'a Action,
    pub(super) now: Timestamp,
    pub(super) quotas: &'a Quotas,
}

impl Step<'_> {
    /// Nothing happens.
    pub(super) fn nothing(self) -> Transition {
        Transition {
            action: self.action.clone(),
            entries: Vec::new(),
            target: TargetChange::None,
            effects: Vec::new(),
        }
    }

    /// The action moves to `state` (perhaps its own), and the history says so.
    pub(super) fn to(self, state: State, entry: NewEntry) -> Transition {
        let mut to = self.nothing();
        to.action.retrieved_last = entry.status == EntryStatus::Retrieved;
        to.action.entries = to.action.entries.saturating_add(1);
        to.entries.push(entry);
        to.effects.push(Effect::ActionChanged);
        to.action.audit.modified_at = self.now;
        if state != to.action.state {
            to.action.state = state;
            if state != State::Retrieved {
                to.effects.push(Effect::OfferChanged);
            }
        }
        to
    }

    fn server(self, status: EntryStatus, text: &str) -> NewEntry {
        NewEntry::of_server(status, &[text], self.now)
    }

    pub(super) fn check_entries(self) -> Result<()> {
        let (have, limit) = (self.action.entries.into(), self.quotas.status_entries_per_action);
        Quotas::check("history entries per action", have, 1, limit)
    }

    /// A rollout's group starts.
    pub(super) fn start(self, consent: &Consent, initiator: &Initiator) -> Transition {
        let state = if consent.waits() { State::WaitingForConfirmation } else { State::Running };
        let mut to = self
            .to(state, first_entry(initiator, consent, &self.action.audit.created_by, self.now));
        to.target = TargetChange::Assigned { set: self.action.set };
        to
    }

    /// A rollout's group starts and this target has nothing to do.
    pub(super) fn skip(self) -> Transition {
        let text = "Distribution Set is already assigned. Skipping this action.";
        self.to(State::Finished, self.server(EntryStatus::Running, text))
    }

    /// The device did not answer in time: it has failed.
    pub(super) fn unanswered(self) -> Transition {
        let text = "The target did not answer in time.";
        self.late(text)
    }

    /// The device did not prove in time what it says: it has failed.
    pub(super) fn unproven(self) -> Transition {
        let text = "The target did not prove in time that it has the update.";
        self.late(text)
    }

    fn late(self, text: &str) -> Transition {
        let mut to = self.to(State::Error, self.server(EntryStatus::Error, text));
        to.target = TargetChange::Failed;
        to
    }

    /// A scheduled action gives way; hawkBit writes no history of that.
    pub(super) fn drop_scheduled(self) -> Transition {
        let mut to = self.nothing();
        to.action.state = State::Canceled;
        to.action.audit.modified_at = self.now;
        to.effects.push(Effect::ActionChanged);
        to
    }

    /// The device may no longer postpone.
    pub(super) fn force(self, by: &str) -> Transition {
        let mut to = self.nothing();
        let forced = match self.action.action_type {
            ActionType::Forced => true,
            ActionType::TimeForced { at } => at <= self.now,
            ActionType::Soft | ActionType::DownloadOnly => false,
        };
        if !forced {
            to.action.action_type = ActionType::Forced;
            to.action.audit.touch(by, self.now);
            to.effects.extend([Effect::ActionChanged, Effect::OfferAdjusted]);
        }
        to
    }

    /// The device fetched the deployment: noted unless that is the newest entry already.
    pub(super) fn fetch(self) -> Transition {
        if self.action.retrieved_last {
            return self.nothing();
        }
        let text = "Target retrieved update action and should start now the download.";
        self.to(State::Retrieved, self.server(EntryStatus::Retrieved, text))
    }

    /// The device fetched the cancellation: noted likewise.
    pub(super) fn fetch_cancel(self) -> Transition {
        if self.action.retrieved_last {
            return self.nothing();
        }
        let text = "Target retrieved cancel action and should start now the cancellation.";
        self.to(State::Canceling, self.server(EntryStatus::Retrieved, text))
    }

    /// The device is about to download.
    pub(super) fn announce(self, path: &str, always: bool) -> Result<Transition> {
        match self.check_entries() {
            Err(_) if always => return Ok(self.nothing()),
            checked => checked?,
        }
        let entry = self.server(EntryStatus::Download, &format!("Target downloads {path}"));
        Ok(self.to(self.action.state, entry))
    }

    /// Somebody consents.
    pub(super) fn confirm(
        self,
        code: Option<i32>,
        messages: &[String],
        by: Option<&str>,
    ) -> Result<Transition> {
        let text = "Target confirmed action. Therefore, it will be set to the running state to \
                    proceed with the deployment.";
        let entry = self.answer(EntryStatus::Running, Said { code, messages }, text)?;
        Ok(self.answered(State::Running, entry, by))
    }

    /// Somebody does not consent.
    pub(super) fn deny(
        self,
        code: Option<i32>,
        messages: &[String],
        by: Option<&str>,
    ) -> Result<Transition> {
        self.check_entries()?;
        let text = "Target rejected action. Action will stay in confirmation pending state.";
        let entry = self.answer(EntryStatus::WaitForConfirmation, Said { code, messages }, text)?;
        Ok(self.answered(State::WaitingForConfirmation, entry, by))
    }

    fn answer(self, status: EntryStatus, said: Said<'_>, text: &str) -> Result<NewEntry> {
        let messages = said.store(Some(text), "Confirmation status code", self.quotas)?;
        Ok(NewEntry { status, messages, code: said.code, occurred_at: self.now })
    }

    fn answered(self, state: State, entry: NewEntry, by: Option<&str>) -> Transition {
        let code = entry.code;
        let mut to = self.to(state, entry);
        to.action.last_code = code;
        if let Some(by) = by {
            to.action.audit.touch(by, self.now);
        }
        to
    }

    /// The target's standing consent answers.
    pub(super) fn auto_confirm(self, consent: &AutoConfirmation) -> Transition {
        let text = auto_confirmation_text(consent);
        self.to(State::Running, self.server(EntryStatus::Running, &text))
    }

    /// The device is to stop; without a `by` because no window comes any more.
    pub(super) fn request_cancel(self, by: Option<&String>) -> Transition {
        let text = match by {
            Some(_) => "manual cancelation requested",
            None => "cancelation requested, as no maintenance window is left",
        };
        let mut to = self.to(State::Canceling, self.server(EntryStatus::Canceling, text));
        to.effects.push(Effect::CancelWanted);
        if let Some(by) = by {
            to.action.audit.touch(by, self.now);
        }
        to
    }

    /// The cancellation ends without the device.
    pub(super) fn force_quit(self, by: &str) -> Transition {
        let text = "A force quit has been performed.";
        let mut to = self.to(State::Canceled, self.server(EntryStatus::Canceled, text));
        to.target = TargetChange::CancellationDone;
        to.action.audit.touch(by, self.now);
        to
    }

    /// A newer assignment takes the action's place. The target is the newer one's matter.
    pub(super) fn supersede(self, autoclose: bool) -> Transition {
        if autoclose {
            let text = "close obsolete action due to new update";
            return self.to(State::Canceled, self.server(EntryStatus::Canceled, text));
        }
        let text = "cancel obsolete action due to new update";
        let mut to = self.to(State::Canceling, self.server(EntryStatus::Canceling, text));
        to.effects.push(Effect::CancelWanted);
        to
    }
}
