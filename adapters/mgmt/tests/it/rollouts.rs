//! Rollouts, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::{Reason, proto, timestamp};
use serde_json::{Value, json};

const OWN: &str = "/rest/v1/rollouts/4";

fn audit() -> Option<proto::Audit> {
    let at = timestamp(1_700_000_000_000);
    Some(proto::Audit {
        create_time: Some(at),
        creator: "admin".into(),
        update_time: Some(at),
        updater: "system".into(),
    })
}

fn rollout() -> proto::Rollout {
    proto::Rollout {
        name: "rollouts/4".into(),
        id: 4,
        display_name: "tn".into(),
        distribution_set: "distributionSets/7".into(),
        set_display_name: "ds".into(),
        set_version: "1.0.0".into(),
        target_filter: "description = \"fleet\"".into(),
        target_filter_source: "description==fleet".into(),
        r#type: proto::ActionType::Soft.into(),
        weight: Some(250),
        state: proto::RolloutState::Ready.into(),
        target_count: 6,
        group_count: 3,
        target_counts: Some(proto::TargetCounts { not_started: 6, ..Default::default() }),
        approval_decider: "admin".into(),
        approval_remark: "looks good".into(),
        audit: audit(),
        ..Default::default()
    }
}

fn link(path: &str) -> Value {
    json!({"href": format!("http://hub:8080{path}")})
}

fn own(verb: &str) -> Value {
    link(&format!("{OWN}/{verb}"))
}

fn compact() -> Value {
    json!({
        "createdBy": "admin", "createdAt": 1_700_000_000_000_i64,
        "lastModifiedBy": "system", "lastModifiedAt": 1_700_000_000_000_i64,
        "name": "tn", "id": 4, "targetFilterQuery": "description==fleet",
        "distributionSetId": 7, "status": "ready", "totalTargets": 6, "forcetime": 0,
        "deleted": false, "type": "soft", "weight": 250, "dynamic": false,
        "_links": {"self": link(OWN)},
    })
}

fn full() -> Value {
    let mut shown = compact();
    shown["totalTargetsPerStatus"] = json!({
        "running": 0, "notstarted": 6, "scheduled": 0, "cancelled": 0, "finished": 0, "error": 0,
    });
    shown["totalGroups"] = json!(3);
    shown["approvalRemark"] = json!("looks good");
    shown["approveDecidedBy"] = json!("admin");
    let set = json!({"href": "http://hub:8080/rest/v1/distributionsets/7", "name": "ds:1.0.0"});
    shown["_links"] = json!({
        "start": own("start"), "pause": own("pause"), "resume": own("resume"),
        "triggerNextGroup": own("triggerNextGroup"), "approve": own("approve"),
        "deny": own("deny"), "groups": own("deploygroups?offset=0&limit=50"),
        "distributionset": set, "self": link(OWN),
    });
    shown
}

