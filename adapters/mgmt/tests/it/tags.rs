//! Tags of targets and sets, and the groups of targets, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{ADMIN, delete, exchange, get, post, put};
use axum::body::Body;
use http::Request;
use otahub_client::{Reason, proto};
use serde_json::{Value, json};
use std::sync::Arc;

/// DELETE with a list, which has no helper of its own: no other resource takes one.
async fn delete_list(hub: &Arc<FakeHub>, path: &str, json: Value) -> u16 {
    let request = Request::delete(path)
        .header("host", "hub:8080")
        .header("authorization", ADMIN)
        .header("content-type", "application/json")
        .body(Body::from(json.to_string()));
    exchange(hub, request.unwrap()).await.status.as_u16()
}

fn pilot() -> proto::TargetTag {
    proto::TargetTag {
        name: "targetTags/3".into(),
        display_name: "pilot".into(),
        colour: "green".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_tag_links_to_who_has_it_when_it_is_shown_alone() {
    let hub = FakeHub::new().answers("get_target_tag", pilot());
    let own = "http://hub:8080/rest/v1/targettags/3";
    assert_eq!(
        get(&hub, "/rest/v1/targettags/3").await.json(),
        json!({
            "name": "pilot", "id": 3, "colour": "green",
            "_links": {
                "self": {"href": own},
                "assignedTargets": {"href": format!("{own}/assigned?offset=0&limit=50")}
            }
        })
    );
    let released =
        proto::DistributionSetTag { name: "distributionSetTags/4".into(), ..Default::default() };
    let hub = FakeHub::new().answers("get_distribution_set_tag", released);
    let links = &get(&hub, "/rest/v1/distributionsettags/4").await.json()["_links"];
    assert!(links["assignedDistributionSets"].is_object());
}

#[tokio::test]
async fn tags_are_created_listed_changed_and_deleted() {
    let hub = FakeHub::new();
    for (path, create, update) in [
        ("/rest/v1/targettags", "batch_create_target_tags", "update_target_tag"),
        (
            "/rest/v1/distributionsettags",
            "batch_create_distribution_set_tags",
            "update_distribution_set_tag",
        ),
    ] {
        let made = post(&hub, path, json!([{"name": "a"}, {"name": "b"}])).await;
        assert_eq!((made.status.as_u16(), made.json()), (201, json!([])));
        let own = format!("{path}/3");
        assert_eq!(put(&hub, &own, json!({"name": "c"})).await.status, 200);
        assert_eq!(delete(&hub, &own).await.status, 204);
        let listed = get(&hub, &format!("{path}?sort=colour:ASC")).await;
        assert_eq!(listed.status, 200);
        assert!(hub.methods().iter().any(|m| m == create));
        assert!(hub.methods().iter().any(|m| m == update));
    }
    let asked: proto::UpdateTargetTagRequest = hub.asked("update_target_tag");
    assert_eq!(asked.update_mask.unwrap().paths, ["display_name"]);
}

#[tokio::test]
async fn targets_get_and_lose_a_tag_alone_and_together() {
    let hub = FakeHub::new();
    let own = "/rest/v1/targettags/3/assigned";
    let asked = || -> proto::AssignTargetTagRequest { hub.asked("assign_target_tag") };
    let answer = post(&hub, own, json!(["a", "b"])).await;
    assert_eq!(answer.status, 204);
    assert_eq!(asked().assign_controller_ids, ["a", "b"]);
    assert!(!asked().skip_unknown);
    assert_eq!(delete_list(&hub, own, json!(["a"])).await, 204);
    assert_eq!(asked().unassign_controller_ids, ["a"]);
    let alone =
        Request::post(format!("{own}/c")).header("authorization", ADMIN).body(Body::empty());
    assert_eq!(exchange(&hub, alone.unwrap()).await.status, 204);
    assert_eq!(asked().assign_controller_ids, ["c"]);
    assert_eq!(delete(&hub, &format!("{own}/c")).await.status, 204);
    assert_eq!(asked().unassign_controller_ids, ["c"]);
}

#[tokio::test]
async fn what_unknown_targets_come_to_can_be_chosen() {
    let unknown =
        proto::AssignTargetTagResponse { unknown_controller_ids: vec!["x".into(), "y".into()] };
    let hub = FakeHub::new().answers("assign_target_tag", unknown);
    let own = "/rest/v1/targettags/3/assigned?onNotFoundPolicy=";
    let body = || json!(["a", "x", "y"]);
    let well = post(&hub, &format!("{own}ON_WHAT_FOUND_AND_SUCCESS"), body()).await;
    assert_eq!(well.status, 204);
    let asked: proto::AssignTargetTagRequest = hub.asked("assign_target_tag");
    assert!(asked.skip_unknown);
    let failed = post(&hub, &format!("{own}ON_WHAT_FOUND_AND_FAIL"), body()).await;
    let info = json!({"type": "Target", "entityId": ["x", "y"]});
    assert_eq!((failed.status.as_u16(), &failed.json()["info"]), (404, &info));
    assert_eq!(post(&hub, &format!("{own}MAYBE"), body()).await.status, 400);

    let missing = [("type", "Target"), ("id", "x")];
    let hub = FakeHub::new().refuses("assign_target_tag", Reason::NotFound, &missing);
    let refused = post(&hub, "/rest/v1/targettags/3/assigned", body()).await;
    assert_eq!(refused.json()["info"]["entityId"], json!(["x"]));
}

#[tokio::test]
async fn sets_get_and_lose_a_tag_alone_and_together() {
    let hub = FakeHub::new();
    let own = "/rest/v1/distributionsettags/4/assigned";
    let asked =
        || -> proto::AssignDistributionSetTagRequest { hub.asked("assign_distribution_set_tag") };
    assert_eq!(post(&hub, own, json!([7, 8])).await.status, 204);
    assert_eq!(asked().assign_sets, ["distributionSets/7", "distributionSets/8"]);
    assert_eq!(delete_list(&hub, own, json!([7])).await, 204);
    assert_eq!(asked().unassign_sets, ["distributionSets/7"]);
    assert_eq!(delete(&hub, &format!("{own}/8")).await.status, 204);
    assert_eq!(asked().unassign_sets, ["distributionSets/8"]);
    assert_eq!(get(&hub, own).await.status, 200);
    let asked: proto::ListDistributionSetsRequest = hub.asked("list_distribution_sets");
    assert_eq!(asked.distribution_set_tag, "distributionSetTags/4");
}

#[tokio::test]
async fn the_targets_of_a_tag_and_the_tags_of_a_target_are_listed() {
    let listed = proto::ListTargetTagsResponse { target_tags: vec![pilot()], ..Default::default() };
    let hub = FakeHub::new().answers("list_target_tags", listed);
    let own = "/rest/v1/targettags/3/assigned?sort=name:DESC";
    assert_eq!(get(&hub, own).await.status, 200);
    let asked: proto::ListTargetsRequest = hub.asked("list_targets");
    assert_eq!((asked.target_tag.as_str(), asked.order_by.as_str()), ("targetTags/3", "name desc"));
    let tags = get(&hub, "/rest/v1/targets/a/tags").await.json();
    assert_eq!((tags[0]["name"].as_str(), tags.as_array().unwrap().len()), (Some("pilot"), 1));
    let asked: proto::ListTargetTagsRequest = hub.asked("list_target_tags");
    assert_eq!(asked.target, "targets/a");
}

#[tokio::test]
async fn targets_are_put_into_groups_and_found_there() {
    let groups = proto::ListTargetGroupsResponse {
        groups: vec!["north".into(), "north/lab".into()],
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_target_groups", groups);
    let root = "/rest/v1/targetgroups";
    assert_eq!(get(&hub, root).await.json(), json!(["north", "north/lab"]));
    let asked = || -> proto::AssignTargetGroupRequest { hub.asked("assign_target_group") };
    for path in ["/north/assigned", "/assigned?group=north"] {
        let answer = put(&hub, &format!("{root}{path}"), json!(["a"])).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!((asked().group.as_str(), asked().controller_ids), ("north", vec!["a".into()]));
        assert_eq!(get(&hub, &format!("{root}{path}")).await.status, 200);
        let listed: proto::ListTargetsRequest = hub.asked("list_targets");
        assert_eq!((listed.group.as_str(), listed.include_subgroups), ("north", false));
    }
    get(&hub, &format!("{root}/assigned?group=north&subgroups=true")).await;
    let listed: proto::ListTargetsRequest = hub.asked("list_targets");
    assert!(listed.include_subgroups);
    let cleared = delete_list(&hub, &format!("{root}/assigned"), json!(["a"])).await;
    assert_eq!((cleared, asked().group.as_str()), (204, ""));
    assert_eq!(get(&hub, &format!("{root}/assigned")).await.status, 400);
}
