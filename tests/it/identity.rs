//! Who may do what: gateway tokens, target tokens, anonymous downloads, strangers.

use otahub_tests::{Database, Device, Hub, Software, allow_gateway, bytes_of, set_setting, within};
use serde_json::json;

fn device_with(hub: &Hub, id: &str, authorization: &str) -> Device {
    Device::with(hub.http(), id, Some(authorization.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_enters_a_new_hub_without_being_let_in() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let _ = hub.device("d").get("").await.expect(401);
        let _ = Device::with(hub.http(), "d", None).get("").await.expect(401);
        let _ = hub.http().get("/rest/v1/targets").await.expect(401);
        let _ = hub.http().get("/NOSUCH/controller/v1/d").await.expect(401);
    })
    .await;
}

async fn a_gateway_speaks_for_every_device_and_registers_new_ones(database: Database) {
    let hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    hub.device("new-1").poll().await;
    let target = hub.admin().get("/targets/new-1").await.expect(200).json();
    assert_eq!(target["updateStatus"], "registered", "{target}");
    assert_eq!(target["name"], "new-1", "{target}");
    assert_eq!(target["createdBy"], "CONTROLLER_PLUG_AND_PLAY", "{target}");
    assert_eq!(target["requestAttributes"], true, "{target}");
    for wrong in ["GatewayToken wrong", "gatewaytoken my-gateway-key", "GatewayToken "] {
        let _ = device_with(&hub, "new-1", wrong).get("").await.expect(401);
    }
    assert_eq!(hub.admin().get("/targets").await.expect(200).json()["total"], 1);
}
on_both!(a_gateway_speaks_for_every_device_and_registers_new_ones within 60 s);

async fn a_target_token_opens_its_own_device_only(database: Database) {
    let hub = Hub::on(database).start().await;
    set_setting(&hub, "authentication.targettoken.enabled", true).await;
    let body = json!([{"controllerId": "a"}, {"controllerId": "b"}]);
    let made = hub.admin().post("/targets", body).await.expect(201).json();
    let token = made[0]["securityToken"].as_str().expect("a token").to_owned();
    let authorization = format!("TargetToken {token}");
    device_with(&hub, "a", &authorization).poll().await;
    let _ = device_with(&hub, "b", &authorization).get("").await.expect(401);
    let _ = device_with(&hub, "c", &authorization).get("").await.expect(401);
    let changed = json!({"securityToken": "another-token"});
    let _ = hub.admin().put("/targets/a", changed).await.expect(200);
    let _ = device_with(&hub, "a", &authorization).get("").await.expect(401);
    device_with(&hub, "a", "TargetToken another-token").poll().await;
    set_setting(&hub, "authentication.targettoken.enabled", false).await;
    let _ = device_with(&hub, "a", "TargetToken another-token").get("").await.expect(401);
}
on_both!(a_target_token_opens_its_own_device_only within 60 s);

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_downloads_are_for_assigned_artifacts_where_the_tenant_allows_them() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        allow_gateway(&hub).await;
        let bytes = bytes_of(5, 5000);
        let software = Software::create(&hub, "image", "image.bin", bytes.clone()).await;
        hub.device("d").poll().await;
        let stranger = Device::with(hub.http(), "d", None);
        let path = software.artifact_path();
        let _ = stranger.get(&path).await.expect(401);
        set_setting(&hub, "anonymous.download.enabled", true).await;
        let _ = stranger.get(&path).await.expect(404);
        software.assign(&hub, &["d"]).await;
        assert!(stranger.get(&path).await.expect(200).body == bytes);
        let _ = stranger.get("").await.expect(401);
        let _ = stranger.get(&format!("{path}.MD5SUM")).await.expect(200);
        set_setting(&hub, "anonymous.download.enabled", false).await;
        let _ = stranger.get(&path).await.expect(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_device_is_forgotten_at_once() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        set_setting(&hub, "authentication.targettoken.enabled", true).await;
        let body = json!([{"controllerId": "a", "securityToken": "t-1"}]);
        let _ = hub.admin().post("/targets", body).await.expect(201);
        let device = device_with(&hub, "a", "TargetToken t-1");
        device.poll().await;
        let gone = hub.admin().delete("/targets/a").await;
        assert!(matches!(gone.status, 200 | 204), "{}", gone.seen());
        let _ = device.get("").await.expect(401);
    })
    .await;
}
