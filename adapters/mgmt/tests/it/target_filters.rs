//! Stored target filters, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::{Reason, proto, timestamp};
use serde_json::{Value, json};

const OWN: &str = "/rest/v1/targetfilters/3";

fn filter(auto_assignment: Option<proto::AutoAssignment>) -> proto::TargetFilter {
    let at = timestamp(1_700_000_000_000);
    proto::TargetFilter {
        name: "targetFilters/3".into(),
        id: 3,
        display_name: "reds".into(),
        filter: "description = \"red\"".into(),
        source: "description==red".into(),
        auto_assignment,
        audit: Some(proto::Audit {
            create_time: Some(at),
            creator: "admin".into(),
            update_time: Some(at),
            updater: "admin".into(),
        }),
        etag: "1".into(),
    }
}

fn auto() -> proto::AutoAssignment {
    proto::AutoAssignment {
        distribution_set: "distributionSets/7".into(),
        r#type: proto::ActionType::Soft.into(),
        weight: Some(100),
        set_display_name: "fw".into(),
        set_version: "1.0.0".into(),
        ..Default::default()
    }
}

fn shown(links: Value) -> Value {
    json!({
        "createdBy": "admin", "createdAt": 1_700_000_000_000_i64,
        "lastModifiedBy": "admin", "lastModifiedAt": 1_700_000_000_000_i64,
        "id": 3, "name": "reds", "query": "description==red",
        "autoAssignDistributionSet": null, "autoAssignActionType": null,
        "autoAssignWeight": null, "confirmationRequired": null, "_links": links,
    })
}

fn link(path: &str) -> Value {
    json!({"href": format!("http://hub:8080{path}")})
}

#[tokio::test]
async fn a_filter_is_made_of_what_was_written_and_what_it_means() {
    let hub = FakeHub::new().answers("create_target_filter", filter(None));
    let body = json!({"name": "reds", "query": "description==red"});
    let answer = post(&hub, "/rest/v1/targetfilters", body).await;
    assert_eq!(answer.status, 201);
    let links = json!({"self": link(OWN), "autoAssignDS": link(&format!("{OWN}/autoAssignDS"))});
    assert_eq!(answer.json(), shown(links));
    let asked: proto::CreateTargetFilterRequest = hub.asked("create_target_filter");
    let asked = asked.target_filter.unwrap();
    assert_eq!(asked.display_name, "reds");
    assert_eq!(asked.filter, "description = \"red\"");
    assert_eq!(asked.source, "description==red");
}

#[tokio::test]
async fn a_query_has_to_be_there_and_to_be_one() {
    let hub = FakeHub::new();
    for (body, key) in [
        (json!({"name": "n"}), "repo.constraintViolation"),
        (json!({"name": "n", "query": " "}), "repo.constraintViolation"),
        (json!({"name": "n", "query": "name=="}), "rest.param.rsqlParamSyntax"),
        (json!({"name": "n", "query": "colour==red"}), "rest.param.rsqlInvalidField"),
    ] {
        let answer = post(&hub, "/rest/v1/targetfilters", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, key), "{body}");
    }
    assert!(hub.methods().is_empty());
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let hub = FakeHub::new().refuses(
        "create_target_filter",
        Reason::AlreadyExists,
        &[("type", "TargetFilterQuery")],
    );
    let body = json!({"name": "reds", "query": "name==x"});
    let answer = post(&hub, "/rest/v1/targetfilters", body).await;
    assert_eq!((answer.status.as_u16(), answer.key().as_str()), (409, "repo.entityAlreadyExists"));
}

#[tokio::test]
async fn a_filter_that_nobody_wrote_in_rsql_is_shown_as_the_hub_has_it() {
    let own = proto::TargetFilter { source: String::new(), ..filter(None) };
    let hub = FakeHub::new().answers("get_target_filter", own);
    assert_eq!(get(&hub, OWN).await.json()["query"], "description = \"red\"");
}

#[tokio::test]
async fn only_what_the_body_holds_is_changed() {
    let hub = FakeHub::new()
        .answers("update_target_filter", filter(None))
        .answers("get_target_filter", filter(None));
    assert_eq!(put(&hub, OWN, json!({"name": "autos"})).await.status, 200);
    let asked: proto::UpdateTargetFilterRequest = hub.asked("update_target_filter");
    assert_eq!(asked.update_mask.unwrap().paths, ["display_name"]);
    assert_eq!(put(&hub, OWN, json!({"query": "id==a*"})).await.status, 200);
    let asked: proto::UpdateTargetFilterRequest = hub.asked("update_target_filter");
    assert_eq!(asked.update_mask.unwrap().paths, ["filter"]);
    let asked = asked.target_filter.unwrap();
    assert_eq!((asked.name.as_str(), asked.source.as_str()), ("targetFilters/3", "id==a*"));
    assert_eq!(asked.filter, "controller_id = \"a*\"");
    let before = hub.methods().len();
    assert_eq!(put(&hub, OWN, json!({})).await.status, 200);
    assert_eq!(hub.methods()[before..], ["get_target_filter"]);
}

