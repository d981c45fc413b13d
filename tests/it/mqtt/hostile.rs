//! Devices that say nonsense, or speak for others.

use super::{ID, Scene, with_broker};
use otahub_tests::{Database, MqttDevice, Seed};
use rand::Rng;
use serde_json::json;

async fn nobody_speaks_for_another(database: Database) {
    let scene = Scene::on(database, "5").await;
    let action = scene.assign().await;
    let (id, _) = scene.device.requested(1).await;
    let other = MqttDevice::connect(&scene.broker, "pump-8", "5").await;
    other.hello().await;
    for status in ["Acknowledged", "Success", "Failure"] {
        other.event(&id, status, 0, ("", "")).await;
    }
    other.event("04bf491c-af94-4e9d-813f-ebeebfb856a6", "Success", 0, ("", "")).await;
    other.event("no uuid at all", "Success", 0, ("", "")).await;
    for notice in other.complaints(5).await {
        assert_eq!(notice["code"], "UnknownRequest", "{notice}");
    }
    scene.status(action, "running").await;
    assert_eq!(scene.hub.admin().history(ID, action).await, ["running"]);
    scene.device.events(&id, &["Success"]).await;
    scene.status(action, "finished").await;
}
with_broker!(nobody_speaks_for_another within 120 s);

async fn nonsense_is_noticed_and_does_no_harm(database: Database) {
    let scene = Scene::on(database, "5").await;
    let action = scene.assign().await;
    let (id, _) = scene.device.requested(1).await;
    let own = |leaf: &str| format!("ota/v1/DEFAULT/{ID}/{leaf}");
    for (leaf, payload) in [
        ("event", "{"),
        ("event", "[]"),
        ("event", "{\"status\": 1}"),
        ("attributes", "{\"values\": {\"a\": {}}}"),
        ("attributes", "{\"mode\": \"delete\", \"values\": {}}"),
        ("hello", "nothing"),
        ("presence", "{\"online\": \"yes\"}"),
    ] {
        scene.device.publish(&own(leaf), payload).await;
    }
    for notice in scene.device.complaints(7).await {
        assert_eq!(notice["code"], "InvalidDocument", "{notice}");
    }
    let mut chance = Seed::of("nonsense").part(0);
    for leaf in ["event", "hello", "attributes", "presence", "other"] {
        for _ in 0..6 {
            let noise: String =
                (0..40).map(|_| char::from(chance.random_range(32..122_u8))).collect();
            scene.device.publish(&own(leaf), &noise).await;
            scene
                .device
                .publish(&format!("ota/v1/{}/x/{leaf}", chance.random_range(0..9)), &noise)
                .await;
        }
    }
    scene.device.event(&id, "Sleeping", 0, ("", "zzz")).await;
    scene.device.event(&id, "Downloading", 400, ("", "a <b>bold</b> text")).await;
    scene.device.say("event", &json!({"requestUUID": id, "status": "Success", "x": [1]})).await;
    scene.history(action, &["running", "warning", "downloaded", "finished"]).await;
}
with_broker!(nonsense_is_noticed_and_does_no_harm within 120 s);
