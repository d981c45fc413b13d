//! Bodies whose values are of a neighbouring type, as hawkBit's JSON parser takes them.

use crate::fake::FakeHub;
use crate::support::{post, put};
use otahub_client::proto;
use serde_json::{Value, json};

/// JSON as it was written: numbers keep their digits.
async fn post_text(hub: &std::sync::Arc<FakeHub>, path: &str, text: &'static str) -> u16 {
    let request = http::Request::post(path).header("content-type", "application/json");
    crate::support::send(hub, request, text.into()).await.status.as_u16()
}

#[tokio::test]
async fn numbers_and_truth_values_count_as_texts() {
    let hub = FakeHub::new();
    let text =
        r#"[{"name": 7, "version": 1.10, "type": "os", "vendor": true, "description": null}]"#;
    assert_eq!(post_text(&hub, "/rest/v1/softwaremodules", text).await, 201);
    let asked: proto::BatchCreateSoftwareModulesRequest =
        hub.asked("batch_create_software_modules");
    let module = asked.requests[0].software_module.as_ref().unwrap();
    assert_eq!((module.display_name.as_str(), module.version.as_str()), ("7", "1.10"));
    assert_eq!((module.vendor.as_str(), module.description.as_str()), ("true", ""));
}

#[tokio::test]
async fn digits_in_texts_count_as_numbers() {
    let hub = FakeHub::new();
    let body = json!([{
        "id": 77, "type": "timeforced", "forcetime": "5", "weight": " 7 ",
        "confirmationRequired": "False"
    }]);
    let path = "/rest/v1/distributionsets/3/assignedTargets";
    assert_eq!(post(&hub, path, body).await.status, 200);
    let asked: proto::AssignDistributionSetsRequest = hub.asked("assign_distribution_sets");
    let order = &asked.assignments[0];
    assert_eq!((order.controller_id.as_str(), order.weight), ("77", Some(7)));
    assert_eq!(order.force_time, Some(otahub_client::timestamp(5)));
    assert_eq!(order.confirmation_required, Some(false));

    let body = json!([{"key": "k", "name": "n", "maxAssignments": "2", "minArtifacts": ""}]);
    assert_eq!(post(&hub, "/rest/v1/softwaremoduletypes", body).await.status, 400);
    let body = json!([{"key": "k", "name": "n", "maxAssignments": "2"}]);
    assert_eq!(post(&hub, "/rest/v1/softwaremoduletypes", body).await.status, 201);
    let body = json!({"confirmation": "confirmed", "code": "20"});
    let path = "/rest/v1/targets/t/actions/1/confirmation";
    assert_eq!(put(&hub, path, body).await.status, 204);
    let asked: proto::ConfirmActionRequest = hub.asked("confirm_action");
    assert_eq!(asked.code, Some(20));
}

#[tokio::test]
async fn what_is_of_another_kind_is_not_readable() {
    let hub = FakeHub::new();
    let bad: [(&str, Value); 8] = [
        ("targets", json!([{"controllerId": "t", "name": {}}])),
        ("targets", json!([{"controllerId": ["t"]}])),
        ("targets", json!([{"controllerId": "t", "requestAttributes": "maybe"}])),
        (
            "softwaremodules",
            json!([{"name": "m", "version": "1", "type": "os", "encrypted": null}]),
        ),
        ("softwaremoduletypes", json!([{"key": "k", "name": "n", "maxAssignments": "two"}])),
        ("softwaremoduletypes", json!([{"key": "k", "name": "n", "maxAssignments": null}])),
        ("softwaremoduletypes", json!([{"key": "k", "maxAssignments": 3_000_000_000_u32}])),
        ("distributionsets/3/assignedTargets", json!([{"id": null}])),
    ];
    for (path, body) in bad {
        let answer = post(&hub, &format!("/rest/v1/{path}"), body).await;
        assert_eq!(answer.key(), "rest.body.notReadable", "{path}");
    }
    assert!(hub.methods().is_empty());
}

#[tokio::test]
async fn a_list_of_one_may_lack_its_brackets_where_the_hub_takes_it() {
    let hub = FakeHub::new();
    for (path, body) in [
        ("targets/t/assignedDS", json!({"id": 3})),
        ("distributionsettags/3/assigned", json!(5)),
        ("targettags/3/assigned", json!("t")),
        ("targets/t/metadata", json!({"key": "k", "value": 1})),
    ] {
        let answer = post(&hub, &format!("/rest/v1/{path}"), body).await;
        assert!(answer.status.is_success(), "{path}");
    }
    let asked: proto::CreateTargetMetadataRequest = hub.asked("create_target_metadata");
    assert_eq!(asked.metadata[0].value, "1");
}
