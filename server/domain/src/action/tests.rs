//! Tests of the rules of actions, and what they share.

mod assign;
mod dmf;
mod history;
mod offer;
mod properties;
mod recorded;
mod table;
mod window;

use super::{
    Action, ActionType, CancelOutcome, Consent, Event, Feedback, Initiator, Outcome, State,
};
use crate::target::{AutoConfirmation, Target, TargetDraft, new_target};
use crate::{ActionId, Audit, SetId, TargetId, TenantId, Timestamp};

/// 2026-11-21T08:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_248_000_000);

pub(crate) fn action(state: State) -> Action {
    Action {
        id: ActionId(7),
        tenant: TenantId(1),
        target: TargetId(3),
        set: SetId(5),
        action_type: ActionType::Forced,
        state,
        weight: 1000,
        window: None,
        last_code: None,
        retrieved_last: false,
        entries: 1,
        external_ref: None,
        rollout: None,
        rollout_group: None,
        audit: Audit::new("admin", NOW),
        version: 1,
    }
}

pub(super) fn target() -> Target {
    let draft = TargetDraft { controller_id: "dev".into(), ..TargetDraft::default() };
    new_target(&draft, "token".into(), "admin", NOW).unwrap()
}

pub(super) fn consent() -> AutoConfirmation {
    AutoConfirmation {
        initiator: Some("the driver".into()),
        remark: None,
        activated_at: NOW,
        activated_by: "dev".into(),
    }
}

pub(super) fn rollout() -> Initiator {
    Initiator::Rollout { rollout: "fleet".into(), id: crate::RolloutId(9), group: "group-1".into() }
}

pub(super) fn reported(outcome: Outcome, messages: &[&str], code: Option<i32>) -> Event {
    let messages = messages.iter().map(ToString::to_string).collect();
    Event::Reported(Feedback {
        outcome,
        code,
        messages,
        occurred_at: NOW,
        after_download: true,
        answer_with_order: false,
    })
}

pub(super) fn cancel_reported(outcome: CancelOutcome, messages: &[&str]) -> Event {
    let messages = messages.iter().map(ToString::to_string).collect();
    Event::CancelReported { outcome, code: None, messages, occurred_at: NOW }
}

pub(super) const OUTCOMES: [Outcome; 9] = [
    Outcome::Proceeding,
    Outcome::Scheduled,
    Outcome::Resumed,
    Outcome::Downloading,
    Outcome::Downloaded,
    Outcome::Rejected,
    Outcome::Canceled,
    Outcome::Succeeded,
    Outcome::Failed,
];

/// One event of each kind, with a name.
pub(super) fn all_events() -> Vec<(String, Event)> {
    let mut events: Vec<(String, Event)> = OUTCOMES
        .into_iter()
        .map(|outcome| (format!("Reported({outcome:?})"), reported(outcome, &[], None)))
        .collect();
    let cancels = [
        CancelOutcome::Accepted,
        CancelOutcome::Refused,
        CancelOutcome::Failed,
        CancelOutcome::Progress,
    ];
    events
        .extend(cancels.map(|outcome| {
            (format!("CancelReported({outcome:?})"), cancel_reported(outcome, &[]))
        }));
    events.extend(plain_events().map(|(name, event)| (name.to_owned(), event)));
    events
}

fn plain_events() -> [(&'static str, Event); 17] {
    let by = || "op".to_owned();
    let start = |consent| Event::Started { consent, initiator: rollout() };
    [
        ("Fetched", Event::Fetched),
        ("CancelFetched", Event::CancelFetched),
        ("DownloadAnnounced", Event::DownloadAnnounced { path: "/a".into(), always: false }),
        ("Confirmed", Event::Confirmed { code: None, messages: Vec::new(), by: None }),
        ("Denied", Event::Denied { code: None, messages: Vec::new(), by: None }),
        ("AutoConfirmed", Event::AutoConfirmed { consent: consent() }),
        ("CancelRequested", Event::CancelRequested { by: by() }),
        ("ForceQuit", Event::ForceQuit { by: by() }),
        ("Forced", Event::Forced { by: by() }),
        ("Superseded", Event::Superseded { autoclose: false }),
        ("Superseded(autoclose)", Event::Superseded { autoclose: true }),
        ("WindowLapsed", Event::WindowLapsed),
        ("Started", start(Consent::NotNeeded)),
        ("Started(waits)", start(Consent::Needed)),
        ("Skipped", Event::Skipped),
        ("Unanswered", Event::Unanswered),
        ("Unproven", Event::Unproven),
    ]
}
