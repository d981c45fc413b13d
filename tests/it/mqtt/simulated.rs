//! Fleets of `otahub-sim`, each device over a connection of its own.

use super::{known, status, with_broker};
use otahub_sim::{
    Behaviour, MqttDevices, MqttOptions, MqttSpeech, MqttVersion, OrderGauge, OrderStats, Outcome,
    Step, reqwest,
};
use otahub_tests::{
    AstarteField, Database, GATEWAY_KEY, Hub, Mosquitto, Software, bridged, bytes_of,
    ensure_crypto, eventually,
};
use std::future::pending;
use tokio::task::JoinHandle;

/// Bytes of the file that is installed.
const SIZE: usize = 20_000;

fn json_of(broker: &Mosquitto, version: MqttVersion) -> MqttSpeech {
    MqttSpeech::Json { broker: broker.url(), prefix: "ota/v1".to_owned(), version }
}

fn names(beginning: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{beginning}-{n}")).collect()
}

/// Devices that end after one update.
fn fleet(speech: MqttSpeech, names: &[String]) -> MqttOptions {
    ensure_crypto();
    let options = MqttOptions::new(speech, names.to_vec(), reqwest::Client::new());
    let attributes = [("board".to_owned(), "simulated".to_owned())].into();
    MqttOptions { updates: Some(1), concurrency: 4, attributes, ..options }
}

fn run(options: MqttOptions) -> (OrderGauge, JoinHandle<OrderStats>) {
    let devices = MqttDevices::new(options).expect("options that make sense");
    (devices.gauge(), tokio::spawn(devices.run(pending())))
}

async fn bridge(database: Database) -> (Mosquitto, Hub) {
    let broker = Mosquitto::start().await;
    let hub = broker.bridged(Hub::on(database)).start().await;
    bridged(&hub).await;
    (broker, hub)
}

/// Gives devices the software, as soon as the hub knows them.
async fn assign(hub: &Hub, names: &[String]) -> Software {
    for name in names {
        known(hub, name).await;
    }
    let software = Software::create(hub, "image", "image.bin", bytes_of(3, SIZE)).await;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    software.assign(hub, &names).await;
    software
}

async fn counts(hub: &Hub, query: &str, wanted: usize) {
    eventually(query, 120, || async {
        let path = format!("/targets?limit=1&q={query}");
        let seen = hub.admin().get(&path).await.expect(200).json();
        if seen["total"] == wanted { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}

async fn a_fleet_installs_its_update(database: Database) {
    let (broker, hub) = bridge(database).await;
    let (new, old) = (names("new", 8), names("old", 4));
    let (_, five) = run(fleet(json_of(&broker, MqttVersion::V5), &new));
    let (_, three) = run(fleet(json_of(&broker, MqttVersion::V3), &old));
    assign(&hub, &[new, old].concat()).await;
    let (five, three) = (five.await.expect("it ends"), three.await.expect("it ends"));
    for (stats, count) in [(five, 8), (three, 4)] {
        assert_eq!((stats.finished, stats.failed, stats.connected), (count, 0, 0), "{stats:?}");
        assert_eq!(stats.bytes, count * SIZE as u64, "{stats:?}");
    }
    counts(&hub, "updatestatus==in_sync", 12).await;
    counts(&hub, "attribute.board==simulated", 12).await;
}
with_broker!(a_fleet_installs_its_update within 300 s);

async fn failures_are_told_and_silence_is_kept(database: Database) {
    let (broker, hub) = bridge(database).await;
    let (failing, silent) = (names("failing", 3), names("silent", 2));
    let behaving = |names: &[String], outcome| {
        let behaviour = Behaviour { outcome, ..Behaviour::default() };
        run(MqttOptions { behaviour, ..fleet(json_of(&broker, MqttVersion::V5), names) })
    };
    let (_, failures) = behaving(&failing, Outcome::FailAt(Step::Verify));
    let (_, silence) = behaving(&silent, Outcome::Vanish);
    assign(&hub, &[failing, silent].concat()).await;
    let (failures, silence) = (failures.await.expect("it ends"), silence.await.expect("it ends"));
    assert_eq!((failures.failed, failures.finished), (3, 0), "{failures:?}");
    assert_eq!((silence.vanished, silence.statuses), (2, 0), "{silence:?}");
    counts(&hub, "updatestatus==error", 3).await;
    counts(&hub, "updatestatus==pending", 2).await;
}
with_broker!(failures_are_told_and_silence_is_kept within 300 s);

async fn a_slow_device_is_stopped(database: Database) {
    let (broker, hub) = bridge(database).await;
    let slow = names("slow", 1);
    let options = fleet(json_of(&broker, MqttVersion::V5), &slow);
    let behaviour = Behaviour { download_rate: Some(20), ..Behaviour::default() };
    let (gauge, stopped) = run(MqttOptions { behaviour, ..options });
    assign(&hub, &slow).await;
    eventually("it downloads", 60, || async {
        let seen = gauge.read();
        if seen.statuses >= 2 { Ok(()) } else { Err(format!("{seen:?}")) }
    })
    .await;
    let list = hub.admin().get("/targets/slow-0/actions").await.expect(200).json();
    let action = list["content"][0]["id"].as_i64().expect("an action");
    let path = format!("/targets/slow-0/actions/{action}");
    let _ = hub.admin().delete(&path).await.expect(204);
    let stats = stopped.await.expect("it ends");
    assert_eq!((stats.canceled, stats.finished), (1, 0), "{stats:?}");
    status(&hub, "slow-0", action, "canceled").await;
}
with_broker!(a_slow_device_is_stopped within 300 s);

async fn a_fleet_on_astartes_protocol_installs_its_update(database: Database) {
    let field = AstarteField::start(Hub::on(database)).await;
    let hub = field.hub.http().url("");
    let speech = MqttSpeech::Astarte { hub, token: GATEWAY_KEY.to_owned() };
    let ids: Vec<String> = ["BL9", "CL9"].map(|id| format!("{id}JHK-UTp2BP-vuv7hWpg")).to_vec();
    // the second time their pairings are taken over
    for round in 1..=2 {
        let options = fleet(speech.clone(), &ids);
        let ca = Some(field.broker.folder().join("ca.pem"));
        let attributes = [("baseImage.version".to_owned(), format!("0.{round}"))].into();
        let (_, done) = run(MqttOptions { ca, attributes, ..options });
        counts(&field.hub, &format!("attribute.baseImage.version==0.{round}"), 2).await;
        let name = format!("image-{round}");
        let software = Software::create(&field.hub, &name, "a.bin", bytes_of(3, SIZE)).await;
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        software.assign(&field.hub, &names).await;
        let stats = done.await.expect("it ends");
        assert_eq!((stats.finished, stats.bytes), (2, 2 * SIZE as u64), "{stats:?}");
        let query = format!("updatestatus==in_sync;assignedds.name=={name}");
        counts(&field.hub, &query, 2).await;
    }
}
with_broker!(a_fleet_on_astartes_protocol_installs_its_update within 300 s);
