//! Several nodes, one bridge.

use super::{ID, known, status};
use otahub_tests::{Database, Hub, Mosquitto, MqttDevice, Software, bridged, bytes_of, within};

/// The second node takes the bridge over when the first is killed, with the broker's session.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over() {
    if Database::Postgres.is_available() && Mosquitto::is_available() {
        within(120, take_over()).await;
    }
}

async fn take_over() {
    let broker = Mosquitto::start().await;
    let mut first = broker.bridged(Hub::on(Database::Postgres)).start().await;
    bridged(&first).await;
    let device = MqttDevice::connect(&broker, ID, "5").await;
    device.hello().await;
    known(&first, ID).await;
    let second = broker.bridged(Hub::beside(&first)).start().await;
    let software = Software::create(&second, "image", "image.bin", bytes_of(1, 900)).await;
    let done = software.assign(&second, &[ID]).await;
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    let (id, _) = device.requested(1).await;
    assert_eq!(second.metric("otahub_mqtt_connected").await.unwrap_or(0.0), 0.0, "one at a time");
    device.events(&id, &["Acknowledged", "Downloading"]).await;
    status(&second, ID, action, "retrieved").await;
    first.kill().await;
    device.events(&id, &["Deploying", "Success"]).await;
    status(&second, ID, action, "finished").await;
    bridged(&second).await;
}