#[tokio::test]
async fn a_single_rollout_is_shown_in_full_and_lists_are_as_asked_for() {
    let listed = proto::ListRolloutsResponse {
        rollouts: vec![rollout()],
        total_size: 1,
        ..Default::default()
    };
    let hub = FakeHub::new().answers("get_rollout", rollout()).answers("list_rollouts", listed);
    assert_eq!(get(&hub, OWN).await.json(), full());
    let list = "/rest/v1/rollouts?q=status==running;distributionset.name==d*&sort=status:desc\
                &soft_deleted_mode=ONLY_SOFT_DELETED";
    assert_eq!(get(&hub, list).await.json()["content"], json!([compact()]));
    let asked: proto::ListRolloutsRequest = hub.asked("list_rollouts");
    assert_eq!(asked.filter, r#"(state = "running" AND distribution_set.display_name = "d*")"#);
    assert_eq!(asked.order_by, "state desc");
    assert_eq!(asked.deleted_mode(), proto::DeletedMode::Only);
    let list = "/rest/v1/rollouts?representation=full";
    assert_eq!(get(&hub, list).await.json()["content"], json!([full()]));
}

#[tokio::test]
async fn times_are_shown_where_they_count() {
    let timed = proto::Rollout {
        r#type: proto::ActionType::TimeForced.into(),
        force_time: Some(timestamp(5)),
        start_time: Some(timestamp(6)),
        description: "words".into(),
        target_filter_source: String::new(),
        ..rollout()
    };
    let shown = get(&FakeHub::new().answers("get_rollout", timed), OWN).await.json();
    assert_eq!((&shown["type"], &shown["forcetime"]), (&json!("timeforced"), &json!(5)));
    assert_eq!((&shown["startAt"], &shown["description"]), (&json!(6), &json!("words")));
    assert_eq!(shown["targetFilterQuery"], "description = \"fleet\"");
}

#[tokio::test]
async fn every_state_has_hawkbits_word() {
    for (state, word) in [
        (proto::RolloutState::Creating, "creating"),
        (proto::RolloutState::WaitingForApproval, "waiting_for_approval"),
        (proto::RolloutState::ApprovalDenied, "approval_denied"),
        (proto::RolloutState::Starting, "starting"),
        (proto::RolloutState::Paused, "paused"),
        (proto::RolloutState::Stopping, "stopping"),
        (proto::RolloutState::Stopped, "stopped"),
        (proto::RolloutState::Finished, "finished"),
        (proto::RolloutState::Deleting, "deleting"),
        (proto::RolloutState::Deleted, "deleted"),
    ] {
        let found = proto::Rollout { state: state.into(), ..rollout() };
        let hub = FakeHub::new().answers("get_rollout", found);
        assert_eq!(get(&hub, OWN).await.json()["status"], word);
    }
}

fn body() -> Value {
    json!({"name": "ro", "distributionSetId": 7, "targetFilterQuery": "description==fleet"})
}

fn with(more: Value) -> Value {
    let mut body = body();
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

async fn asked_for(body: Value) -> proto::CreateRolloutRequest {
    let hub = FakeHub::new().answers("create_rollout", rollout());
    let answer = post(&hub, "/rest/v1/rollouts", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json(), full());
    hub.asked("create_rollout")
}

#[tokio::test]
async fn a_rollout_of_equal_groups_is_asked_for() {
    let asked = asked_for(with(json!({
        "description": "by halves", "amountGroups": 2, "type": "timeforced", "forcetime": 5,
        "startAt": 6, "weight": 7, "confirmationRequired": false,
        "successCondition": {"condition": "THRESHOLD", "expression": "80"},
        "successAction": {"action": "PAUSE", "expression": ""},
        "errorCondition": {"condition": "THRESHOLD"},
        "errorAction": {"action": "PAUSE", "expression": ""},
    })))
    .await;
    assert_eq!((asked.group_count, asked.groups.len()), (2, 0));
    let made = asked.rollout.unwrap();
    assert_eq!(made.distribution_set, "distributionSets/7");
    assert_eq!(made.target_filter, "description = \"fleet\"");
    assert_eq!(made.target_filter_source, "description==fleet");
    assert_eq!((made.display_name.as_str(), made.description.as_str()), ("ro", "by halves"));
    assert_eq!(made.r#type(), proto::ActionType::TimeForced);
    assert_eq!((made.force_time, made.start_time), (Some(timestamp(5)), Some(timestamp(6))));
    assert_eq!((made.weight, made.confirmation_required), (Some(7), Some(false)));
    let conditions = made.conditions.unwrap();
    assert_eq!(conditions.success_threshold_percent, Some(80));
    assert_eq!(conditions.success_action(), proto::SuccessAction::Pause);
    assert_eq!(conditions.error_threshold_percent, Some(100));
}

#[tokio::test]
async fn what_is_left_out_is_left_to_the_hub() {
    let asked = asked_for(body()).await;
    assert_eq!(asked.group_count, 1);
    let made = asked.rollout.unwrap();
    assert_eq!((made.r#type(), made.weight), (proto::ActionType::Forced, None));
    let conditions = made.conditions.unwrap();
    assert_eq!(conditions.success_threshold_percent, None);
    assert_eq!(conditions.error_threshold_percent, None);
    assert_eq!(conditions.success_action(), proto::SuccessAction::NextGroup);
    let nowhere = json!({"name": "n", "targetFilterQuery": "name==x"});
    let asked = asked_for(nowhere).await;
    assert_eq!(asked.rollout.unwrap().distribution_set, "distributionSets/0");
    let words = json!({"condition": "THRESHOLD", "expression": "most"});
    let asked = asked_for(with(json!({"successCondition": words}))).await;
    let conditions = asked.rollout.unwrap().conditions.unwrap();
    assert_eq!(conditions.success_threshold_percent, Some(101), "which is never reached");
}

#[tokio::test]
async fn groups_and_dynamic_rollouts_are_asked_for() {
    let groups = json!([
        {"name": "canary", "description": "a third", "targetPercentage": 34.0,
         "targetFilterQuery": "name==a*", "confirmationRequired": true,
         "errorCondition": {"condition": "THRESHOLD", "expression": "30"}},
        {"name": "rest", "successAction": {"action": "PAUSE"}},
    ]);
    let asked = asked_for(with(json!({"groups": groups}))).await;
    assert_eq!(asked.group_count, 0);
    let [canary, rest] = asked.groups.try_into().unwrap();
    assert_eq!((canary.display_name.as_str(), canary.target_percent), ("canary", Some(34.0)));
    assert_eq!(canary.target_filter, "display_name = \"a*\"");
    assert_eq!(canary.target_filter_source, "name==a*");
    assert_eq!(canary.confirmation_required, Some(true));
    assert_eq!(canary.conditions.unwrap().error_threshold_percent, Some(30));
    assert_eq!((rest.target_filter.as_str(), rest.target_percent), ("", None));
    let conditions = rest.conditions.unwrap();
    assert_eq!(conditions.success_threshold_percent, None);
    assert_eq!(conditions.success_action(), proto::SuccessAction::Pause);

    let template = json!({"nameSuffix": "-dyn", "targetCount": 5});
    let dynamic = json!({"dynamic": true, "amountGroups": 0, "dynamicGroupTemplate": template});
    let asked = asked_for(with(dynamic)).await;
    assert_eq!(asked.group_count, 0);
    let made = asked.rollout.unwrap();
    let template = made.dynamic_group_template.unwrap();
    assert!(made.dynamic);
    assert_eq!((template.name_suffix.as_str(), template.target_count), ("-dyn", 5));
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_here() {
    let hub = FakeHub::new();
    let group = json!([{"name": "g"}]);
    let (constraint, unreadable) = ("repo.constraintViolation", "rest.body.notReadable");
    let syntax = "rest.param.rsqlParamSyntax";
    for (more, key) in [
        (json!({"groups": []}), constraint),
        (json!({"groups": group, "amountGroups": 1}), constraint),
        (json!({"groups": group, "dynamic": true}), constraint),
        (json!({"amountGroups": -1}), constraint),
        (json!({"amountGroups": 0}), constraint),
        (json!({"dynamicGroupTemplate": {"targetCount": 1}}), constraint),
        (json!({"type": "sometimes"}), unreadable),
        (json!({"forcetime": null}), unreadable),
        (json!({"dynamic": null}), unreadable),
        (json!({"distributionSetId": null}), unreadable),
        (json!({"successCondition": {"condition": "COUNT"}}), unreadable),
        (json!({"errorAction": {"action": "NEXTGROUP"}}), unreadable),
        (json!({"targetFilterQuery": null}), syntax),
        (json!({"targetFilterQuery": ""}), syntax),
        (json!({"targetFilterQuery": "name="}), syntax),
        (json!({"groups": [{"name": "g", "targetFilterQuery": "x=="}]}), syntax),
    ] {
        let answer = post(&hub, "/rest/v1/rollouts", with(more.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, key), "{more}");
    }
    let without = json!({"name": "n", "distributionSetId": 7, "amountGroups": 1});
    let answer = post(&hub, "/rest/v1/rollouts", without).await;
    assert_eq!(answer.key(), syntax);
    assert!(answer.json()["message"].is_string(), "it says what is missing");
    assert!(hub.methods().is_empty());
}

#[tokio::test]
async fn name_and_description_can_be_changed() {
    let hub = FakeHub::new().answers("update_rollout", rollout()).answers("get_rollout", rollout());
    let answer = put(&hub, OWN, json!({"name": "two", "description": "with words"})).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, full()));
    assert_eq!(answer.header("content-type"), "application/json");
    let asked: proto::UpdateRolloutRequest = hub.asked("update_rollout");
    assert_eq!(asked.update_mask.unwrap().paths, ["display_name", "description"]);
    let changed = asked.rollout.unwrap();
    assert_eq!((changed.name.as_str(), changed.display_name.as_str()), ("rollouts/4", "two"));
    let before = hub.methods().len();
    assert_eq!(put(&hub, OWN, json!({})).await.status, 200);
    assert_eq!(hub.methods()[before..], ["get_rollout"]);
    assert_eq!(delete(&hub, OWN).await.status, 204);
}

#[tokio::test]
async fn each_verb_is_a_call() {
    for (verb, method) in [
        ("start", "start_rollout"),
        ("pause", "pause_rollout"),
        ("resume", "resume_rollout"),
        ("stop", "stop_rollout"),
        ("triggerNextGroup", "trigger_next_group"),
        ("approve?remark=looks%20good", "approve_rollout"),
        ("deny?remark=no", "deny_rollout"),
    ] {
        let hub = FakeHub::new();
        let answer = post(&hub, &format!("{OWN}/{verb}"), json!(null)).await;
        assert_eq!((answer.status.as_u16(), hub.methods()), (204, vec![method.to_owned()]));
        // all of these requests have the name in the same place
        let asked: proto::ApproveRolloutRequest = hub.asked(method);
        let remark = match method {
            "approve_rollout" => "looks good",
            "deny_rollout" => "no",
            _ => "",
        };
        assert_eq!((asked.name.as_str(), asked.remark.as_str()), ("rollouts/4", remark));
    }
    let hub = FakeHub::new().answers("retry_rollout", rollout());
    let answer = post(&hub, &format!("{OWN}/retry"), json!(null)).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, full()));
}

fn group() -> proto::RolloutGroup {
    proto::RolloutGroup {
        name: "rollouts/4/groups/9".into(),
        id: 9,
        spec: Some(proto::RolloutGroupSpec {
            display_name: "group-1".into(),
            description: "group-1".into(),
            target_percent: Some(100.0 / 3.0),
            conditions: Some(proto::GroupConditions {
                success_threshold_percent: Some(80),
                success_action: proto::SuccessAction::Pause.into(),
                error_threshold_percent: None,
            }),
            ..Default::default()
        }),
        state: proto::RolloutGroupState::Scheduled.into(),
        target_count: 2,
        target_counts: Some(proto::TargetCounts {
            scheduled: 1,
            canceled: 1,
            ..Default::default()
        }),
        audit: audit(),
        ..Default::default()
    }
}

fn shown_group() -> Value {
    json!({
        "createdBy": "admin", "createdAt": 1_700_000_000_000_i64,
        "lastModifiedBy": "system", "lastModifiedAt": 1_700_000_000_000_i64,
        "name": "group-1", "description": "group-1",
        "successCondition": {"condition": "THRESHOLD", "expression": "80"},
        "successAction": {"action": "PAUSE", "expression": ""},
        "errorCondition": {"condition": "THRESHOLD", "expression": "50"},
        "errorAction": {"action": "PAUSE", "expression": ""},
        "targetFilterQuery": "", "id": 9, "dynamic": false,
        "status": "scheduled", "totalTargets": 2,
        "_links": {"self": own("deploygroups/9")},
    })
}

#[tokio::test]
async fn groups_are_shown_as_asked_for() {
    let listed = proto::ListRolloutGroupsResponse {
        rollout_groups: vec![group()],
        total_size: 1,
        ..Default::default()
    };
    let hub =
        FakeHub::new().answers("list_rollout_groups", listed).answers("get_rollout_group", group());
    let list = format!("{OWN}/deploygroups?sort=id:ASC,status:desc&q=name==g*");
    let answer = get(&hub, &list).await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(text.contains("\"targetPercentage\":33.333332"), "{text}");
    let mut first = answer.json()["content"][0].clone();
    first.as_object_mut().unwrap().remove("targetPercentage");
    assert_eq!(first, shown_group());
    let asked: proto::ListRolloutGroupsRequest = hub.asked("list_rollout_groups");
    assert_eq!((asked.parent.as_str(), asked.order_by.as_str()), ("rollouts/4", "id,state desc"));
    assert_eq!(asked.filter, "display_name = \"g*\"");
    let one = get(&hub, &format!("{OWN}/deploygroups/9")).await.json();
    let counts = json!({
        "running": 0, "notstarted": 0, "scheduled": 1, "cancelled": 1, "finished": 0, "error": 0,
    });
    assert_eq!(one["totalTargetsPerStatus"], counts);
    let asked: proto::GetRolloutGroupRequest = hub.asked("get_rollout_group");
    assert_eq!(asked.name, "rollouts/4/groups/9");
}

#[tokio::test]
async fn the_targets_of_a_group_are_listed() {
    let targets = proto::ListRolloutGroupTargetsResponse {
        targets: vec![proto::Target { controller_id: "r05".into(), ..Default::default() }],
        total_size: 5,
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_rollout_group_targets", targets);
    let list = format!("{OWN}/deploygroups/9/targets?q=controllerid==r*&sort=id:desc&limit=1");
    let found = get(&hub, &list).await.json();
    assert_eq!((&found["total"], &found["size"]), (&json!(5), &json!(1)));
    assert_eq!(found["content"][0]["controllerId"], "r05");
    let asked: proto::ListRolloutGroupTargetsRequest = hub.asked("list_rollout_group_targets");
    assert_eq!(asked.parent, "rollouts/4/groups/9");
    assert_eq!((asked.page_size, asked.order_by.as_str()), (1, "controller_id desc"));
    assert_eq!(asked.filter, "controller_id = \"r*\"");
}

#[tokio::test]
async fn a_rollout_that_never_was_is_named() {
    let details = [("type", "Rollout"), ("id", "4")];
    let hub = FakeHub::new().refuses("get_rollout", Reason::NotFound, &details);
    let answer = get(&hub, OWN).await;
    assert_eq!((answer.status.as_u16(), answer.key().as_str()), (404, "repo.entityNotFound"));
    assert_eq!(answer.json()["info"], json!({"type": "Rollout", "entityId": 4}));
}

#[tokio::test]
async fn what_hawkbit_has_not_is_taken_and_shown() {
    let extras = json!({
        "maintenanceWindow": {"schedule": "0 0 3 ? * *", "duration": "02:00:00", "timezone": "Z"},
        "pace": {"targetsPerMinute": 10, "targetsInProgress": 5, "randomOrder": true},
        "retryPolicy": {"attempts": 3, "delaySeconds": 60, "codes": [7]},
        "answerTimeoutSeconds": 7200,
        "successProof": {"attribute": "version", "value": "2", "timeoutSeconds": 600},
    });
    let asked = asked_for(with(extras.clone())).await.rollout.unwrap();
    assert_eq!(asked.retry_policy.as_ref().unwrap().attempts, 3);
    assert_eq!(asked.answer_timeout.unwrap().seconds, 7200);
    let made = proto::Rollout {
        maintenance_window: asked.maintenance_window,
        pace: asked.pace,
        retry_policy: asked.retry_policy,
        answer_timeout: asked.answer_timeout,
        success_proof: asked.success_proof,
        ..rollout()
    };
    let shown = get(&FakeHub::new().answers("get_rollout", made), OWN).await.json();
    for (key, value) in extras.as_object().unwrap() {
        assert_eq!(shown[key], *value, "{key}");
    }
}

#[tokio::test]
async fn the_pace_of_a_rollout_is_changed() {
    let hub = FakeHub::new().answers("update_rollout", rollout());
    let _ = put(&hub, OWN, json!({"pace": {"targetsPerMinute": 7}})).await;
    let asked: proto::UpdateRolloutRequest = hub.asked("update_rollout");
    assert_eq!(asked.update_mask.unwrap().paths, ["pace"]);
    assert_eq!(asked.rollout.unwrap().pace.unwrap().targets_per_minute, 7);
}

#[tokio::test]
async fn a_plan_tells_what_a_rollout_would_be() {
    let group = proto::PlannedGroup {
        display_name: "group-1".into(),
        target_count: 9,
        successes_needed: 5,
        errors_tolerated: 4,
    };
    let plan = proto::PlanRolloutResponse { groups: vec![group], ungrouped_target_count: 2 };
    let hub = FakeHub::new().answers("plan_rollout", plan);
    let answer = post(&hub, "/rest/v1/rollouts/plan", body()).await;
    assert_eq!(answer.status, 200);
    let group = json!({
        "name": "group-1", "totalTargets": 9, "successesNeeded": 5, "errorsTolerated": 4,
    });
    assert_eq!(answer.json(), json!({"groups": [group], "ungroupedTargets": 2}));
}
