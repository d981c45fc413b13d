//! Hub and broker go down while devices report.

use super::{known, status, with_broker};
use otahub_tests::{Database, Hub, Mosquitto, MqttDevice, Software, bridged, bytes_of, eventually};
use serde_json::json;
use std::time::Duration;

const DEVICES: usize = 12;

/// A device that reports through everything, and says only once what the broker has taken.
async fn update(device: MqttDevice) -> MqttDevice {
    let id = eventually("a request", 120, || async {
        device.insist("hello", &json!({})).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let first = device.heard("request").first().cloned();
        first.and_then(|r| r["uuid"].as_str().map(str::to_owned)).ok_or_else(|| "none".to_owned())
    })
    .await;
    for word in ["Acknowledged", "Downloading", "Deploying", "Deployed", "Success"] {
        device.insist("event", &json!({"requestUUID": id, "status": word})).await;
    }
    device
}

async fn no_end_is_lost_when_hub_and_broker_go_down(database: Database) {
    let mut broker = Mosquitto::new();
    broker.configure("allow_anonymous true\nautosave_interval 1\nautosave_on_changes true\n");
    broker.run().await;
    let mut hub = broker.bridged(Hub::on(database)).start().await;
    bridged(&hub).await;
    let software = Software::create(&hub, "image", "image.bin", bytes_of(3, 900)).await;
    let ids: Vec<String> = (0..DEVICES).map(|n| format!("d{n}")).collect();
    let mut devices = Vec::new();
    for id in &ids {
        let device = MqttDevice::connect(&broker, id, "5").await;
        device.hello().await;
        known(&hub, id).await;
        devices.push(device);
    }
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let done = software.assign(&hub, &names).await;
    let actions = done["assignedActions"].as_array().expect("actions").clone();
    let reports: Vec<_> = devices.into_iter().map(|d| tokio::spawn(update(d))).collect();
    for round in 0..4_u64 {
        tokio::time::sleep(Duration::from_millis(150 + round * 350)).await;
        if round % 2 == 0 {
            hub.kill().await;
            hub.start_again().await;
        } else {
            broker.stop().await;
            broker.run().await;
        }
    }
    let mut kept = Vec::new();
    for report in reports {
        kept.push(report.await.expect("a device reports"));
    }
    for action in actions {
        let number = action["id"].as_i64().expect("an action");
        let path = format!("/actions/{number}");
        let shown = hub.admin().get(&path).await.expect(200).json();
        let target = shown["_links"]["target"]["href"].as_str().expect("a target").to_owned();
        let id = target.rsplit('/').next().expect("an id").to_owned();
        status(&hub, &id, number, "finished").await;
        let history = hub.admin().history(&id, number).await;
        let ends = history.iter().filter(|word| *word == "finished").count();
        assert_eq!(ends, 1, "{id}: {history:?}");
    }
}
with_broker!(no_end_is_lost_when_hub_and_broker_go_down within 300 s);
