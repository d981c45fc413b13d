//! What becomes of an action: the one function that decides it.
//!
//! The cells of the table are hawkBit's (hawkBit domain rules: "Transitions"; DDI reference:
//! "Deployment feedback", "Cancellation", "User confirmation"), but for its defects: a fetch
//! changes nothing of a closed action, and late words on a cancellation revive nothing.

use super::step::Step;
use super::{Action, Effect, Event, NewEntry, Outcome, State, TargetChange};
use crate::tenant::Quotas;
use crate::{Error, Result, Timestamp};

/// What an event makes of an action. All of it belongs into one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The new value. The store raises the version, and only if [`Transition::changes`].
    pub action: Action,
    /// History entries to add, oldest first.
    pub entries: Vec<NewEntry>,
    /// What it means for the target.
    pub target: TargetChange,
    /// What others have to be told.
    pub effects: Vec<Effect>,
}

impl Transition {
    /// Whether there is anything to store.
    #[must_use]
    pub const fn changes(&self) -> bool {
        !self.effects.is_empty()
    }
}

/// Decides what `event` makes of `action`. Any event may be repeated or come late.
///
/// # Errors
/// - [`Error::ActionClosed`]: a report or confirmation for an action that is over (or not begun);
/// - [`Error::ActionWaiting`]: a report on, or fetch of, an action that is not confirmed yet;
/// - [`Error::ActionNotWaiting`]: a confirmation that nobody asked for;
/// - [`Error::ActionCanceling`]: a fetch of a deployment that is being, or was, cancelled;
/// - [`Error::ActionNotCanceling`]: words on a cancellation that nobody asked for;
/// - [`Error::ActionNotCancelable`], [`Error::ActionNotForceQuitable`]: an operator's wish that
///   comes too late or too early;
/// - [`Error::Invalid`]: markup in what a device says;
/// - [`Error::QuotaExceeded`]: too many messages, or too many entries that are not final.
pub fn apply(
    action: &Action,
    event: &Event,
    now: Timestamp,
    quotas: &Quotas,
) -> Result<Transition> {
    let step = Step { action, now, quotas };
    match action.state {
        State::Scheduled => scheduled(step, event),
        State::WaitingForConfirmation => waiting(step, event),
        State::Running | State::Retrieved => on_offer(step, event),
        State::Canceling => canceling(step, event),
        State::Canceled => canceled(step, event),
        State::Finished | State::Error => over(step, event),
        State::Downloaded => downloaded(step, event),
    }
}

fn scheduled(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::Started { consent, initiator } => Ok(step.start(consent, initiator)),
        Event::Skipped => Ok(step.skip()),
        Event::Superseded { .. } => Ok(step.drop_scheduled()),
        Event::Forced { by } => Ok(step.force(by)),
        Event::Reported(_) | Event::Confirmed { .. } | Event::Denied { .. } => {
            Err(Error::ActionClosed { action })
        }
        Event::CancelReported { .. } | Event::CancelFetched => {
            Err(Error::ActionNotCanceling { action })
        }
        Event::CancelRequested { .. } => Err(Error::ActionNotCancelable { action }),
        Event::ForceQuit { .. } => Err(Error::ActionNotForceQuitable { action }),
        Event::Fetched
        | Event::DownloadAnnounced { .. }
        | Event::AutoConfirmed { .. }
        | Event::WindowLapsed
        | Event::Unanswered
        | Event::Unproven => Ok(step.nothing()),
    }
}

fn waiting(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::Confirmed { code, messages, by } => step.confirm(*code, messages, by.as_deref()),
        Event::Denied { code, messages, by } => step.deny(*code, messages, by.as_deref()),
        Event::AutoConfirmed { consent } => Ok(step.auto_confirm(consent)),
        Event::DownloadAnnounced { path, always } => step.announce(path, *always),
        Event::CancelRequested { by } => Ok(step.request_cancel(Some(by))),
        Event::WindowLapsed => Ok(step.request_cancel(None)),
        Event::Superseded { autoclose } => Ok(step.supersede(*autoclose)),
        Event::Forced { by } => Ok(step.force(by)),
        Event::Reported(feedback) if feedback.is_noted_while_waiting() => step.report(feedback),
        Event::Reported(_) | Event::Fetched => Err(Error::ActionWaiting { action }),
        Event::CancelReported { .. } | Event::CancelFetched => {
            Err(Error::ActionNotCanceling { action })
        }
        Event::ForceQuit { .. } => Err(Error::ActionNotForceQuitable { action }),
        Event::Unanswered => Ok(step.unanswered()),
        Event::Started { .. } | Event::Skipped | Event::Unproven => Ok(step.nothing()),
    }
}

