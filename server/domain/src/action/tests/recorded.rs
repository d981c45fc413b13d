//! What hawkBit was seen to do, told as sequences.

use super::super::{
    ActionType, CancelOutcome, EntryStatus, Event, NewEntry, Outcome, State, TargetChange,
    Transition, apply, settle,
};
use super::{NOW, action, cancel_reported, consent, reported, target};
use crate::action::Action;
use crate::target::UpdateStatus;
use crate::tenant::Quotas;
use crate::{ActionId, Error, SetId, Timestamp};

/// Applies an event that must be accepted, and keeps the history.
fn go(action: &mut Action, history: &mut Vec<NewEntry>, event: &Event) -> TargetChange {
    let Transition { action: next, entries, target, .. } =
        apply(action, event, NOW, &Quotas::default()).unwrap();
    *action = next;
    history.extend(entries);
    target
}

fn shape(history: &[NewEntry]) -> Vec<(EntryStatus, usize)> {
    history.iter().map(|entry| (entry.status, entry.messages.len())).collect()
}

#[test]
fn every_word_of_a_device_is_noted_and_the_failure_ends_it() {
    let (mut one, mut history) = (action(State::Running), Vec::new());
    for outcome in [
        Outcome::Scheduled,
        Outcome::Resumed,
        Outcome::Proceeding,
        Outcome::Downloading,
        Outcome::Downloaded,
        Outcome::Rejected,
    ] {
        let said = reported(outcome, &["said", "twice"], None);
        assert_eq!(go(&mut one, &mut history, &said), TargetChange::None);
        assert_eq!((one.state, one.last_code), (State::Running, None));
    }
    go(&mut one, &mut history, &reported(Outcome::Proceeding, &["2 of 5"], Some(42)));
    assert_eq!(one.last_code, Some(42));
    go(&mut one, &mut history, &reported(Outcome::Proceeding, &[], None));
    assert_eq!(one.last_code, None);
    go(&mut one, &mut history, &reported(Outcome::Canceled, &["on its own"], None));
    let end = go(&mut one, &mut history, &reported(Outcome::Failed, &["no space"], Some(507)));
    assert_eq!((one.state, one.last_code, end), (State::Error, Some(507), TargetChange::Failed));
    assert_eq!(
        shape(&history),
        [
            (EntryStatus::Running, 2),
            (EntryStatus::Running, 2),
            (EntryStatus::Running, 2),
            (EntryStatus::Download, 2),
            (EntryStatus::Downloaded, 2),
            (EntryStatus::Warning, 2),
            (EntryStatus::Running, 2),
            (EntryStatus::Running, 1),
            (EntryStatus::Canceled, 1),
            (EntryStatus::Error, 2),
        ]
    );
    assert_eq!(history[9].messages[1], "Device reported status code: 507");
    assert!(history[7].messages[0].starts_with("Update Server: "));
    let mut owner = target();
    owner.assigned_set = Some(one.set);
    settle(&end, &mut owner, &[], "dev", NOW);
    assert_eq!((owner.update_status, owner.assigned_set), (UpdateStatus::Error, None));
    assert_eq!(owner.audit.modified_by, "admin");
}

#[test]
fn a_code_alone_needs_no_other_message() {
    let (mut one, mut history) = (action(State::Retrieved), Vec::new());
    go(&mut one, &mut history, &reported(Outcome::Succeeded, &[], Some(0)));
    assert_eq!(history[0].messages, ["Device reported status code: 0"]);
}

