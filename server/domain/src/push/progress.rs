//! What becomes of what a device says of a request.
//!
//! The one table of it is [`Ear::words`]: phase and fault on the left, what happens to the action
//! on the right.

use super::{Delivery, Fault, Heard, Phase, Progress, SEND_EVERY, Stage};
use crate::Timestamp;
use crate::action::{Action, CancelOutcome, Event, Feedback, Outcome, State};

/// How often a device may be busy with another request before this one fails.
const REFUSALS_MAX: u32 = 12;
/// The history shows progress in steps of so many percent.
const NOTE_EVERY: u8 = 25;
/// How devices begin when they cannot or will not cancel.
const CANNOT_CANCEL: &str = "Unable to cancel";

/// How words were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reception {
    /// They stand in the history.
    Noted,
    /// They are remembered, the history has enough of them.
    Kept,
    /// They had come before.
    Repeated,
    /// Later ones had come before.
    Overtaken,
    /// The action is over.
    Late,
    /// The action waits for consent.
    Early,
}

/// What is to be done about words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How they were taken.
    pub reception: Reception,
    /// What happens to the action, in order.
    pub events: Vec<Event>,
    /// What is remembered.
    pub delivery: Delivery,
}

/// Decides what a device's words do to its action. Words may be repeated, come in another order,
/// or come when all is over: that does no harm.
#[must_use]
pub fn hear(delivery: &Delivery, action: &Action, said: &Progress, now: Timestamp) -> Verdict {
    let ear = Ear { delivery, action, said, now };
    if delivery.last.as_ref().is_some_and(|last| last.digest == said.digest) {
        return ear.as_is(Reception::Repeated);
    }
    match action.state {
        State::Scheduled => ear.as_is(Reception::Early),
        State::WaitingForConfirmation => ear.waiting(),
        State::Running | State::Retrieved | State::Canceling => ear.active(),
        State::Downloaded if matches!(said.phase, Phase::Success | Phase::Failure) => ear.active(),
        State::Canceled | State::Finished | State::Error | State::Downloaded => {
            ear.as_is(Reception::Late)
        }
    }
}

struct Ear<'a> {
    delivery: &'a Delivery,
    action: &'a Action,
    said: &'a Progress,
    now: Timestamp,
}

