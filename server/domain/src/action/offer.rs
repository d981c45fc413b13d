//! What a device is offered: one action at a time, and how it is to be treated.

use std::cmp::Reverse;
use std::time::Duration;

use super::{Action, ActionType, State, WindowState};
use crate::{ActionId, Timestamp};

/// What is to be done about an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfferKind {
    /// Confirm or deny it.
    Confirmation,
    /// Stop it.
    Cancellation,
    /// Download and install it.
    Deployment,
}

/// The action that a device is to look at now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The action.
    pub action: ActionId,
    /// What is to be done about it.
    pub kind: OfferKind,
    /// Changes whenever the answer to fetching it may have changed.
    pub revision: i32,
}

/// How to treat a step of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandlingType {
    /// Do it now.
    Forced,
    /// Do it when it suits.
    Attempt,
    /// Leave it.
    Skip,
}

/// How to treat a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handling {
    /// The download; never skipped.
    pub download: HandlingType,
    /// The installation.
    pub update: HandlingType,
    /// How the maintenance window stands, if there is one.
    pub window: Option<WindowState>,
}

/// The current one of a target's actions: the heaviest active one, the oldest of equals.
#[must_use]
pub fn current(open: &[Action]) -> Option<&Action> {
    open.iter()
        .filter(|action| action.state.is_active())
        .min_by_key(|action| (Reverse(action.weight), action.id))
}

/// What a device is offered of its actions (DDI reference: "Which action is current").
///
/// A window that is over does not matter here: whoever sees [`WindowState::Over`] lets
/// [`super::Event::WindowLapsed`] happen first.
#[must_use]
pub fn offer(open: &[Action], now: Timestamp) -> Option<Offer> {
    let action = current(open)?;
    let kind = match action.state {
        State::WaitingForConfirmation => OfferKind::Confirmation,
        State::Canceling => OfferKind::Cancellation,
        State::Running | State::Retrieved => OfferKind::Deployment,
        State::Scheduled | State::Canceled | State::Finished | State::Error | State::Downloaded => {
            return None;
        }
    };
    Some(Offer { action: action.id, kind, revision: revision(action, now) })
}

/// A number that changes with the action, with its force time and with its window (DDI
/// reference: "The c value"); any 32 bits.
#[must_use]
pub fn revision(action: &Action, now: Timestamp) -> i32 {
    let open = matches!(window_state(action, now), Some(WindowState::Open { .. }));
    let moment = match (force_time_has_come(action, now), open) {
        (true, _) => 1231,
        (false, true) => 1249,
        (false, false) => 1237,
    };
    [action.id.0, action.version, moment]
        .into_iter()
        .fold(17_i32, |sum, part| sum.wrapping_mul(31).wrapping_add(fold(part)))
}

/// The two halves of a number in one.
const fn fold(part: i64) -> i32 {
    let bytes = (part ^ (part >> 32)).to_le_bytes();
    i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn window_state(action: &Action, now: Timestamp) -> Option<WindowState> {
    action.window.as_ref().map(|window| window.state(now))
}

fn force_time_has_come(action: &Action, now: Timestamp) -> bool {
    match action.action_type {
        ActionType::TimeForced { at } => at <= now,
        ActionType::Soft | ActionType::Forced | ActionType::DownloadOnly => false,
    }
}

/// How a device is to treat the action's deployment (DDI reference: "Values of download /
/// update").
#[must_use]
pub fn handling(action: &Action, now: Timestamp) -> Handling {
    let window = window_state(action, now);
    let download = match action.action_type {
        ActionType::Forced | ActionType::DownloadOnly => HandlingType::Forced,
        ActionType::Soft => HandlingType::Attempt,
        ActionType::TimeForced { at } if at <= now => HandlingType::Forced,
        ActionType::TimeForced { .. } => HandlingType::Attempt,
    };
    let update = match (action.action_type, window) {
        (ActionType::DownloadOnly, _)
        | (_, Some(WindowState::Closed { .. } | WindowState::Over)) => HandlingType::Skip,
        (
            ActionType::Soft | ActionType::Forced | ActionType::TimeForced { .. },
            Some(WindowState::Open { .. }) | None,
        ) => download,
    };
    Handling { download, update, window }
}

/// How long a device is to sleep before its next poll (DDI reference: "Polling interval").
///
/// `base` is the target's interval. Ahead of the current action's window the device polls
/// `poll_count` times, but not more often than every `min`. Whole seconds, rounded down.
#[must_use]
pub fn sleep(
    base: Duration,
    action: Option<&Action>,
    poll_count: i32,
    min: Duration,
    now: Timestamp,
) -> Duration {
    let next = match action.and_then(|action| window_state(action, now)) {
        Some(WindowState::Closed { next }) => next,
        Some(WindowState::Open { .. } | WindowState::Over) | None => return base,
    };
    let Ok(count @ 1..) = u32::try_from(poll_count) else {
        return base;
    };
    let share = Duration::from_secs((next.since(now) / count).as_secs());
    share.max(min).min(base)
}