fn on_offer(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::Reported(feedback) => step.report(feedback),
        Event::Fetched => Ok(step.fetch()),
        Event::DownloadAnnounced { path, always } => step.announce(path, *always),
        Event::CancelRequested { by } => Ok(step.request_cancel(Some(by))),
        Event::WindowLapsed => Ok(step.request_cancel(None)),
        Event::Superseded { autoclose } => Ok(step.supersede(*autoclose)),
        Event::Forced { by } => Ok(step.force(by)),
        Event::CancelReported { .. } | Event::CancelFetched => {
            Err(Error::ActionNotCanceling { action })
        }
        Event::Confirmed { .. } | Event::Denied { .. } => Err(Error::ActionNotWaiting { action }),
        Event::ForceQuit { .. } => Err(Error::ActionNotForceQuitable { action }),
        Event::Unanswered => Ok(step.unanswered()),
        Event::AutoConfirmed { .. } | Event::Started { .. } | Event::Skipped | Event::Unproven => {
            Ok(step.nothing())
        }
    }
}

fn canceling(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::Reported(feedback) => step.report(feedback),
        Event::CancelReported { outcome, code, messages, occurred_at } => {
            step.report_cancel(*outcome, *code, messages, *occurred_at)
        }
        Event::CancelFetched => Ok(step.fetch_cancel()),
        Event::ForceQuit { by } => Ok(step.force_quit(by)),
        Event::Superseded { autoclose: true } => Ok(step.supersede(true)),
        Event::Forced { by } => Ok(step.force(by)),
        Event::Fetched => Err(Error::ActionCanceling { action }),
        Event::Confirmed { .. } | Event::Denied { .. } => Err(Error::ActionNotWaiting { action }),
        Event::CancelRequested { .. } => Err(Error::ActionNotCancelable { action }),
        Event::DownloadAnnounced { .. }
        | Event::AutoConfirmed { .. }
        | Event::Superseded { autoclose: false }
        | Event::WindowLapsed
        | Event::Started { .. }
        | Event::Skipped
        | Event::Unanswered
        | Event::Unproven => Ok(step.nothing()),
    }
}

fn canceled(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::CancelReported { outcome, code, messages, occurred_at } => {
            step.note_late_cancel(*outcome, *code, messages, *occurred_at)
        }
        Event::CancelFetched => Ok(step.nothing()),
        Event::Fetched => Err(Error::ActionCanceling { action }),
        Event::Reported(_)
        | Event::DownloadAnnounced { .. }
        | Event::Confirmed { .. }
        | Event::Denied { .. }
        | Event::AutoConfirmed { .. }
        | Event::CancelRequested { .. }
        | Event::ForceQuit { .. }
        | Event::Forced { .. }
        | Event::Superseded { .. }
        | Event::WindowLapsed
        | Event::Started { .. }
        | Event::Skipped
        | Event::Unanswered
        | Event::Unproven => over(step, event),
    }
}

fn over(step: Step<'_>, event: &Event) -> Result<Transition> {
    let action = step.action.id;
    match event {
        Event::Reported(_) | Event::Confirmed { .. } | Event::Denied { .. } => {
            Err(Error::ActionClosed { action })
        }
        Event::CancelReported { .. } | Event::CancelFetched => {
            Err(Error::ActionNotCanceling { action })
        }
        Event::CancelRequested { .. } => Err(Error::ActionNotCancelable { action }),
        Event::ForceQuit { .. } => Err(Error::ActionNotForceQuitable { action }),
        Event::Unproven if step.action.state == State::Finished => Ok(step.unproven()),
        Event::Fetched
        | Event::DownloadAnnounced { .. }
        | Event::AutoConfirmed { .. }
        | Event::Forced { .. }
        | Event::Superseded { .. }
        | Event::WindowLapsed
        | Event::Started { .. }
        | Event::Skipped
        | Event::Unanswered
        | Event::Unproven => Ok(step.nothing()),
    }
}

fn downloaded(step: Step<'_>, event: &Event) -> Result<Transition> {
    match event {
        Event::Reported(feedback) => match feedback.outcome {
            Outcome::Succeeded | Outcome::Failed if feedback.after_download => {
                step.report(feedback)
            }
            Outcome::Succeeded
            | Outcome::Failed
            | Outcome::Proceeding
            | Outcome::Scheduled
            | Outcome::Resumed
            | Outcome::Downloading
            | Outcome::Downloaded
            | Outcome::Rejected
            | Outcome::Retrieved
            | Outcome::Canceled => over(step, event),
        },
        Event::CancelReported { .. }
        | Event::Fetched
        | Event::CancelFetched
        | Event::DownloadAnnounced { .. }
        | Event::Confirmed { .. }
        | Event::Denied { .. }
        | Event::AutoConfirmed { .. }
        | Event::CancelRequested { .. }
        | Event::ForceQuit { .. }
        | Event::Forced { .. }
        | Event::Superseded { .. }
        | Event::WindowLapsed
        | Event::Started { .. }
        | Event::Skipped
        | Event::Unanswered
        | Event::Unproven => over(step, event),
    }
}