impl Ear<'_> {
    fn as_is(&self, reception: Reception) -> Verdict {
        Verdict { reception, events: Vec::new(), delivery: self.delivery.clone() }
    }

    /// The words are taken: they are what was said last.
    fn taken(&self) -> Verdict {
        let mut verdict = self.as_is(Reception::Noted);
        verdict.delivery.last = Some(Heard { digest: self.said.digest.clone(), at: self.said.at });
        verdict
    }

    fn waiting(&self) -> Verdict {
        let (code, messages, by) = (None, self.messages(None), None);
        let event = match self.said.phase {
            Phase::Confirmed => Event::Confirmed { code, messages, by },
            Phase::Denied => Event::Denied { code, messages, by },
            Phase::Acknowledged
            | Phase::Downloading
            | Phase::Downloaded
            | Phase::Deploying
            | Phase::Deployed
            | Phase::Rebooting
            | Phase::Success
            | Phase::Error
            | Phase::Failure
            | Phase::Unknown => return self.as_is(Reception::Early),
        };
        let mut verdict = self.taken();
        verdict.events.push(event);
        verdict
    }

    fn active(&self) -> Verdict {
        match self.said.phase {
            Phase::Confirmed | Phase::Denied => self.as_is(Reception::Late),
            Phase::Acknowledged => self.step(Stage::Acknowledged),
            Phase::Downloading if self.said.percent >= 100 => self.step(Stage::Downloaded),
            Phase::Downloading => self.step(Stage::Downloading),
            Phase::Downloaded => self.step(Stage::Downloaded),
            Phase::Deploying => self.step(Stage::Deploying),
            Phase::Deployed => self.step(Stage::Deployed),
            Phase::Rebooting => self.step(Stage::Rebooting),
            Phase::Success => self.success(),
            Phase::Error | Phase::Unknown => self.stumble(),
            Phase::Failure => self.failure(),
        }
    }

    /// Whether what was said came before what is known, though it arrives after it.
    fn is_older(&self) -> bool {
        let last = self.delivery.last.as_ref().and_then(|last| last.at);
        matches!((last, self.said.at), (Some(last), Some(at)) if at < last)
    }

    fn step(&self, to: Stage) -> Verdict {
        if self.is_older() {
            return self.as_is(Reception::Overtaken);
        }
        let (from, percent) = (self.delivery.stage, self.said.percent.min(100));
        let again = to == Stage::Downloading && (self.delivery.stumbled || percent == 0);
        let forward = to > from || self.delivery.stumbled;
        if forward || (to < from && again) {
            return self.enter(to, percent);
        }
        if to < from {
            return self.as_is(Reception::Overtaken);
        }
        if to == Stage::Downloading && percent == 0 && self.delivery.progress > 0 {
            return self.enter(to, percent);
        }
        self.advance(percent)
    }

    /// A stage begins, perhaps once more.
    fn enter(&self, to: Stage, percent: u8) -> Verdict {
        let mut verdict = self.taken();
        let delivery = &mut verdict.delivery;
        (delivery.stage, delivery.progress, delivery.noted) = (to, percent, percent);
        (delivery.stumbled, delivery.refusals, delivery.returned) = (false, 0, false);
        if self.action.state != State::Canceling {
            delivery.next_at = None;
        }
        let had_all = self.delivery.stage >= Stage::Downloaded;
        if to > Stage::Downloaded && !had_all {
            verdict.events.push(self.report(Outcome::Downloaded, Vec::new()));
        }
        verdict.events.extend(self.words(to));
        verdict
    }

    /// Within a stage: the history gets a line now and then.
    fn advance(&self, percent: u8) -> Verdict {
        let mut verdict = self.taken();
        verdict.delivery.progress = verdict.delivery.progress.max(percent);
        let noted = self.delivery.noted;
        let is_far = percent >= noted.saturating_add(NOTE_EVERY);
        let is_news = !self.said.message.is_empty() && percent > self.delivery.progress;
        if !is_far && !is_news {
            verdict.reception = Reception::Kept;
            return verdict;
        }
        verdict.delivery.noted = percent;
        verdict.events.extend(self.words(verdict.delivery.stage));
        verdict
    }

    /// What the stages are in the words of an action: the table.
    fn words(&self, stage: Stage) -> Vec<Event> {
        let word = self.said.word.as_str();
        let percent = self.said.percent.min(100);
        let counted = match percent {
            0 => word.to_owned(),
            _ => format!("{word} {percent} %"),
        };
        match stage {
            Stage::Acknowledged => vec![self.report(Outcome::Retrieved, self.messages(None))],
            Stage::Downloading => {
                vec![self.report(Outcome::Downloading, self.messages(Some(&counted)))]
            }
            Stage::Downloaded => {
                vec![self.report(Outcome::Downloaded, self.messages(Some(&counted)))]
            }
            Stage::Deploying => {
                vec![self.report(Outcome::Proceeding, self.messages(Some(&counted)))]
            }
            Stage::Deployed | Stage::Rebooting => {
                vec![self.report(Outcome::Proceeding, self.messages(Some(word)))]
            }
            Stage::Pending | Stage::Over => Vec::new(),
        }
    }

    fn success(&self) -> Verdict {
        let mut verdict = self.over();
        if self.action.state == State::Canceling {
            let text = "The device had installed it before it could be stopped.".to_owned();
            verdict.events.push(self.cancel(CancelOutcome::Refused, vec![text]));
        }
        let messages = self.messages(None);
        verdict.events.push(self.report(Outcome::Succeeded, messages));
        verdict
    }

    fn stumble(&self) -> Verdict {
        let mut verdict = self.taken();
        if self.said.phase == Phase::Error {
            verdict.delivery.stumbled = true;
            verdict.delivery.next_at = None;
        }
        let messages = self.messages(Some(&self.said.word));
        verdict.events.push(self.report(Outcome::Rejected, messages));
        verdict
    }

    fn failure(&self) -> Verdict {
        let canceling = self.action.state == State::Canceling;
        let cannot = self.said.message.starts_with(CANNOT_CANCEL);
        match self.said.fault {
            Fault::Canceled => self.canceled(),
            Fault::Busy => self.busy(),
            Fault::Refused | Fault::Other if canceling && cannot => self.cannot_cancel(),
            Fault::None | Fault::RolledBack | Fault::Refused | Fault::Other => {
                let mut verdict = self.over();
                let messages = self.messages(Some(&self.said.word));
                verdict.events.push(self.report(Outcome::Failed, messages));
                verdict
            }
        }
    }

    /// The device stopped: because it was asked to, or on its own.
    fn canceled(&self) -> Verdict {
        let mut verdict = self.over();
        let mut messages = self.messages(None);
        match self.action.state {
            State::Canceling => {}
            State::Downloaded => {
                let messages = self.messages(Some(&self.said.word));
                verdict.events.push(self.report(Outcome::Failed, messages));
                return verdict;
            }
            State::Scheduled
            | State::WaitingForConfirmation
            | State::Running
            | State::Retrieved
            | State::Canceled
            | State::Finished
            | State::Error => {
                verdict.events.push(Event::CancelRequested { by: "the device".to_owned() });
                messages.insert(0, "Canceled on the device.".to_owned());
            }
        }
        verdict.events.push(self.cancel(CancelOutcome::Accepted, messages));
        verdict
    }

    /// The device will not, or cannot, stop. If it never took the request up there is nothing
    /// that could go on.
    fn cannot_cancel(&self) -> Verdict {
        let messages = self.messages(None);
        if self.delivery.stage == Stage::Pending {
            let mut verdict = self.over();
            verdict.events.push(self.cancel(CancelOutcome::Accepted, messages));
            return verdict;
        }
        let mut verdict = self.taken();
        // whoever wants it cancelled once more is told again
        (verdict.delivery.next_at, verdict.delivery.cancels) = (None, 0);
        verdict.events.push(self.cancel(CancelOutcome::Refused, messages));
        verdict
    }

    /// The device works on another request: this one waits for its turn.
    fn busy(&self) -> Verdict {
        let mut verdict = self.taken();
        let delivery = &mut verdict.delivery;
        delivery.refusals = delivery.refusals.saturating_add(1);
        (delivery.stage, delivery.sends) = (Stage::Pending, 1);
        delivery.next_at = Some(self.now.plus(SEND_EVERY));
        let outcome = if delivery.refusals >= REFUSALS_MAX {
            (delivery.stage, delivery.next_at) = (Stage::Over, None);
            Outcome::Failed
        } else {
            Outcome::Rejected
        };
        verdict.events.push(self.report(outcome, self.messages(Some(&self.said.word))));
        verdict
    }

    fn over(&self) -> Verdict {
        let mut verdict = self.taken();
        (verdict.delivery.stage, verdict.delivery.next_at) = (Stage::Over, None);
        verdict
    }

    /// The lines that the history gets: a first one of ours, then the code and text of the device.
    fn messages(&self, first: Option<&str>) -> Vec<String> {
        let (code, text) = (self.said.code.as_str(), self.said.message.as_str());
        let said = match (code.is_empty(), text.is_empty()) {
            (true, true) => None,
            (true, false) => Some(text.to_owned()),
            (false, true) => Some(code.to_owned()),
            (false, false) => Some(format!("{code}: {text}")),
        };
        let lines = first.map(str::to_owned).into_iter().chain(said);
        lines.map(|line| harmless(&line)).collect()
    }

    fn report(&self, outcome: Outcome, messages: Vec<String>) -> Event {
        Event::Reported(Feedback {
            outcome,
            code: None,
            messages,
            occurred_at: self.said.at.unwrap_or(self.now),
            after_download: true,
            answer_with_order: false,
        })
    }

    fn cancel(&self, outcome: CancelOutcome, messages: Vec<String>) -> Event {
        let occurred_at = self.said.at.unwrap_or(self.now);
        Event::CancelReported { outcome, code: None, messages, occurred_at }
    }
}

/// A text that nothing refuses: what a device says of a result must not be lost for its spelling.
fn harmless(text: &str) -> String {
    let seen = text.chars().filter(|letter| *letter != '\0');
    seen.map(|letter| if letter == '<' { '(' } else { letter }).take(TEXT_MAX).collect()
}

/// The most characters of a line that are kept.
const TEXT_MAX: usize = 4096;
