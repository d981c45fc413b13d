//! Actions, their history, and assignments, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::{Reason, proto, timestamp};
use serde_json::{Value, json};

fn action() -> proto::Action {
    proto::Action {
        name: "actions/12".into(),
        id: 12,
        target: "targets/pump-7".into(),
        target_display_name: "Pump 7".into(),
        distribution_set: "distributionSets/3".into(),
        set_display_name: "fw".into(),
        set_version: "2.0".into(),
        r#type: proto::ActionType::Forced.into(),
        state: proto::ActionState::Running.into(),
        active: true,
        weight: 1000,
        ..Default::default()
    }
}

const OWN: &str = "http://hub:8080/rest/v1/targets/pump-7/actions/12";

#[tokio::test]
async fn an_action_is_shown_as_documented() {
    let hub = FakeHub::new().answers("get_action", action());
    let answer = get(&hub, "/rest/v1/targets/pump-7/actions/12").await;
    assert_eq!(
        answer.json(),
        json!({
            "id": 12, "type": "update", "active": true, "status": "running",
            "forceType": "forced", "weight": 1000,
            "_links": {
                "self": {"href": OWN},
                "target": {"href": "http://hub:8080/rest/v1/targets/pump-7", "name": "Pump 7"},
                "distributionset":
                    {"href": "http://hub:8080/rest/v1/distributionsets/3", "name": "fw:2.0"},
                "status": {"href": format!("{OWN}/status?offset=0&limit=50&sort=id%3ADESC")}
            }
        })
    );
    let asked: proto::GetActionRequest = hub.asked("get_action");
    assert_eq!((asked.name.as_str(), asked.target.as_str()), ("actions/12", "targets/pump-7"));
}

#[tokio::test]
async fn what_only_some_actions_have_is_shown_when_they_have_it() {
    let full = proto::Action {
        r#type: proto::ActionType::TimeForced.into(),
        force_time: Some(timestamp(1_700_003_600_000)),
        state: proto::ActionState::Canceling.into(),
        maintenance_window: Some(proto::MaintenanceWindow {
            schedule: "0 0 3 * * ?".into(),
            duration: "01:00:00".into(),
            timezone: "+00:00".into(),
        }),
        last_code: Some(-1),
        external_ref: "job 9".into(),
        rollout: "rollouts/5".into(),
        rollout_display_name: "wave".into(),
        ..action()
    };
    let hub = FakeHub::new().answers("get_action", full);
    let answer = get(&hub, "/rest/v1/actions/12").await.json();
    assert_eq!((&answer["type"], &answer["status"]), (&json!("cancel"), &json!("canceling")));
    assert_eq!(answer["forceTime"], 1_700_003_600_000_i64);
    assert_eq!(answer["forceType"], "timeforced");
    assert_eq!(answer["lastStatusCode"], -1);
    assert_eq!(answer["externalRef"], "job 9");
    assert_eq!((&answer["rollout"], &answer["rolloutName"]), (&json!(5), &json!("wave")));
    let window = json!({
        "schedule": "0 0 3 * * ?", "duration": "01:00:00", "timezone": "+00:00", "nextStartAt": 0
    });
    assert_eq!(answer["maintenanceWindow"], window);
    assert_eq!(answer["_links"]["canceledaction"], json!({"href": OWN}));
    let rollout = json!({"href": "http://hub:8080/rest/v1/rollouts/5", "name": "wave"});
    assert_eq!(answer["_links"]["rollout"], rollout);
}

#[tokio::test]
async fn actions_are_listed_compact_unless_asked_for_in_full() {
    let listed =
        proto::ListActionsResponse { actions: vec![action()], total_size: 1, ..Default::default() };
    let hub = FakeHub::new().answers("list_actions", listed);
    for (path, links) in [
        ("/rest/v1/actions", 1),
        ("/rest/v1/actions?representation=FULL", 4),
        ("/rest/v1/actions?representation=odd", 1),
        ("/rest/v1/targets/pump-7/actions?representation=full", 1),
    ] {
        let answer = get(&hub, path).await.json();
        assert_eq!(answer["content"][0]["_links"].as_object().unwrap().len(), links, "{path}");
        assert_eq!(answer["content"][0]["_links"]["self"]["href"], OWN);
    }
    assert_eq!(hub.asked::<proto::ListActionsRequest>("list_actions").target, "targets/pump-7");
}