#[test]
fn a_cancellation_is_refused_and_then_agreed_to() {
    let (mut one, mut history) = (action(State::Running), Vec::new());
    let cancel = Event::CancelRequested { by: "op".into() };
    go(&mut one, &mut history, &cancel);
    assert_eq!(one.state, State::Canceling);
    go(&mut one, &mut history, &Event::CancelFetched);
    go(&mut one, &mut history, &Event::CancelFetched);
    go(&mut one, &mut history, &cancel_reported(CancelOutcome::Progress, &["thinking about it"]));
    let refusal = ["Update Server: Target rejected the cancellation request.", "too busy"];
    go(&mut one, &mut history, &cancel_reported(CancelOutcome::Refused, &refusal));
    assert_eq!(one.state, State::Running);
    go(&mut one, &mut history, &cancel);
    let agreed = ["Update Server: Cancellation confirmed.", "fine"];
    let end = go(&mut one, &mut history, &cancel_reported(CancelOutcome::Accepted, &agreed));
    assert_eq!((one.state, end), (State::Canceled, TargetChange::CancellationDone));
    assert_eq!(
        shape(&history),
        [
            (EntryStatus::Canceling, 1),
            (EntryStatus::Retrieved, 1),
            (EntryStatus::Running, 1),
            (EntryStatus::CancelRejected, 2),
            (EntryStatus::Canceling, 1),
            (EntryStatus::Canceled, 3),
        ]
    );
    let late = go(&mut one, &mut history, &cancel_reported(CancelOutcome::Refused, &["oh"]));
    assert_eq!((one.state, late), (State::Canceled, TargetChange::None));
}

#[test]
fn a_cancellation_ends_by_force_only_once_it_was_asked_for() {
    let (mut one, mut history) = (action(State::Running), Vec::new());
    let force = Event::ForceQuit { by: "op".into() };
    let early = apply(&one, &force, NOW, &Quotas::default());
    assert_eq!(early, Err(Error::ActionNotForceQuitable { action: one.id }));
    go(&mut one, &mut history, &Event::CancelRequested { by: "op".into() });
    let twice = apply(&one, &Event::CancelRequested { by: "op".into() }, NOW, &Quotas::default());
    assert_eq!(twice, Err(Error::ActionNotCancelable { action: one.id }));
    let end = go(&mut one, &mut history, &force);
    assert_eq!((one.state, end), (State::Canceled, TargetChange::CancellationDone));
}

#[test]
fn the_last_cancellation_leaves_the_target_in_sync_with_whatever_it_has() {
    let mut owner = target();
    owner.assigned_set = Some(SetId(5));
    owner.update_status = UpdateStatus::Pending;
    let others = [(ActionId(12), SetId(2)), (ActionId(11), SetId(1))];
    settle(&TargetChange::CancellationDone, &mut owner, &others, "op", NOW);
    assert_eq!((owner.assigned_set, owner.update_status), (Some(SetId(1)), UpdateStatus::Pending));
    settle(&TargetChange::CancellationDone, &mut owner, &[], "op", NOW);
    assert_eq!((owner.assigned_set, owner.update_status), (None, UpdateStatus::InSync));
    assert_eq!(owner.audit.modified_by, "op");
}

#[test]
fn a_device_denies_and_then_confirms() {
    let (mut one, mut history) = (action(State::WaitingForConfirmation), Vec::new());
    let early = apply(&one, &reported(Outcome::Succeeded, &[], None), NOW, &Quotas::default());
    assert_eq!(early, Err(Error::ActionWaiting { action: one.id }));
    let messages = |text: &str| vec![text.to_owned()];
    go(
        &mut one,
        &mut history,
        &Event::Denied { code: Some(-1), messages: messages("<b>not</b>"), by: None },
    );
    assert_eq!((one.state, one.last_code), (State::WaitingForConfirmation, Some(-1)));
    let confirmed = Event::Confirmed { code: Some(200), messages: messages("yes"), by: None };
    go(&mut one, &mut history, &confirmed);
    assert_eq!((one.state, one.last_code), (State::Running, Some(200)));
    assert_eq!(one.audit.modified_by, "admin");
    assert_eq!(shape(&history), [(EntryStatus::WaitForConfirmation, 3), (EntryStatus::Running, 3)]);
    assert_eq!(history[1].messages[2], "Confirmation status code: 200");
    let again = apply(&one, &confirmed, NOW, &Quotas::default());
    assert_eq!(again, Err(Error::ActionNotWaiting { action: one.id }));
}

#[test]
fn a_standing_consent_releases_what_waits_and_nothing_else() {
    let (mut one, mut history) = (action(State::WaitingForConfirmation), Vec::new());
    one.last_code = Some(4);
    let event = Event::AutoConfirmed { consent: consent() };
    go(&mut one, &mut history, &event);
    go(&mut one, &mut history, &event);
    assert_eq!((one.state, one.last_code), (State::Running, Some(4)));
    assert_eq!(shape(&history), [(EntryStatus::Running, 1)]);
    assert!(history[0].messages[0].contains("the driver"));
}