#[tokio::test]
async fn a_list_is_compact_unless_asked_for_in_full() {
    let listed = proto::ListTargetFiltersResponse {
        target_filters: vec![filter(Some(auto()))],
        total_size: 9,
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_target_filters", listed);
    let path = "/rest/v1/targetfilters?q=name==r*;autoassigndistributionset.version==1&\
                sort=name:DESC&offset=2&limit=5";
    let found = get(&hub, path).await.json();
    assert_eq!((&found["total"], &found["size"]), (&json!(9), &json!(1)));
    let first = &found["content"][0];
    assert_eq!(first["_links"], json!({"self": link(OWN)}));
    assert_eq!(first["autoAssignDistributionSet"], 7);
    assert_eq!(
        (&first["autoAssignActionType"], &first["autoAssignWeight"]),
        (&json!("soft"), &json!(100))
    );
    let asked: proto::ListTargetFiltersRequest = hub.asked("list_target_filters");
    assert_eq!((asked.skip, asked.page_size, asked.order_by.as_str()), (2, 5, "name desc"));
    assert_eq!(
        asked.filter,
        r#"(display_name = "r*" AND auto_assignment.distribution_set.version = "1")"#
    );
    let found = get(&hub, "/rest/v1/targetfilters?representation=full").await.json();
    let set = "/rest/v1/distributionsets?q=name%3D%3Dfw%3Bversion%3D%3D1.0.0&offset=0&limit=50";
    assert_eq!(found["content"][0]["_links"], json!({"self": link(OWN), "DS": link(set)}));
}

#[tokio::test]
async fn the_filters_of_a_set_are_those_that_assign_it() {
    let hub = FakeHub::new();
    let path = "/rest/v1/distributionsets/7/autoAssignTargetFilters";
    assert_eq!(get(&hub, path).await.json(), json!({"content": [], "total": 0, "size": 0}));
    let asked: proto::ListTargetFiltersRequest = hub.asked("list_target_filters");
    assert_eq!(asked.distribution_set, "distributionSets/7");
    assert_eq!(get(&hub, &format!("{path}?sort=version:ASC")).await.status, 200);
}

#[tokio::test]
async fn a_single_filter_leads_to_what_it_assigns() {
    let hub = FakeHub::new()
        .answers("get_target_filter", filter(Some(auto())))
        .answers("get_distribution_set", proto::DistributionSet { id: 7, ..Default::default() });
    let links = get(&hub, OWN).await.json()["_links"].clone();
    assert_eq!(links["autoAssignDS"], link(&format!("{OWN}/autoAssignDS")));
    assert!(links["DS"].is_object());
    let set = get(&hub, &format!("{OWN}/autoAssignDS")).await;
    assert_eq!((set.status.as_u16(), &set.json()["id"]), (200, &json!(7)));
    let asked: proto::GetDistributionSetRequest = hub.asked("get_distribution_set");
    assert_eq!(asked.name, "distributionSets/7");
    let none = FakeHub::new().answers("get_target_filter", filter(None));
    assert_eq!(get(&none, &format!("{OWN}/autoAssignDS")).await.status, 204);
}

#[tokio::test]
async fn a_filter_is_told_to_assign_and_to_stop_it() {
    let hub = FakeHub::new().answers("update_target_filter", filter(Some(auto())));
    let path = format!("{OWN}/autoAssignDS");
    let body = json!({"id": 7, "type": "downloadonly", "weight": 5, "confirmationRequired": true});
    let answer = post(&hub, &path, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["_links"], json!({"self": link(OWN), "autoAssignDS": link(&path)}));
    let asked: proto::UpdateTargetFilterRequest = hub.asked("update_target_filter");
    assert_eq!(asked.update_mask.unwrap().paths, ["auto_assignment"]);
    let wanted = asked.target_filter.unwrap().auto_assignment.unwrap();
    assert_eq!(wanted.distribution_set, "distributionSets/7");
    assert_eq!(wanted.r#type(), proto::ActionType::DownloadOnly);
    assert_eq!((wanted.weight, wanted.confirmation_required), (Some(5), Some(true)));
    post(&hub, &path, json!({"id": 7})).await;
    let asked: proto::UpdateTargetFilterRequest = hub.asked("update_target_filter");
    let wanted = asked.target_filter.unwrap().auto_assignment.unwrap();
    assert_eq!((wanted.r#type(), wanted.weight), (proto::ActionType::Forced, None));
    assert_eq!(delete(&hub, &path).await.status, 204);
    let asked: proto::UpdateTargetFilterRequest = hub.asked("update_target_filter");
    assert_eq!(asked.update_mask.unwrap().paths, ["auto_assignment"]);
    assert_eq!(asked.target_filter.unwrap().auto_assignment, None);
    assert_eq!(delete(&hub, OWN).await.status, 204);
}

#[tokio::test]
async fn what_cannot_be_assigned_is_refused_in_hawkbits_words() {
    let path = format!("{OWN}/autoAssignDS");
    let hub = FakeHub::new();
    for (body, key) in [
        (json!({}), "repo.constraintViolation"),
        (json!({"id": 7, "type": "sometimes"}), "rest.body.notReadable"),
    ] {
        assert_eq!(post(&hub, &path, body).await.key(), key);
    }
    for (reason, details, status, key) in [
        (Reason::InvalidAutoAssignmentType, None, 400, "repo.invalidAutoAssignActionType"),
        (Reason::QuotaExceeded, None, 429, "quota.tooManyEntries"),
        (Reason::SetIncomplete, None, 400, "distributionset.incomplete"),
        (Reason::NotFound, Some(("type", "DistributionSet")), 404, "repo.entityNotFound"),
    ] {
        let details: Vec<_> = details.into_iter().collect();
        let hub = FakeHub::new().refuses("update_target_filter", reason, &details);
        let answer = post(&hub, &path, json!({"id": 7, "type": "timeforced"})).await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (status, key));
    }
}
