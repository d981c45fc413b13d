//! What words of devices behind a broker cost: greetings, requests, and whole updates.
//!
//! Starts a broker and a hub of its own. A few connections speak for all devices, as a gateway
//! would. How to run it and what the columns mean stands in `../README.md`.

mod crowd;
#[path = "../rollout/polls.rs"]
mod polls;

use clap::Parser;
use crowd::{Crowd, Words};
use otahub_tests::cost::{Cost, Meter};
use otahub_tests::{
    Database, Hub, Mosquitto, Software, allow_gateway, bridged, bytes_of, eventually, otahub,
};
use polls::Polls;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// What every device says of its update.
const WORDS: [(&str, i32); 6] = [
    ("Acknowledged", 0),
    ("Downloading", 0),
    ("Downloading", 50),
    ("Deploying", 0),
    ("Deployed", 0),
    ("Success", 0),
];

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
    /// How many devices more poll a second during a second round; no such round with 0.
    #[arg(long, default_value_t = 0)]
    polls: u32,
    /// How long each part may take, in seconds.
    #[arg(long, default_value_t = 900)]
    patience: u64,
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
    println!("{}{:>10}{:>15}{:>12}", Cost::HEAD, "per s", "broker cpu ms", "statements");
    let crowd = Crowd::connect(&broker, options.connections);
    let bench = Bench { hub: &hub, broker: &broker, crowd, options: &options };
    bench.greet().await;
    bench.update("", 1).await;
    if options.polls > 0 {
        allow_gateway(&hub).await;
        let polls = Polls::start(&hub, 1000, options.polls);
        bench.update(", with polls", 2).await;
        let seen = polls.stop().await;
        println!("{} polls a second meanwhile, p99 {:.2} ms", options.polls, seen.p99_ms());
    }
    println!("at most {} MiB resident", hub.process().memory_kib("VmHWM") >> 10);
}

struct Bench<'a> {
    hub: &'a Hub,
    broker: &'a Mosquitto,
    crowd: Crowd,
    options: &'a Options,
}

/// What was spent when something began.
struct Start {
    hub: Meter,
    broker: Duration,
    statements: f64,
}

impl Bench<'_> {
    /// Every device greets, and is a target then.
    async fn greet(&self) {
        let said = self.ids().map(|id| (format!("ota/v1/DEFAULT/{id}/hello"), "{}".to_owned()));
        let start = self.start().await;
        self.crowd.say(said.collect()).await;
        self.counts("/targets?limit=1", self.options.devices).await;
        self.line(start, self.options.devices, "greetings of new devices").await;
    }

    /// Every device gets an update, and carries it out in words.
    async fn update(&self, when: &str, round: usize) {
        let devices = self.options.devices;
        let name = format!("image {round}");
        let software = Software::create(self.hub, &name, "image.bin", bytes_of(3, 900)).await;
        let ids: Vec<String> = self.ids().collect();
        let start = self.start().await;
        for batch in ids.chunks(1000) {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            software.assign(self.hub, &batch).await;
        }
        self.reaches("requests", devices, async || self.crowd.requested()).await;
        self.line(start, devices, &format!("requests, assigned over REST{when}")).await;
        let requests = self.crowd.take_requests();
        let words = WORDS.iter().flat_map(|(status, progress)| {
            requests.iter().map(move |(topic, uuid)| {
                let said =
                    json!({"requestUUID": uuid, "status": status, "statusProgress": progress});
                (topic.replace("/request", "/event"), said.to_string())
            })
        });
        let (words, before) = (words.collect::<Words>(), self.heard().await);
        let (count, start) = (words.len(), self.start().await);
        self.crowd.say(words).await;
        self.reaches("events", before + count, async || self.heard().await).await;
        self.line(start, count, &format!("events{when}")).await;
        self.counts("/actions?q=status==FINISHED&limit=1", devices * round).await;
    }

    fn ids(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.options.devices).map(|n| format!("d{n}"))
    }

    /// How many events the hub has on disk.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a counter below 2^53"
    )]
    async fn heard(&self) -> usize {
        self.hub.metric("otahub_mqtt_events_total").await.unwrap_or_default() as usize
    }

    /// Waits until there are so many things in a list.
    async fn counts(&self, path: &str, wanted: usize) {
        self.reaches(path, wanted, async || {
            let found = self.hub.admin().get(path).await.expect(200).json();
            found["total"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default()
        })
        .await;
    }

    async fn reaches(&self, what: &str, wanted: usize, count: impl AsyncFn() -> usize) {
        eventually(what, self.options.patience, async || match count().await {
            seen if seen >= wanted => Ok(()),
            seen => Err(format!("{seen} of {wanted}")),
        })
        .await;
    }

    async fn start(&self) -> Start {
        Start {
            hub: Meter::start(self.hub),
            broker: self.broker.process().cpu(),
            statements: self.statements().await,
        }
    }

    async fn statements(&self) -> f64 {
        self.hub.metric("otahub_store_statements_total").await.unwrap_or_default()
    }

    async fn line(&self, start: Start, count: usize, what: &str) {
        let requests = u32::try_from(count).expect("a number of messages");
        let cost = start.hub.stop(self.hub, requests);
        let each = |all: f64| all / f64::from(requests.max(1));
        let broker = self.broker.process().cpu().saturating_sub(start.broker).as_secs_f64();
        let statements = self.statements().await - start.statements;
        println!(
            "{}{:>10.0}{:>15.3}{:>12.2}",
            cost.line(what),
            cost.per_second(),
            each(broker * 1e3),
            each(statements)
        );
    }
}
