//! Devices behind a real MQTT broker.

mod astarte;
mod campaigns;
mod demo;
mod edgehog;
mod hostile;
mod kills;
mod lost;
mod nodes;
mod sdk;
mod secure;
mod session;
mod simulated;

use otahub_tests::{Database, Hub, Mosquitto, MqttDevice, Software, bridged, bytes_of, eventually};

/// As `on_both!`, where there is a broker.
macro_rules! with_broker {
    ($name:ident within $seconds:literal s) => {
        mod $name {
            use otahub_tests::{Database, Mosquitto, within};

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                if Mosquitto::is_available() {
                    within($seconds, super::$name(Database::Sqlite)).await;
                }
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                if Database::Postgres.is_available() && Mosquitto::is_available() {
                    within($seconds, super::$name(Database::Postgres)).await;
                }
            }
        }
    };
}
pub(crate) use with_broker;

/// A hub, its broker, and a device that has greeted.
pub(crate) struct Scene {
    pub(crate) hub: Hub,
    pub(crate) broker: Mosquitto,
    pub(crate) device: MqttDevice,
    pub(crate) software: Software,
    pub(crate) bytes: Vec<u8>,
}

/// The device of a scene.
pub(crate) const ID: &str = "pump-7";

impl Scene {
    pub(crate) async fn on(database: Database, version: &str) -> Self {
        let broker = Mosquitto::start().await;
        let hub = broker.bridged(Hub::on(database)).start().await;
        bridged(&hub).await;
        let device = MqttDevice::connect(&broker, ID, version).await;
        device.hello().await;
        known(&hub, ID).await;
        let bytes = bytes_of(3, 40_000);
        let software = Software::create(&hub, "image", "image 1.bin", bytes.clone()).await;
        Self { hub, broker, device, software, bytes }
    }

    /// Assigns the software; the action.
    pub(crate) async fn assign(&self) -> i64 {
        let done = self.software.assign(&self.hub, &[ID]).await;
        done["assignedActions"][0]["id"].as_i64().expect("an action")
    }

    /// Waits until the history is this, oldest first.
    pub(crate) async fn history(&self, action: i64, expected: &[&str]) {
        eventually("the history", 30, || async {
            let mut seen = self.hub.admin().history(ID, action).await;
            seen.reverse();
            if seen == expected { Ok(()) } else { Err(format!("{seen:?}")) }
        })
        .await;
    }

    /// Waits until the action is in this status.
    pub(crate) async fn status(&self, action: i64, expected: &str) {
        status(&self.hub, ID, action, expected).await;
    }
}

/// Waits until a target's action is in this status. That the device has the request is no status,
/// but stands in the history.
pub(crate) async fn status(hub: &Hub, id: &str, action: i64, expected: &str) {
    eventually("the action's status", 40, || async {
        let path = format!("/targets/{id}/actions/{action}");
        let seen = hub.admin().get(&path).await.expect(200).json();
        let is_noted = expected == "retrieved"
            && hub.admin().history(id, action).await.iter().any(|word| word == expected);
        if is_noted || seen["detailStatus"] == expected || seen["status"] == expected {
            Ok(())
        } else {
            Err(seen.to_string())
        }
    })
    .await;
}

/// Waits until the hub knows a target.
pub(crate) async fn known(hub: &Hub, id: &str) {
    eventually("the hub knows the device", 30, || async {
        let answer = hub.admin().get(&format!("/targets/{id}")).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.seen()) }
    })
    .await;
}
