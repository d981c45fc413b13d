//! What is lost on the way, and is not lost.

use super::{ID, Scene, known, with_broker};
use otahub_tests::{Database, Hub, Mosquitto, MqttDevice, Software, bridged, bytes_of};
use serde_json::json;
use std::time::Duration;

async fn a_device_that_was_away_gets_its_request_and_installs_once(database: Database) {
    let scene = Scene::on(database, "5").await;
    let Scene { hub, broker, device, software, .. } = &scene;
    drop(MqttDevice::connect(broker, "pump-9", "5").await);
    let _ = hub.admin().post("/targets", json!([{"controllerId": "pump-9"}])).await.expect(201);
    let done = software.assign(hub, &["pump-9"]).await;
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    let late = MqttDevice::connect(broker, "pump-9", "5").await;
    late.hello().await;
    let (id, _) = late.requested(1).await;
    late.events(&id, &["Acknowledged", "Downloading"]).await;
    super::status(hub, "pump-9", action, "retrieved").await;
    // it loses power while it downloads, and knows of nothing
    late.hello().await;
    assert_eq!(late.requested(2).await.0, id);
    late.events(&id, &["Acknowledged", "Downloading", "Deploying", "Deployed"]).await;
    late.say("hello", &json!({"lastRequestUUID": id})).await;
    late.hello().await;
    late.events(&id, &["Success"]).await;
    super::status(hub, "pump-9", action, "finished").await;
    assert_eq!(late.heard("request").len(), 2, "not once it installs");
    assert!(device.heard("request").is_empty());
}
with_broker!(a_device_that_was_away_gets_its_request_and_installs_once within 120 s);

async fn what_is_said_while_the_hub_is_away_is_heard(database: Database) {
    let mut scene = Scene::on(database, "5").await;
    let action = scene.assign().await;
    let (id, _) = scene.device.requested(1).await;
    scene.device.events(&id, &["Acknowledged"]).await;
    scene.status(action, "retrieved").await;
    scene.hub.kill().await;
    scene.device.events(&id, &["Downloading", "Deploying", "Deployed", "Success"]).await;
    // the broker restarts as well, with what it has kept
    scene.broker.stop().await;
    scene.broker.run().await;
    scene.hub.start_again().await;
    let words =
        ["running", "retrieved", "download", "downloaded", "running", "running", "finished"];
    scene.history(action, &words).await;
    scene.device.events(&id, &["Success"]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    scene.history(action, &words).await;
}
with_broker!(what_is_said_while_the_hub_is_away_is_heard within 120 s);

async fn the_hub_serves_while_the_broker_is_away(database: Database) {
    let mut broker = Mosquitto::new();
    broker.configure("allow_anonymous true\n");
    let hub = broker.bridged(Hub::on(database)).start().await;
    let _ = hub.admin().post("/targets", json!([{"controllerId": ID}])).await.expect(201);
    let software = Software::create(&hub, "image", "image.bin", bytes_of(3, 100)).await;
    assert_eq!(hub.metric("otahub_mqtt_connected").await.unwrap_or(0.0), 0.0);
    broker.run().await;
    bridged(&hub).await;
    let device = MqttDevice::connect(&broker, ID, "5").await;
    device.hello().await;
    known(&hub, ID).await;
    broker.stop().await;
    broker.run().await;
    let device = MqttDevice::connect(&broker, ID, "5").await;
    software.assign(&hub, &[ID]).await;
    bridged(&hub).await;
    device.requested(1).await;
}
with_broker!(the_hub_serves_while_the_broker_is_away within 120 s);

async fn many_events_arrive_once_each_although_the_hub_is_killed(database: Database) {
    let mut scene = Scene::on(database, "5").await;
    let ids: Vec<String> = (0..12).map(|n| format!("m-{n}")).collect();
    let body: Vec<_> = ids.iter().map(|id| json!({"controllerId": id})).collect();
    let _ = scene.hub.admin().post("/targets", json!(body)).await.expect(201);
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    scene.software.assign(&scene.hub, &names).await;
    let mut devices = Vec::new();
    for id in &ids {
        devices.push(MqttDevice::connect(&scene.broker, id, "5").await);
        devices.last().expect("just pushed").hello().await;
    }
    for (n, device) in devices.iter().enumerate() {
        let (id, _) = device.requested(1).await;
        device.events(&id, &["Acknowledged", "Downloading", "Success"]).await;
        if n % 5 == 3 {
            scene.hub.kill().await;
            scene.hub.start_again().await;
        }
    }
    for (n, id) in ids.iter().enumerate() {
        let path = format!("/targets/{id}/actions");
        let actions = scene.hub.admin().get(&path).await.expect(200).json();
        let action = actions["content"][0]["id"].as_i64().expect("an action");
        super::status(&scene.hub, id, action, "finished").await;
        let history = scene.hub.admin().history(id, action).await;
        let finals = history.iter().filter(|word| *word == "finished").count();
        assert_eq!(finals, 1, "device {n}: {history:?}");
    }
}
with_broker!(many_events_arrive_once_each_although_the_hub_is_killed within 240 s);
