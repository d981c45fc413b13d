//! Whatever happens, in whatever order, however often: what stays true of an action.

use proptest::prelude::*;

use super::super::{
    Action, ActionType, CancelOutcome, Consent, EntryStatus, Event, Feedback, MESSAGE_MAX, State,
    Transition, apply, offer, settle,
};
use super::{NOW, OUTCOMES, action, consent, rollout, target};
use crate::target::{Target, UpdateStatus};
use crate::tenant::Quotas;
use crate::{ActionId, Error, SetId, Timestamp};

const CANCELS: [CancelOutcome; 4] = [
    CancelOutcome::Accepted,
    CancelOutcome::Refused,
    CancelOutcome::Failed,
    CancelOutcome::Progress,
];

fn messages() -> impl Strategy<Value = Vec<String>> {
    let text = prop_oneof![
        6 => "[a-z <>äß]{0,12}",
        1 => (500_usize..1100).prop_map(|length| "ä".repeat(length)),
    ];
    prop::collection::vec(text, 0..6)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-5000_i64..5000).prop_map(|offset| Timestamp::from_millis(NOW.millis() + offset))
}

fn said() -> impl Strategy<Value = (Option<i32>, Vec<String>, Timestamp)> {
    (any::<Option<i32>>(), messages(), time())
}

fn event() -> impl Strategy<Value = Event> {
    let by = || Just("op".to_owned());
    let who = || prop::option::of(by());
    prop_oneof![
        6 => (prop::sample::select(&OUTCOMES[..]), said()).prop_map(
            |(outcome, (code, messages, occurred_at))| Event::Reported(Feedback {
                outcome,
                code,
                messages,
                occurred_at,
                after_download: true,
                answer_with_order: false,
            })
        ),
        4 => (prop::sample::select(&CANCELS[..]), said()).prop_map(
            |(outcome, (code, messages, occurred_at))| Event::CancelReported {
                outcome,
                code,
                messages,
                occurred_at
            }
        ),
        2 => Just(Event::Fetched),
        2 => Just(Event::CancelFetched),
        2 => (0_usize..600, any::<bool>()).prop_map(|(length, always)| {
            Event::DownloadAnnounced { path: "/p".repeat(length), always }
        }),
        2 => (any::<Option<i32>>(), messages(), who())
            .prop_map(|(code, messages, by)| Event::Confirmed { code, messages, by }),
        2 => (any::<Option<i32>>(), messages(), who())
            .prop_map(|(code, messages, by)| Event::Denied { code, messages, by }),
        1 => Just(Event::AutoConfirmed { consent: consent() }),
        3 => by().prop_map(|by| Event::CancelRequested { by }),
        1 => by().prop_map(|by| Event::ForceQuit { by }),
        1 => by().prop_map(|by| Event::Forced { by }),
        1 => any::<bool>().prop_map(|autoclose| Event::Superseded { autoclose }),
        1 => Just(Event::WindowLapsed),
        2 => any::<bool>().prop_map(|waits| Event::Started {
            consent: if waits { Consent::Needed } else { Consent::ByInitiator },
            initiator: rollout(),
        }),
        1 => Just(Event::Skipped),
        1 => Just(Event::Unanswered),
        1 => Just(Event::Unproven),
    ]
}

fn start() -> impl Strategy<Value = Action> {
    let states = [State::Scheduled, State::WaitingForConfirmation, State::Running];
    let types = [
        ActionType::Soft,
        ActionType::Forced,
        ActionType::TimeForced { at: NOW },
        ActionType::DownloadOnly,
    ];
    (prop::sample::select(states.to_vec()), prop::sample::select(types.to_vec())).prop_map(
        |(state, action_type)| {
            let mut one = action(state);
            one.action_type = action_type;
            one.entries = u32::from(state != State::Scheduled);
            one
        },
    )
}

fn quotas() -> Quotas {
    Quotas { status_entries_per_action: 12, messages_per_status: 8, ..Quotas::default() }
}

