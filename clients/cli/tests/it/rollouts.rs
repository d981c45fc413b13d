//! Rollouts, and following them to their end.

use crate::fake::{Fake, refusal};
use otahub_client::proto::*;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tonic::{Code, Status};

fn rollout(state: RolloutState, finished: i64, error: i64) -> Rollout {
    let running = 4 - finished - error;
    Rollout {
        name: "rollouts/5".into(),
        id: 5,
        display_name: "campaign".into(),
        state: state.into(),
        target_count: 4,
        target_counts: Some(TargetCounts { running, finished, error, ..Default::default() }),
        ..Default::default()
    }
}

fn message(rollout: Rollout, token: &str) -> Result<WatchRolloutResponse, Status> {
    let spec = RolloutGroupSpec { display_name: "canary".into(), ..Default::default() };
    let group = RolloutGroup {
        name: "rollouts/5/groups/1".into(),
        spec: Some(spec),
        target_count: 4,
        target_counts: rollout.target_counts,
        ..Default::default()
    };
    Ok(WatchRolloutResponse {
        rollout: Some(rollout),
        rollout_groups: vec![group],
        resume_token: token.into(),
    })
}

type Told = Vec<Result<WatchRolloutResponse, Status>>;

fn telling(tell: impl Fn(&str) -> Told + Clone + Send + Sync + 'static) -> Fake {
    Fake::default().stream("RolloutService/WatchRollout", move |q: WatchRolloutRequest| {
        assert_eq!(q.name, "rollouts/5");
        tell(&q.resume_token)
    })
}

#[tokio::test]
async fn a_watch_ends_as_the_rollout_does() {
    use RolloutState::{Finished, Running, Stopped};
    for (last, code) in
        [(rollout(Finished, 4, 0), 0), (rollout(Finished, 3, 1), 3), (rollout(Stopped, 1, 0), 4)]
    {
        let hub = telling(move |_| {
            let sign = WatchRolloutResponse { resume_token: "a".into(), ..Default::default() };
            vec![message(rollout(Running, 1, 0), "a"), Ok(sign), message(last.clone(), "b")]
        });
        let ran = hub.start().await.run(&["rollouts", "watch", "5"]).await;
        assert_eq!(ran.code, code, "{}", ran.err);
        assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
        assert!(ran.out.starts_with("5  campaign"), "{}", ran.out);
        assert!(ran.out.contains("3 running, 1 finished"), "{}", ran.out);
    }
}

#[tokio::test]
async fn a_watch_goes_on_where_it_was_cut_off() {
    let calls = Arc::new(AtomicUsize::new(0));
    let hub = telling(move |token| {
        let away = || Err(refusal(Code::Unavailable, "UNAVAILABLE", "the hub ends"));
        match (calls.fetch_add(1, Relaxed), token) {
            (0, "") => vec![message(rollout(RolloutState::Running, 1, 0), "a"), away()],
            (1, "a") => vec![away()],
            (2, "a") => vec![message(rollout(RolloutState::Finished, 4, 0), "b")],
            other => panic!("{other:?}"),
        }
    });
    let ran = hub.start().await.run(&["rollouts", "watch", "5", "--output", "json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["targetCounts"]["finished"], 4);
}

#[tokio::test]
async fn every_verb_reaches_its_rpc() {
    let shown = || Ok(rollout(RolloutState::Running, 1, 0));
    let hub = Fake::default()
        .unary("RolloutService/GetRollout", move |_: GetRolloutRequest| shown())
        .unary("RolloutService/StartRollout", move |_: StartRolloutRequest| shown())
        .unary("RolloutService/PauseRollout", move |_: PauseRolloutRequest| shown())
        .unary("RolloutService/ResumeRollout", move |_: ResumeRolloutRequest| shown())
        .unary("RolloutService/StopRollout", move |_: StopRolloutRequest| shown())
        .unary("RolloutService/TriggerNextGroup", move |_: TriggerNextGroupRequest| shown())
        .unary("RolloutService/RetryRollout", move |_: RetryRolloutRequest| shown())
        .unary("RolloutService/DeleteRollout", move |_: DeleteRolloutRequest| Ok(()))
        .unary("RolloutService/ApproveRollout", move |q: ApproveRolloutRequest| {
            assert_eq!(q.remark, "fine");
            shown()
        })
        .unary("RolloutService/DenyRollout", move |_: DenyRolloutRequest| shown())
        .unary("RolloutService/ListRollouts", move |q: ListRolloutsRequest| {
            assert_eq!(q.filter, "state = RUNNING");
            let rollouts = vec![rollout(RolloutState::Running, 1, 0)];
            Ok(ListRolloutsResponse { rollouts, total_size: 1, ..Default::default() })
        })
        .unary("RolloutService/ListRolloutGroups", move |q: ListRolloutGroupsRequest| {
            assert_eq!(q.parent, "rollouts/5");
            Ok(ListRolloutGroupsResponse::default())
        })
        .unary("RolloutService/PlanRollout", move |q: PlanRolloutRequest| {
            assert_eq!(q.rollout.unwrap().group_count, 3);
            let groups = vec![PlannedGroup { target_count: 7, ..Default::default() }];
            Ok(PlanRolloutResponse { groups, ungrouped_target_count: 2 })
        })
        .start()
        .await;
    for verb in ["show", "start", "pause", "resume", "stop", "trigger-next", "retry", "deny"] {
        let shown = hub.json(&["rollouts", verb, "5"]).await;
        assert_eq!((&shown["id"], &shown["state"]), (&json!(5), &json!("ROLLOUT_STATE_RUNNING")));
    }
    hub.json(&["rollouts", "approve", "5", "--remark", "fine"]).await;
    assert_eq!(hub.json(&["rollouts", "delete", "5"]).await["deleted"], json!(["rollouts/5"]));
    let list = hub.json(&["rollouts", "list", "--filter", "state = RUNNING"]).await;
    assert_eq!(list["rollouts"][0]["displayName"], "campaign");
    hub.json(&["rollouts", "groups", "5"]).await;
    let create = ["rollouts", "create", "c", "--set", "3", "--filter", "name = a*"];
    let plan = hub.json(&[&create[..], &["--groups", "3", "--dry-run"]].concat()).await;
    assert_eq!(plan["groups"][0]["targetCount"], 7);
}
