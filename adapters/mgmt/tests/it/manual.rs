//! Every Management command of the curl manual reaches the hub as what it means.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use serde_json::json;

#[tokio::test]
async fn every_command_of_the_manual_works() {
    let hub = FakeHub::new();
    let target = "/rest/v1/targets/test-curl-001";
    let configs = "/rest/v1/system/configs";
    for (key, value) in [
        ("authentication.gatewaytoken.key", json!("my-gateway-key")),
        ("authentication.gatewaytoken.enabled", json!(true)),
        ("authentication.targettoken.enabled", json!(true)),
        ("user.confirmation.flow.enabled", json!(true)),
    ] {
        let answer = put(&hub, &format!("{configs}/{key}"), json!({"value": value})).await;
        assert_eq!(answer.status, 204, "{key}");
    }
    for body in [
        json!([{"id": "test-curl-001"}]),
        json!([{"id": "test-curl-001", "confirmationRequired": true}]),
        json!({
            "id": "test-curl-001", "type": "forced", "forcetime": 1_682_408_575_278_i64,
            "weight": 1000, "confirmationRequired": false, "maintenanceWindow":
                {"schedule": "00:00-04:00", "duration": "02:00:00", "timezone": "+08:00"}
        }),
    ] {
        let path = "/rest/v1/distributionsets/1/assignedTargets";
        assert_eq!(post(&hub, path, body).await.status, 200);
    }
    for path in [
        configs.to_owned(),
        target.to_owned(),
        format!("{target}/actions"),
        format!("{target}/actions/15"),
        format!("{target}/actions/15/status"),
        "/rest/v1/targets".to_owned(),
        "/rest/v1/distributionsets".to_owned(),
    ] {
        assert_eq!(get(&hub, &path).await.status, 200, "{path}");
    }
    assert_eq!(get(&hub, &format!("{target}/attributes")).await.status, 204);
    assert_eq!(delete(&hub, &format!("{target}/actions/15")).await.status, 204);
    assert_eq!(
        hub.methods(),
        [
            "update_settings",
            "update_settings",
            "update_settings",
            "update_settings",
            "assign_distribution_sets",
            "assign_distribution_sets",
            "assign_distribution_sets",
            "list_settings",
            "get_target",
            "list_actions",
            "get_action",
            "list_action_entries",
            "list_targets",
            "list_distribution_sets",
            "get_target_attributes",
            "cancel_action",
        ]
    );
}
