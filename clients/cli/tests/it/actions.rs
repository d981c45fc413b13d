//! Orders, and following them to their end.

use crate::fake::{Fake, refusal};
use otahub_client::proto::*;
use otahub_client::timestamp;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tonic::Code;

/// A hub whose action 7 moves on with each look at it.
fn moving(states: &'static [ActionState]) -> Fake {
    let looks = Arc::new(AtomicUsize::new(0));
    let looked = Arc::clone(&looks);
    Fake::default()
        .unary("ActionService/GetAction", move |q: GetActionRequest| {
            assert_eq!(q.name, "actions/7");
            let look = looks.fetch_add(1, Relaxed);
            let state = states[look.min(states.len() - 1)];
            Ok(Action { state: state.into(), ..Default::default() })
        })
        .unary("ActionService/ListActionEntries", move |q: ListActionEntriesRequest| {
            assert_eq!(q.order_by, "id");
            let so_far = looked.load(Relaxed);
            let entries: Vec<_> = (1..=so_far).map(entry).skip(q.skip as usize).collect();
            let total_size = so_far as i64;
            Ok(ListActionEntriesResponse { entries, total_size, ..Default::default() })
        })
}

fn entry(n: usize) -> ActionEntry {
    ActionEntry {
        id: n as i64,
        status: EntryStatus::Running.into(),
        messages: vec![format!("step {n}")],
        code: None,
        occur_time: None,
        report_time: Some(timestamp(1_700_000_000_000 + n as i64 * 1000)),
    }
}

const WATCH: [&str; 5] = ["actions", "watch", "7", "--interval", "1ms"];

#[tokio::test]
async fn a_watch_ends_as_the_update_does() {
    use ActionState::{Canceled, Downloaded, Failed, Finished, Retrieved, Running};
    let cases: [(&[ActionState], u8); 4] = [
        (&[Running, Retrieved, Finished], 0),
        (&[Running, Running, Downloaded], 0),
        (&[Running, Running, Failed], 3),
        (&[Running, Running, Canceled], 4),
    ];
    for (states, code) in cases {
        let hub = moving(states).start().await;
        let ran = hub.run(&WATCH).await;
        assert_eq!(ran.code, code, "{}", ran.err);
        let expected = "2023-11-14T22:13:21Z  running  step 1\n\
                        2023-11-14T22:13:22Z  running  step 2\n\
                        2023-11-14T22:13:23Z  running  step 3\n";
        assert_eq!(ran.out, expected);
    }
}

#[tokio::test]
async fn a_watch_writes_json_line_by_line() {
    let hub = moving(&[ActionState::Running, ActionState::Finished]).start().await;
    let ran = hub.run(&[&WATCH[..], &["--output", "json"]].concat()).await;
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["status"], "ENTRY_STATUS_RUNNING");
    assert_eq!(lines[1]["messages"], json!(["step 2"]));
}

#[tokio::test]
async fn a_watch_gives_up_when_it_is_told_to() {
    let hub = moving(&[ActionState::Running]).start().await;
    let ran = hub.run(&[&WATCH[..], &["--timeout", "20ms"]].concat()).await;
    assert_eq!((ran.code, ran.err.as_str()), (10, "otactl: action 7 is not over yet.\n"));
}

#[tokio::test]
async fn a_watch_outlives_a_hub_that_is_away() {
    let looks = Arc::new(AtomicUsize::new(0));
    let hub = moving(&[])
        .unary("ActionService/GetAction", move |_: GetActionRequest| {
            match looks.fetch_add(1, Relaxed) {
                0..3 => Err(refusal(Code::Unavailable, "UNAVAILABLE", "the database is away")),
                _ => Ok(Action { state: ActionState::Finished.into(), ..Default::default() }),
            }
        })
        .start()
        .await;
    let ran = hub.run(&WATCH).await;
    assert_eq!(ran.code, 0);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[tokio::test]
async fn an_order_tells_its_actions() {
    let hub = Fake::default()
        .unary("ActionService/AssignDistributionSets", |q: AssignDistributionSetsRequest| {
            assert!(q.offline);
            assert_eq!(q.assignments[0].confirmation_required, Some(false));
            let action = |(n, a): (i64, &Assignment)| AssignedAction {
                action: n,
                controller_id: a.controller_id.clone(),
            };
            Ok(AssignDistributionSetsResponse {
                assigned_actions: (1..).zip(&q.assignments).take(1).map(action).collect(),
                already_assigned_count: 1,
                total_count: 2,
            })
        })
        .start()
        .await;
    let args = ["assign", "--set", "3", "d1", "d2", "--offline", "--no-confirmation"];
    let ran = hub.run(&args).await;
    assert_eq!(ran.code, 0);
    assert!(ran.out.lines().nth(1).unwrap().ends_with("d1"), "{}", ran.out);
    assert_eq!(ran.err, "1 of 2 targets had the set assigned already\n");
    let expected = json!([{ "action": 1, "controllerId": "d1" }]);
    assert_eq!(hub.json(&args).await["assignedActions"], expected);
}

#[tokio::test]
async fn every_verb_reaches_its_rpc() {
    let action = || Action { id: 7, state: ActionState::Running.into(), ..Default::default() };
    let hub = Fake::default()
        .unary("ActionService/GetAction", move |_: GetActionRequest| Ok(action()))
        .unary("ActionService/CancelAction", move |_: CancelActionRequest| Ok(action()))
        .unary("ActionService/ForceQuitAction", move |_: ForceQuitActionRequest| Ok(action()))
        .unary("ActionService/ForceAction", move |_: ForceActionRequest| Ok(action()))
        .unary("ActionService/DenyAction", move |_: DenyActionRequest| Ok(action()))
        .unary("ActionService/ConfirmAction", move |q: ConfirmActionRequest| {
            assert_eq!((q.code, q.messages.len()), (Some(-3), 1));
            Ok(action())
        })
        .unary("ActionService/ListActions", move |q: ListActionsRequest| {
            assert_eq!(q.target, "targets/d1");
            let actions = vec![action()];
            Ok(ListActionsResponse { actions, total_size: 1, ..Default::default() })
        })
        .start()
        .await;
    for args in ["show 7", "cancel 7", "force-quit 7", "force 7", "deny 7"] {
        let args: Vec<_> = std::iter::once("actions").chain(args.split(' ')).collect();
        let shown = hub.json(&args).await;
        assert_eq!((&shown["id"], &shown["state"]), (&json!(7), &json!("ACTION_STATE_RUNNING")));
    }
    hub.json(&["actions", "confirm", "7", "--message", "fine", "--code", "-3"]).await;
    let list = hub.json(&["actions", "list", "--target", "d1"]).await;
    assert_eq!(list["actions"][0]["id"], 7);
}
