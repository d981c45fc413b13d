//! Messages, their pieces, and the quotas on them.

use super::super::{
    CancelOutcome, EntryStatus, Event, Outcome, State, apply, detail_status, split_messages,
};
use super::{NOW, action, all_events, cancel_reported, reported};
use crate::tenant::Quotas;
use crate::{Error, Kind};

#[test]
fn long_messages_become_several() {
    let long = "ä".repeat(1025);
    let pieces = split_messages(vec!["a".into(), long.clone(), String::new()]);
    let lengths: Vec<usize> = pieces.iter().map(|piece| piece.chars().count()).collect();
    assert_eq!(lengths, [1, 512, 512, 1, 0]);
    assert_eq!(pieces[1..4].concat(), long);
}

#[test]
fn an_entry_holds_fifty_messages_with_the_code() {
    let fifty = vec!["m"; 50];
    let quotas = Quotas::default();
    let ask = |messages: &[&str], code| {
        apply(&action(State::Running), &reported(Outcome::Failed, messages, code), NOW, &quotas)
    };
    assert!(ask(&fifty, None).is_ok());
    assert_eq!(ask(&fifty, Some(1)).unwrap_err().kind(), Kind::ResourceExhausted);
    assert!(ask(&fifty[..49], Some(1)).is_ok());
    let long = "x".repeat(513);
    let mut split = vec!["m"; 48];
    split.push(&long);
    assert!(ask(&split, None).is_ok());
    assert!(ask(&split, Some(1)).is_err());
}

#[test]
fn a_full_history_takes_only_what_ends_the_action_or_asks_for_nothing() {
    let quotas = Quotas { status_entries_per_action: 10, ..Quotas::default() };
    let mut full = action(State::Retrieved);
    full.entries = 10;
    let refused: Vec<String> = all_events()
        .into_iter()
        .filter(|(_, event)| {
            matches!(apply(&full, event, NOW, &quotas), Err(Error::QuotaExceeded { .. }))
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        refused,
        [
            "Reported(Proceeding)",
            "Reported(Scheduled)",
            "Reported(Resumed)",
            "Reported(Downloading)",
            "Reported(Downloaded)",
            "Reported(Rejected)",
            "Reported(Canceled)",
            "DownloadAnnounced",
        ]
    );
    full.entries = 9;
    assert!(apply(&full, &reported(Outcome::Proceeding, &[], None), NOW, &quotas).is_ok());
    full.entries = 10;
    let always = Event::DownloadAnnounced { path: "/f".into(), always: true };
    assert!(!apply(&full, &always, NOW, &quotas).unwrap().changes());
    full.state = State::Canceling;
    let busy = cancel_reported(CancelOutcome::Progress, &["still"]);
    assert!(!apply(&full, &busy, NOW, &quotas).unwrap().changes());
    let unlimited = Quotas { status_entries_per_action: 0, ..Quotas::default() };
    assert!(apply(&full, &busy, NOW, &unlimited).unwrap().changes());
}

#[test]
fn devices_may_not_say_markup() {
    let quotas = Quotas::default();
    let said = reported(Outcome::Proceeding, &["fine", "<script>"], None);
    let answer = apply(&action(State::Running), &said, NOW, &quotas);
    assert_eq!(answer.unwrap_err().kind(), Kind::InvalidArgument);
    let said = cancel_reported(CancelOutcome::Progress, &["<b>"]);
    let answer = apply(&action(State::Canceling), &said, NOW, &quotas);
    assert_eq!(answer.unwrap_err().kind(), Kind::InvalidArgument);
}

#[test]
fn every_word_of_the_history_can_be_read_back() {
    for status in EntryStatus::ALL {
        assert_eq!(EntryStatus::parse(&status.as_str().to_lowercase()), Some(status));
    }
    assert_eq!(EntryStatus::parse("DANCING"), None);
    for state in State::ALL {
        assert!(EntryStatus::ALL.contains(&detail_status(state)));
    }
}
