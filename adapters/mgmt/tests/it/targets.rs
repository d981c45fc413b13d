//! Targets, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{ADMIN, delete, get, post, put};
use otahub_client::{proto, timestamp};
use serde_json::json;

fn audit() -> Option<proto::Audit> {
    Some(proto::Audit {
        create_time: Some(timestamp(1_700_000_000_000)),
        creator: "admin".into(),
        update_time: Some(timestamp(1_700_000_005_000)),
        updater: "admin".into(),
    })
}

fn pump() -> proto::Target {
    proto::Target {
        name: "targets/pump-7".into(),
        controller_id: "pump-7".into(),
        display_name: "pump-7".into(),
        description: "hall 3".into(),
        address: "http://10.0.0.7".into(),
        security_token: "0123456789abcdef0123456789abcdef".into(),
        group: "eu/plant1".into(),
        target_type: "targetTypes/4".into(),
        target_type_display_name: "pump".into(),
        update_status: proto::UpdateStatus::Pending.into(),
        assigned_set: "distributionSets/3".into(),
        poll_status: Some(proto::PollStatus {
            last_poll_time: Some(timestamp(1_700_000_004_000)),
            next_poll_time: Some(timestamp(1_700_000_304_000)),
            overdue: false,
        }),
        audit: audit(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_target_is_shown_as_documented() {
    let hub = FakeHub::new().answers("get_target", pump());
    let answer = get(&hub, "/rest/v1/targets/pump-7").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/hal+json");
    assert!(answer.header("etag").starts_with("\"0"));
    let own = "http://hub:8080/rest/v1/targets/pump-7";
    assert_eq!(
        answer.json(),
        json!({
            "createdBy": "admin", "createdAt": 1_700_000_000_000_i64,
            "lastModifiedBy": "admin", "lastModifiedAt": 1_700_000_005_000_i64,
            "name": "pump-7", "description": "hall 3", "controllerId": "pump-7",
            "group": "eu/plant1", "updateStatus": "pending",
            "lastControllerRequestAt": 1_700_000_004_000_i64,
            "ipAddress": "10.0.0.7", "address": "http://10.0.0.7",
            "pollStatus": {
                "lastRequestAt": 1_700_000_004_000_i64,
                "nextExpectedRequestAt": 1_700_000_304_000_i64, "overdue": false
            },
            "securityToken": "0123456789abcdef0123456789abcdef", "requestAttributes": false,
            "targetType": 4, "targetTypeName": "pump",
            "_links": {
                "self": {"href": own},
                "assignedDS": {"href": format!("{own}/assignedDS")},
                "installedDS": {"href": format!("{own}/installedDS")},
                "attributes": {"href": format!("{own}/attributes")},
                "actions": {"href": format!("{own}/actions?offset=0&limit=50&sort=id%3ADESC")},
                "metadata": {"href": format!("{own}/metadata")},
                "targetType": {"href": "http://hub:8080/rest/v1/targettypes/4"}
            }
        })
    );
    assert_eq!(hub.asked::<proto::GetTargetRequest>("get_target").name, "targets/pump-7");
    assert_eq!(hub.credentials(), [ADMIN]);
}

#[tokio::test]
async fn a_list_has_an_envelope_and_items_with_only_their_own_link() {
    let listed =
        proto::ListTargetsResponse { targets: vec![pump()], total_size: 9, ..Default::default() };
    let hub = FakeHub::new().answers("list_targets", listed);
    let path = "/rest/v1/targets?offset=2&limit=1&sort=controllerId:DESC,name:asc&q=name==p*";
    let answer = get(&hub, path).await.json();
    assert_eq!((&answer["total"], &answer["size"]), (&json!(9), &json!(1)));
    assert_eq!(answer["content"][0]["_links"].as_object().unwrap().len(), 1);
    let asked: proto::ListTargetsRequest = hub.asked("list_targets");
    assert_eq!((asked.skip, asked.page_size), (2, 1));
    assert_eq!(asked.order_by, "controller_id desc,name");
    assert_eq!(asked.filter, r#"display_name = "p*""#);
}

#[tokio::test]
async fn targets_are_created_all_in_one_call() {
    let made = proto::BatchCreateTargetsResponse { targets: vec![pump()] };
    let hub = FakeHub::new().answers("batch_create_targets", made);
    let body = json!([
        {"controllerId": "a", "name": "A", "targetType": 4, "unknown": [1]},
        {"controllerId": "b", "group": "north", "description": null},
    ]);
    let answer = post(&hub, "/rest/v1/targets", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()[0]["controllerId"], "pump-7");
    let asked: proto::BatchCreateTargetsRequest = hub.asked("batch_create_targets");
    let made: Vec<_> = asked.requests.into_iter().filter_map(|r| r.target).collect();
    assert_eq!(
        (made[0].controller_id.as_str(), made[0].target_type.as_str()),
        ("a", "targetTypes/4")
    );
    assert_eq!((made[1].controller_id.as_str(), made[1].group.as_str()), ("b", "north"));
}

#[tokio::test]
async fn a_target_without_brackets_is_not_readable() {
    let answer = post(&FakeHub::new(), "/rest/v1/targets", json!({"controllerId": "z"})).await;
    assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, "rest.body.notReadable"));
}

#[tokio::test]
async fn only_what_the_body_holds_is_changed() {
    for (body, paths) in [
        (json!({"name": "n", "group": "g"}), vec!["display_name"]),
        (
            json!({"description": "d", "address": "a", "securityToken": "t"}),
            vec!["description", "address", "security_token"],
        ),
        (
            json!({"targetType": -1, "requestAttributes": true}),
            vec!["target_type", "attributes_requested"],
        ),
    ] {
        let hub = FakeHub::new().answers("update_target", pump());
        let answer = put(&hub, "/rest/v1/targets/pump-7", body).await;
        assert_eq!(answer.status, 200);
        assert!(answer.json()["_links"]["metadata"].is_object());
        let asked: proto::UpdateTargetRequest = hub.asked("update_target");
        assert_eq!(asked.update_mask.unwrap().paths, paths);
        assert_eq!(asked.target.unwrap().target_type, "");
    }
}

#[tokio::test]
async fn a_body_that_changes_nothing_shows_the_target() {
    let hub = FakeHub::new().answers("get_target", pump());
    assert_eq!(put(&hub, "/rest/v1/targets/pump-7", json!({})).await.status, 200);
    assert_eq!(hub.methods(), ["get_target"]);
}

#[tokio::test]
async fn attributes_cannot_be_unasked_for() {
    let hub = FakeHub::new();
    let body = json!({"requestAttributes": false, "name": "n"});
    let answer = put(&hub, "/rest/v1/targets/pump-7", body).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (400, 0));
    assert!(hub.methods().is_empty());
}

#[tokio::test]
async fn what_a_target_does_not_have_is_204_with_a_tag() {
    for path in ["attributes", "assignedDS", "installedDS"] {
        let answer = get(&FakeHub::new(), &format!("/rest/v1/targets/x/{path}")).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0), "{path}");
        assert!(!answer.header("etag").is_empty());
    }
}

