//! What is offered, how it is to be treated, and when to ask again.

use std::time::Duration;

use super::super::{
    Action, ActionType, HandlingType, MaintenanceWindow, OfferKind, State, handling, offer,
    revision, sleep,
};
use super::{NOW, action};
use crate::{ActionId, Timestamp};

fn one(id: i64, weight: i32, state: State) -> Action {
    Action { id: ActionId(id), weight, ..action(state) }
}

fn later(secs: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(secs))
}

/// A window of one hour that opens daily at this time; NOW is 08:00:00 UTC.
fn window(schedule: &str) -> Option<MaintenanceWindow> {
    MaintenanceWindow::parse(Some(schedule), Some("01:00:00"), Some("Z"), NOW).unwrap()
}

#[test]
fn the_heaviest_then_the_oldest_open_action_is_offered() {
    let open = [
        one(4, 10, State::Running),
        one(3, 20, State::Canceling),
        one(2, 20, State::WaitingForConfirmation),
        one(1, 90, State::Finished),
    ];
    let first = offer(&open, NOW).unwrap();
    assert_eq!((first.action, first.kind), (ActionId(2), OfferKind::Confirmation));
    assert_eq!(offer(&open[..2], NOW).unwrap().kind, OfferKind::Cancellation);
    assert_eq!(offer(&open[..1], NOW).unwrap().kind, OfferKind::Deployment);
    assert_eq!(offer(&open[3..], NOW), None);
    assert_eq!(offer(&[], NOW), None);
}

#[test]
fn the_revision_follows_the_action_the_force_time_and_the_window() {
    let base = action(State::Running);
    let timed = Action { action_type: ActionType::TimeForced { at: later(60) }, ..base.clone() };
    let windowed = Action { window: window("0 0 9 * * ?"), ..base.clone() };
    assert_eq!(revision(&base, NOW), revision(&base, later(9999)));
    assert_ne!(revision(&base, NOW), revision(&Action { version: 2, ..base.clone() }, NOW));
    assert_ne!(revision(&base, NOW), revision(&one(8, 1000, State::Running), NOW));
    assert_ne!(revision(&timed, later(59)), revision(&timed, later(60)));
    assert_ne!(revision(&windowed, later(3599)), revision(&windowed, later(3600)));
    assert_ne!(revision(&windowed, later(3600)), revision(&windowed, later(7200)));
}

#[test]
fn handling_follows_type_and_window() {
    use HandlingType::{Attempt, Forced, Skip};
    let open = window("0 30 7 * * ?");
    let closed = window("0 0 9 * * ?");
    let table = [
        (ActionType::Forced, None, Forced, Forced),
        (ActionType::Soft, None, Attempt, Attempt),
        (ActionType::TimeForced { at: later(1) }, None, Attempt, Attempt),
        (ActionType::TimeForced { at: NOW }, None, Forced, Forced),
        (ActionType::DownloadOnly, None, Forced, Skip),
        (ActionType::DownloadOnly, open.clone(), Forced, Skip),
        (ActionType::Forced, open.clone(), Forced, Forced),
        (ActionType::Forced, closed.clone(), Forced, Skip),
        (ActionType::Soft, open, Attempt, Attempt),
        (ActionType::Soft, closed, Attempt, Skip),
    ];
    for (action_type, window, download, update) in table {
        let windowed = window.is_some();
        let got = handling(&Action { action_type, window, ..action(State::Running) }, NOW);
        assert_eq!((got.download, got.update), (download, update), "{action_type:?}");
        assert_eq!(got.window.is_some(), windowed);
    }
}

#[test]
fn devices_poll_more_often_ahead_of_a_window() {
    let base = Duration::from_secs(300);
    let min = Duration::from_secs(30);
    let at = |schedule: &str, count, now| {
        let one = Action { window: window(schedule), ..action(State::Running) };
        sleep(base, Some(&one), count, min, now).as_secs()
    };
    let just_after = NOW.plus(Duration::from_millis(1));
    assert_eq!(at("0 6 8 * * ?", 3, just_after), 119);
    assert_eq!(at("0 1 8 * * ?", 3, NOW), 30);
    assert_eq!(at("0 0 12 * * ?", 3, NOW), 300);
    assert_eq!(at("0 6 8 * * ?", 0, NOW), 300);
    assert_eq!(at("0 0 8 * * ?", 3, NOW), 300);
    assert_eq!(sleep(base, None, 3, min, NOW), base);
    let plain = action(State::Running);
    assert_eq!(sleep(base, Some(&plain), 3, min, NOW), base);
}