/// From where an action may get where.
fn is_way(from: State, to: State) -> bool {
    match from {
        State::Scheduled => !matches!(to, State::Retrieved | State::Canceling | State::Error),
        State::WaitingForConfirmation => {
            !matches!(to, State::Scheduled | State::Retrieved | State::Finished)
        }
        State::Running | State::Retrieved => {
            !matches!(to, State::Scheduled | State::WaitingForConfirmation)
        }
        State::Canceling => {
            !matches!(to, State::Scheduled | State::WaitingForConfirmation | State::Retrieved)
        }
        State::Downloaded => matches!(to, State::Downloaded | State::Finished | State::Error),
        // what was said to be installed may lack its proof
        State::Finished => matches!(to, State::Finished | State::Error),
        State::Canceled | State::Error => to == from,
    }
}

fn check(before: &Action, to: &Transition) {
    let after = &to.action;
    assert!(is_way(before.state, after.state), "{:?} → {:?}", before.state, after.state);
    assert_eq!(after.state.is_active(), offer(std::slice::from_ref(after), NOW).is_some());
    assert_eq!(after.entries as usize, before.entries as usize + to.entries.len());
    assert_eq!((after.id, after.version, after.set), (before.id, before.version, before.set));
    if !to.changes() {
        assert_eq!(after, before);
        assert!(to.entries.is_empty());
    }
    match to.entries.last() {
        Some(last) => assert_eq!(after.retrieved_last, last.status == EntryStatus::Retrieved),
        None => assert_eq!(after.retrieved_last, before.retrieved_last),
    }
    for entry in &to.entries {
        assert!(entry.messages.len() <= 9);
        assert!(entry.messages.iter().all(|text| text.chars().count() <= MESSAGE_MAX));
    }
}

fn check_target(before: &Target, after: &Target) {
    assert!(after.installed_at >= before.installed_at);
    assert!(after.installed_set.is_some() || before.installed_set.is_none());
    if after.update_status == UpdateStatus::Error {
        assert_eq!(after.assigned_set, None);
    }
}

proptest! {
    #[test]
    fn any_sequence_of_events_leaves_a_legal_action_and_target(
        start in start(),
        events in prop::collection::vec((event(), 1..3_usize), 0..40),
        others in prop::collection::vec((1_i64..20, 1_i64..5), 0..3),
    ) {
        let others: Vec<_> =
            others.into_iter().map(|(id, set)| (ActionId(id), SetId(set))).collect();
        let (mut now, mut owner) = (start, target());
        for (event, times) in events {
            for _ in 0..times {
                if let Ok(to) = apply(&now, &event, NOW, &quotas()) {
                    check(&now, &to);
                    let before = owner.clone();
                    settle(&to.target, &mut owner, &others, "dev", NOW);
                    check_target(&before, &owner);
                    now = to.action;
                }
            }
        }
    }

    #[test]
    fn a_repeated_final_report_changes_nothing(start in start(), said in said(), ok: bool) {
        let mut running = start;
        running.state = State::Running;
        let (code, messages, occurred_at) = said;
        let outcome =
            if ok { super::Outcome::Succeeded } else { super::Outcome::Failed };
        let report = Event::Reported(Feedback {
            outcome,
            code,
            messages,
            occurred_at,
            after_download: true,
            answer_with_order: false,
        });
        if let Ok(to) = apply(&running, &report, NOW, &Quotas::default()) {
            let again = apply(&to.action, &report, NOW, &Quotas::default());
            prop_assert_eq!(again, Err(Error::ActionClosed { action: running.id }));
        }
    }

    #[test]
    fn what_waits_or_runs_can_be_cancelled_and_forced_to_its_end(
        start in start(),
        events in prop::collection::vec(event(), 0..20),
    ) {
        let mut now = start;
        for event in events {
            if let Ok(to) = apply(&now, &event, NOW, &quotas()) {
                now = to.action;
            }
        }
        if now.state.is_active() {
            let cancel = Event::CancelRequested { by: "op".into() };
            if now.state != State::Canceling {
                now = apply(&now, &cancel, NOW, &quotas()).unwrap().action;
            }
            let force = Event::ForceQuit { by: "op".into() };
            let to = apply(&now, &force, NOW, &quotas()).unwrap();
            prop_assert_eq!(to.action.state, State::Canceled);
        }
    }
}
