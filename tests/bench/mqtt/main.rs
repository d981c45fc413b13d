//! What words of devices behind a broker cost: greetings, requests, and whole updates.
//!
//! Starts a broker and a hub of its own. A few connections speak for all devices, as a gateway
//! would. How to run it and what the columns mean stands in `../README.md`.

use clap::Parser;
use otahub_tests::{Database, Hub, Mosquitto, Software, bridged, bytes_of, otahub};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What every device says of its update.
const WORDS: [(&str, i32); 6] = [
    ("Acknowledged", 0),
    ("Downloading", 0),
    ("Downloading", 50),
    ("Deploying", 0),
    ("Deployed", 0),
    ("Success", 0),
];
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Measures what words over MQTT cost a hub.
#[derive(Debug, Parser)]
#[command(name = "bench-mqtt")]
struct Options {
    /// How many devices there are.
    #[arg(long, default_value_t = 10_000)]
    devices: usize,
    /// How many connections speak for them.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// A PostgreSQL server to make a database on, instead of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The hub to measure, instead of the one beside this program.
    #[arg(long, value_name = "PATH")]
    otahub_bin: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    let binary = options.otahub_bin.clone().unwrap_or_else(otahub);
    let plan = match &options.postgres {
        Some(url) => Hub::of(binary, Database::Postgres).server(url.clone()),
        None => Hub::of(binary, Database::Sqlite),
    };
    let broker = Mosquitto::start().await;
    let hub = broker.bridged(plan).start().await;
    bridged(&hub).await;
    let ids: Vec<String> = (0..options.devices).map(|n| format!("d{n}")).collect();
    let crowd = Crowd::connect(&broker, options.connections);
    println!("{:<12}{:>9}{:>10}{:>12}{:>9}", "what", "count", "per s", "hub cpu us", "RSS MiB");
    let hellos = ids.iter().map(|id| (topic(id, "hello"), "{}".to_owned())).collect();
    let meter = Meter::start(&hub);
    crowd.say(hellos).await;
    reached(&hub, "otahub_mqtt_messages_total", ids.len()).await;
    let _ = hub.admin().get("/targets?limit=1").await.expect(200);
    meter.line(&hub, "hello", ids.len());
    let software = Software::create(&hub, "image", "image.bin", bytes_of(3, 900)).await;
    let (asked, requests) = (Meter::start(&hub), crowd.requests.clone());
    for batch in ids.chunks(1000) {
        let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
        software.assign(&hub, &batch).await;
    }
    let end = Instant::now() + PATIENCE;
    while requests.lock().expect("a lock").len() < ids.len() {
        assert!(Instant::now() < end, "not every device got its request");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asked.line(&hub, "request", ids.len());
    let uuids = requests.lock().expect("a lock").clone();
    let mut words = Vec::new();
    for (status, progress) in WORDS {
        words.extend(uuids.iter().map(|(topic, uuid)| {
            let said = json!({"requestUUID": uuid, "status": status, "statusProgress": progress});
            (topic.replace("/request", "/event"), said.to_string())
        }));
    }
    let (meter, count) = (Meter::start(&hub), words.len());
    crowd.say(words).await;
    reached(&hub, "otahub_mqtt_events_total", count).await;
    meter.line(&hub, "event", count);
    let done = hub.admin().get("/actions?q=status==FINISHED&limit=1").await.expect(200).json();
    println!("{} actions are finished", done["total"]);
    println!("at most {} MiB resident", hub.process().memory_kib("VmHWM") >> 10);
}

fn topic(id: &str, leaf: &str) -> String {
    format!("ota/v1/DEFAULT/{id}/{leaf}")
}

/// Waits until a counter of the hub's has come so far.
async fn reached(hub: &Hub, metric: &str, count: usize) {
    let end = Instant::now() + PATIENCE;
    while hub.metric(metric).await.unwrap_or_default() < count as f64 {
        assert!(Instant::now() < end, "{metric} does not reach {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

struct Meter {
    start: Instant,
    cpu: Duration,
}

impl Meter {
    fn start(hub: &Hub) -> Self {
        Self { start: Instant::now(), cpu: hub.process().cpu() }
    }

    fn line(&self, hub: &Hub, what: &str, count: usize) {
        let rate = count as f64 / self.start.elapsed().as_secs_f64();
        let cpu = hub.process().cpu().saturating_sub(self.cpu).as_secs_f64() * 1e6 / count as f64;
        let resident = hub.process().memory_kib("VmRSS") >> 10;
        println!("{what:<12}{count:>9}{rate:>10.0}{cpu:>12.0}{resident:>9}");
    }
}

/// The connections that speak for all devices; the first hears for all of them, too.
struct Crowd {
    clients: Vec<AsyncClient>,
    requests: Arc<Mutex<HashMap<String, String>>>,
}

impl Crowd {
    fn connect(broker: &Mosquitto, count: usize) -> Self {
        let requests: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let clients = (0..count.max(1)).map(|n| {
            let mut options = MqttOptions::new(format!("crowd-{n}"), "127.0.0.1", broker.port());
            options.set_inflight(1000).set_max_packet_size(1 << 20, 1 << 20);
            let (client, mut connection) = AsyncClient::new(options, 1000);
            let (requests, speaker) = (requests.clone(), client.clone());
            tokio::spawn(async move {
                loop {
                    match connection.poll().await.expect("the broker is there") {
                        Event::Incoming(Packet::ConnAck(_)) if n == 0 => {
                            let all = "ota/v1/DEFAULT/+/request";
                            speaker.try_subscribe(all, QoS::AtLeastOnce).expect("room");
                        }
                        Event::Incoming(Packet::Publish(publish)) => {
                            let said: Value =
                                serde_json::from_slice(&publish.payload).expect("JSON");
                            let uuid = said["uuid"].as_str().expect("a UUID").to_owned();
                            requests.lock().expect("a lock").insert(publish.topic, uuid);
                        }
                        _ => {}
                    }
                }
            });
            client
        });
        Self { clients: clients.collect(), requests }
    }

    /// Says everything, each device's words in order.
    async fn say(&self, words: Vec<(String, String)>) {
        let mut shares = vec![Vec::new(); self.clients.len()];
        for (topic, payload) in words {
            let share = topic.bytes().map(usize::from).sum::<usize>() % shares.len();
            shares[share].push((topic, payload));
        }
        let speaking = self.clients.iter().zip(shares).map(|(client, share)| async move {
            for (topic, payload) in share {
                let said = client.publish(topic, QoS::AtLeastOnce, false, payload).await;
                said.expect("the connection is there");
            }
        });
        futures::future::join_all(speaking).await;
    }
}
