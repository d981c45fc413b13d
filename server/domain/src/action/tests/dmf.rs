//! What devices may say over DMF, but not over DDI.

use super::super::{Effect, Event, Feedback, MaintenanceWindow, Outcome, State, Transition, apply};
use super::{NOW, action};
use crate::tenant::Quotas;
use crate::{Error, Result};

fn report(state: State, outcome: Outcome, is_dmf: bool) -> Result<Transition> {
    report_in(None, state, outcome, is_dmf)
}

fn report_in(
    window: Option<MaintenanceWindow>,
    state: State,
    outcome: Outcome,
    is_dmf: bool,
) -> Result<Transition> {
    let mut one = action(state);
    one.window = window;
    let feedback = Feedback {
        outcome,
        code: None,
        messages: Vec::new(),
        occurred_at: NOW,
        after_download: is_dmf,
        answer_with_order: is_dmf,
    };
    apply(&one, &Event::Reported(feedback), NOW, &Quotas::default())
}

#[test]
fn a_downloaded_action_takes_a_late_result_only_where_the_protocol_knows_one() {
    assert!(report(State::Downloaded, Outcome::Succeeded, true).is_ok());
    let closed = Err(Error::ActionClosed { action: action(State::Downloaded).id });
    assert_eq!(report(State::Downloaded, Outcome::Succeeded, false), closed);
}

#[test]
fn an_action_that_waits_takes_notes_but_no_results() {
    let waits = State::WaitingForConfirmation;
    let noted = report(waits, Outcome::Proceeding, true).unwrap();
    assert_eq!((noted.action.state, noted.entries.len()), (waits, 1));
    let refused = Err(Error::ActionWaiting { action: action(waits).id });
    assert_eq!(report(waits, Outcome::Succeeded, true), refused);
    assert_eq!(report(waits, Outcome::Downloaded, true), refused);
    assert_eq!(report(waits, Outcome::Proceeding, false), refused);
}

#[test]
fn in_an_open_window_each_status_is_answered_by_the_order() {
    let is_told = |window: Option<&str>, outcome, is_dmf| {
        let window = window.map(|s| MaintenanceWindow::restore(s, "00:10:00", "+00:00").unwrap());
        let told = report_in(window, State::Running, outcome, is_dmf).unwrap().effects;
        told.iter().filter(|effect| **effect == Effect::OfferChanged).count()
    };
    let (open, closed) = (Some("0 * * * * ?"), Some("0 0 0 29 2 ? 2096"));
    assert_eq!(is_told(open, Outcome::Proceeding, true), 1);
    assert_eq!(is_told(open, Outcome::Succeeded, true), 1);
    assert_eq!(is_told(open, Outcome::Proceeding, false), 0);
    assert_eq!(is_told(closed, Outcome::Proceeding, true), 0);
    assert_eq!(is_told(None, Outcome::Proceeding, true), 0);
}