#[tokio::test]
async fn the_set_of_a_target_that_is_not_there_is_204_too() {
    let missing = [("type", "Target"), ("id", "x")];
    let hub = FakeHub::new().refuses("get_target", proto::Reason::NotFound, &missing);
    assert_eq!(get(&hub, "/rest/v1/targets/x/assignedDS").await.status, 204);
}

#[tokio::test]
async fn the_assigned_set_is_shown_in_full() {
    let set = proto::DistributionSet { id: 3, display_name: "fw".into(), ..Default::default() };
    let hub = FakeHub::new().answers("get_target", pump()).answers("get_distribution_set", set);
    let answer = get(&hub, "/rest/v1/targets/pump-7/assignedDS").await.json();
    assert_eq!((&answer["id"], &answer["name"]), (&json!(3), &json!("fw")));
    assert!(answer["_links"]["modules"].is_object());
    let asked: proto::GetDistributionSetRequest = hub.asked("get_distribution_set");
    assert_eq!(asked.name, "distributionSets/3");
}

#[tokio::test]
async fn metadata_is_listed_whole_and_changed_by_key() {
    let entry = proto::Metadata { key: "rack".into(), value: "7".into(), target_visible: false };
    let listed = proto::ListTargetMetadataResponse {
        metadata: vec![entry.clone()],
        total_size: 1,
        ..Default::default()
    };
    let hub = FakeHub::new()
        .answers("list_target_metadata", listed)
        .answers("get_target_metadata", entry);
    let own = "/rest/v1/targets/a/metadata";
    let expected = json!({"content": [{"key": "rack", "value": "7"}], "total": 1, "size": 1});
    assert_eq!(get(&hub, &format!("{own}?limit=0")).await.json(), expected);
    let one = get(&hub, &format!("{own}/rack")).await;
    assert_eq!(one.header("content-type"), "application/json");
    let created = post(&hub, own, json!([{"key": "site", "value": "Berlin"}])).await;
    assert_eq!((created.status.as_u16(), created.bytes.len()), (201, 0));
    assert_eq!(put(&hub, &format!("{own}/site"), json!({"value": "Bonn"})).await.status, 204);
    assert_eq!(delete(&hub, &format!("{own}/site")).await.status, 204);
    let changed: proto::UpdateTargetMetadataRequest = hub.asked("update_target_metadata");
    let changed = changed.metadata.unwrap();
    assert_eq!((changed.key.as_str(), changed.value.as_str()), ("site", "Bonn"));
}

#[tokio::test]
async fn a_standing_consent_tells_how_to_change_it() {
    let on = proto::TargetAutoConfirmation {
        active: true,
        initiator: "the driver".into(),
        remark: String::new(),
        activate_time: Some(timestamp(7)),
    };
    let hub = FakeHub::new().answers("get_target_auto_confirmation", on);
    let own = "http://hub:8080/rest/v1/targets/a/autoConfirm";
    let answer = get(&hub, "/rest/v1/targets/a/autoConfirm").await.json();
    let links = json!({"deactivate": {"href": format!("{own}/deactivate")}});
    let expected =
        json!({"active": true, "initiator": "the driver", "activatedAt": 7, "_links": links});
    assert_eq!(answer, expected);
    let off = get(&FakeHub::new(), "/rest/v1/targets/a/autoConfirm").await.json();
    let links = json!({"activate": {"href": format!("{own}/activate")}});
    assert_eq!(off, json!({"active": false, "_links": links}));
}

#[tokio::test]
async fn a_type_is_given_and_taken_away() {
    let hub = FakeHub::new();
    let own = "/rest/v1/targets/a/targettype";
    assert_eq!(post(&hub, own, json!({"id": 4})).await.status, 204);
    let asked: proto::UpdateTargetRequest = hub.asked("update_target");
    assert_eq!(asked.target.unwrap().target_type, "targetTypes/4");
    assert_eq!(delete(&hub, own).await.status, 204);
    let asked: proto::UpdateTargetRequest = hub.asked("update_target");
    assert_eq!(asked.target.unwrap().target_type, "");
    assert_eq!(post(&hub, own, json!({})).await.key(), "repo.constraintViolation");
}