#[tokio::test]
async fn the_history_is_shown_as_recorded() {
    let entry = proto::ActionEntry {
        id: 58,
        status: proto::EntryStatus::CancelRejected.into(),
        messages: vec!["too busy".into()],
        code: Some(42),
        occur_time: Some(timestamp(1)),
        report_time: Some(timestamp(2)),
    };
    let listed = proto::ListActionEntriesResponse {
        entries: vec![entry],
        total_size: 7,
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_action_entries", listed);
    let answer = get(&hub, "/rest/v1/targets/a/actions/1/status?sort=id:ASC&limit=1").await;
    let item = json!({
        "id": 58, "type": "cancel_rejected", "messages": ["too busy"], "reportedAt": 2,
        "timestamp": 1, "code": 42
    });
    assert_eq!(answer.json(), json!({"content": [item], "total": 7, "size": 1}));
    let asked: proto::ListActionEntriesRequest = hub.asked("list_action_entries");
    assert_eq!((asked.order_by.as_str(), asked.page_size), ("id", 1));
    assert_eq!((asked.parent.as_str(), asked.target.as_str()), ("actions/1", "targets/a"));
}

#[tokio::test]
async fn an_action_is_cancelled_softly_or_by_force() {
    let hub = FakeHub::new();
    assert_eq!(delete(&hub, "/rest/v1/targets/a/actions/1").await.status, 204);
    assert_eq!(delete(&hub, "/rest/v1/targets/a/actions/1?force=true").await.status, 204);
    assert_eq!(delete(&hub, "/rest/v1/targets/a/actions/1?force=odd").await.status, 400);
    assert_eq!(hub.methods(), ["cancel_action", "force_quit_action"]);
}

#[tokio::test]
async fn an_action_can_only_become_forced() {
    let hub = FakeHub::new().answers("force_action", action());
    let own = "/rest/v1/targets/pump-7/actions/12";
    assert_eq!(put(&hub, own, json!({"forceType": "forced"})).await.json()["id"], 12);
    for (body, key) in [
        (json!({"forceType": "soft"}), "repo.constraintViolation"),
        (json!({}), "repo.constraintViolation"),
        (json!({"forceType": "odd"}), "rest.body.notReadable"),
    ] {
        assert_eq!(put(&hub, own, body).await.key(), key);
    }
}

#[tokio::test]
async fn an_action_that_is_not_there_is_missed_before_its_new_kind_is_looked_at() {
    let missing = [("type", "Action"), ("id", "99")];
    let hub = FakeHub::new().refuses("get_action", Reason::NotFound, &missing);
    let answer = put(&hub, "/rest/v1/targets/t/actions/99", json!({"forceType": "soft"})).await;
    assert_eq!(answer.key(), "repo.entityNotFound");
}

#[tokio::test]
async fn an_operator_confirms_or_denies_for_the_device() {
    let hub = FakeHub::new();
    let own = "/rest/v1/targets/a/actions/1/confirmation";
    let body = json!({"confirmation": "confirmed", "details": ["by phone"], "code": 3});
    assert_eq!(put(&hub, own, body).await.status, 204);
    assert_eq!(put(&hub, own, json!({"confirmation": "denied"})).await.status, 204);
    assert_eq!(put(&hub, own, json!({"code": 1})).await.key(), "rest.body.notReadable");
    assert_eq!(hub.methods(), ["confirm_action", "deny_action"]);
    let asked: proto::ConfirmActionRequest = hub.asked("confirm_action");
    assert_eq!((asked.messages, asked.code), (vec!["by phone".to_owned()], Some(3)));
}

#[tokio::test]
async fn old_actions_are_deleted_by_number_or_by_name_but_not_both() {
    let hub = FakeHub::new();
    let own = "/rest/v1/targets/a/actions";
    let with_body = |path: String, body: Value| {
        let request = http::Request::delete(path).header("content-type", "application/json");
        crate::support::send(&hub, request, body.to_string().into())
    };
    assert_eq!(delete(&hub, &format!("{own}?keepLast=0")).await.status, 204);
    let asked: proto::DeleteActionsRequest = hub.asked("delete_actions");
    assert_eq!((asked.keep_last, asked.target.as_str()), (Some(0), "targets/a"));
    assert_eq!(with_body(own.into(), json!([4, "5"])).await.status, 204);
    let asked: proto::DeleteActionsRequest = hub.asked("delete_actions");
    assert_eq!(asked.names, ["actions/4", "actions/5"]);
    assert_eq!(delete(&hub, own).await.key(), "rest.body.notReadable");
    let both = with_body(format!("{own}?keepLast=1"), json!([4])).await;
    assert_eq!(both.key(), "rest.body.notReadable");
}

#[tokio::test]
async fn actions_are_deleted_by_search_or_by_number_but_not_both() {
    let hub = FakeHub::new();
    let with_body = |path: &str, body: Value| {
        let request = http::Request::delete(path).header("content-type", "application/json");
        crate::support::send(&hub, request, body.to_string().into())
    };
    let found = "/rest/v1/actions?q=status==error;weight=lt=5";
    assert_eq!(delete(&hub, found).await.status, 204);
    let asked: proto::DeleteActionsRequest = hub.asked("delete_actions");
    assert_eq!(asked.filter, r#"(state = "FAILED" AND weight < "5")"#);
    assert_eq!(with_body("/rest/v1/actions", json!([4])).await.status, 204);
    let asked: proto::DeleteActionsRequest = hub.asked("delete_actions");
    assert_eq!((asked.names, asked.filter.as_str()), (vec!["actions/4".to_owned()], ""));
    assert_eq!(delete(&hub, "/rest/v1/actions/7").await.status, 204);
    let asked: proto::DeleteActionsRequest = hub.asked("delete_actions");
    assert_eq!(asked.names, ["actions/7"]);
    for refused in [delete(&hub, "/rest/v1/actions").await, with_body(found, json!([4])).await] {
        assert_eq!(refused.key(), "rest.body.notReadable");
    }
}

#[tokio::test]
async fn sets_are_assigned_to_a_target_one_or_several() {
    let answer = proto::AssignDistributionSetsResponse {
        assigned_actions: vec![proto::AssignedAction {
            action: 12,
            controller_id: "pump-7".into(),
        }],
        already_assigned_count: 0,
        total_count: 1,
    };
    let hub = FakeHub::new().answers("assign_distribution_sets", answer);
    let own = "/rest/v1/targets/pump-7/assignedDS";
    let result = json!({
        "alreadyAssigned": 0, "total": 1, "assigned": 1,
        "assignedActions": [{"id": 12, "_links": {"self": {"href": OWN}}}]
    });
    assert_eq!(post(&hub, own, json!({"id": 3})).await.json(), result);
    let asked: proto::AssignDistributionSetsRequest = hub.asked("assign_distribution_sets");
    assert!(!asked.skip_unknown_targets && !asked.offline);
    let body = json!([{"id": 3, "type": "timeforced", "forcetime": 1_682_408_575_278_i64}]);
    assert_eq!(post(&hub, own, body.clone()).await.status, 200);
    let asked: proto::AssignDistributionSetsRequest = hub.asked("assign_distribution_sets");
    assert_eq!(asked.assignments[0].force_time, Some(timestamp(1_682_408_575_278)));
    assert_eq!(post(&hub, &format!("{own}?offline=true"), body).await.status, 200);
    let asked: proto::AssignDistributionSetsRequest = hub.asked("assign_distribution_sets");
    assert!(asked.offline);
    let order = &asked.assignments[0];
    assert_eq!((order.r#type(), order.force_time), (proto::ActionType::Forced, None));
    assert_eq!(order.controller_id, "pump-7");
    assert_eq!(order.distribution_set, "distributionSets/3");
}

#[tokio::test]
async fn assignments_carry_every_option_of_the_manual() {
    let hub = FakeHub::new();
    let body = json!([{
        "id": "test-curl-001", "type": "soft", "forcetime": 1_682_408_575_278_i64, "weight": 7,
        "maintenanceWindow":
            {"schedule": "00:00-04:00", "duration": "02:00:00", "timezone": "+08:00"},
        "confirmationRequired": false
    }]);
    let answer = post(&hub, "/rest/v1/distributionsets/1/assignedTargets", body).await;
    assert_eq!(answer.status, 200);
    let asked: proto::AssignDistributionSetsRequest = hub.asked("assign_distribution_sets");
    assert!(asked.skip_unknown_targets);
    let order = &asked.assignments[0];
    assert_eq!(order.r#type(), proto::ActionType::Soft);
    assert_eq!((order.force_time, order.weight), (None, Some(7)));
    assert_eq!(order.confirmation_required, Some(false));
    assert_eq!(order.maintenance_window.as_ref().unwrap().schedule, "00:00-04:00");
}

#[tokio::test]
async fn an_assignment_that_says_too_little_or_nonsense_is_not_readable() {
    for body in [
        json!([{}]),
        json!([{"id": "x", "type": "gentle"}]),
        json!([{"id": "x", "forcetime": null}]),
        json!([{"id": "x", "weight": "heavy"}]),
        json!("x"),
    ] {
        let path = "/rest/v1/distributionsets/1/assignedTargets";
        let answer = post(&FakeHub::new(), path, body.clone()).await;
        assert_eq!(answer.key(), "rest.body.notReadable", "{body}");
    }
}