#[test]
fn a_download_only_action_ends_with_the_download_and_may_still_be_installed() {
    let (mut one, mut history) = (action(State::Retrieved), Vec::new());
    one.action_type = ActionType::DownloadOnly;
    let end = go(&mut one, &mut history, &reported(Outcome::Downloaded, &["x"], None));
    assert_eq!((one.state, end), (State::Downloaded, TargetChange::DownloadedOnly));
    let mut owner = target();
    owner.request_attributes = false;
    settle(&end, &mut owner, &[], "dev", NOW);
    assert_eq!((owner.update_status, owner.installed_set), (UpdateStatus::InSync, None));
    assert!(owner.request_attributes);
    let end = go(&mut one, &mut history, &reported(Outcome::Succeeded, &["x"], None));
    settle(&end, &mut owner, &[], "dev", NOW);
    assert_eq!(one.state, State::Finished);
    assert_eq!((owner.installed_set, owner.assigned_set), (Some(one.set), Some(one.set)));
}

#[test]
fn an_old_success_ends_the_action_but_is_no_news_of_the_target() {
    let mut owner = target();
    owner.assigned_set = Some(SetId(5));
    owner.installed_set = Some(SetId(4));
    owner.installed_at = Some(NOW);
    owner.update_status = UpdateStatus::Pending;
    owner.request_attributes = false;
    let change = |at| TargetChange::Installed { set: SetId(5), at, also_assigned: false };
    settle(&change(NOW), &mut owner, &[], "dev", NOW);
    assert_eq!((owner.installed_set, owner.installed_at), (Some(SetId(4)), Some(NOW)));
    assert_eq!(owner.update_status, UpdateStatus::Pending);
    assert!(owner.request_attributes);
    let later = Timestamp::from_millis(NOW.millis() + 1);
    settle(&change(later), &mut owner, &[], "dev", NOW);
    assert_eq!((owner.installed_set, owner.installed_at), (Some(SetId(5)), Some(later)));
    assert_eq!(owner.update_status, UpdateStatus::InSync);
    let other = TargetChange::Installed {
        set: SetId(9),
        at: Timestamp::from_millis(NOW.millis() + 2),
        also_assigned: false,
    };
    owner.update_status = UpdateStatus::Pending;
    settle(&other, &mut owner, &[], "dev", NOW);
    assert_eq!((owner.assigned_set, owner.update_status), (Some(SetId(5)), UpdateStatus::Pending));
}

#[test]
fn a_fetch_is_noted_once_in_a_row() {
    let (mut one, mut history) = (action(State::Running), Vec::new());
    go(&mut one, &mut history, &Event::Fetched);
    go(&mut one, &mut history, &Event::Fetched);
    assert_eq!((one.state, history.len()), (State::Retrieved, 1));
    go(&mut one, &mut history, &Event::DownloadAnnounced { path: "/f".into(), always: false });
    assert_eq!(history[1].messages, ["Update Server: Target downloads /f"]);
    go(&mut one, &mut history, &Event::Fetched);
    assert_eq!((one.state, history.len(), one.entries), (State::Retrieved, 3, 4));
}

#[test]
fn forcing_changes_what_is_not_forced_yet() {
    let by = Event::Forced { by: "op".into() };
    let after = |action_type| {
        let mut one = action(State::Retrieved);
        one.action_type = action_type;
        let to = apply(&one, &by, NOW, &Quotas::default()).unwrap();
        (to.action.action_type, to.changes())
    };
    let later = Timestamp::from_millis(NOW.millis() + 1);
    assert_eq!(after(ActionType::Soft), (ActionType::Forced, true));
    assert_eq!(after(ActionType::Forced), (ActionType::Forced, false));
    assert_eq!(after(ActionType::TimeForced { at: later }), (ActionType::Forced, true));
    let due = ActionType::TimeForced { at: NOW };
    assert_eq!(after(due), (due, false));
}
