//! What things behind a broker cost: registrations and statuses into the hub, orders out of it.
//!
//! Starts a RabbitMQ and a hub of its own. How to run it and what the columns mean stands in
//! `../README.md`.

mod service;

use clap::Parser;
use otahub_tests::cost::{Cost, Meter};
use otahub_tests::{Broker, Database, Hub, Software, eventually, otahub};
use serde_json::Value;
use service::Fleet;
use std::path::PathBuf;

/// Measures what messages over AMQP cost the hub.
#[derive(Debug, Parser)]
#[command(name = "bench-dmf")]
struct Options {
    /// How many things there are.
    #[arg(long, default_value_t = 5_000)]
    things: usize,
    /// How many statuses each sends before the last one.
    #[arg(long, default_value_t = 10)]
    statuses: usize,
    /// How many things one request assigns a set to.
    #[arg(long, default_value_t = 500)]
    batch: usize,
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
    let broker = Broker::own().await.expect("RabbitMQ is installed");
    let binary = options.otahub_bin.clone().unwrap_or_else(otahub);
    let plan = match &options.postgres {
        Some(url) => Hub::of(binary, Database::Postgres).server(url.clone()),
        None => Hub::of(binary, Database::Sqlite),
    };
    let hub = plan.args(["--amqp-url", &broker.url()]).start().await;
    broker.await_hub(&hub).await;
    let mut fleet = Fleet::open(&broker, options.things).await;
    println!("{}", Cost::HEAD);
    let bench = Bench { hub: &hub, options: &options };

    let meter = Meter::start(&hub);
    fleet.register().await;
    bench.taken_in(options.things).await;
    bench.line(meter, options.things, "things registered");

    let set = Software::create(&hub, "firmware", "a.bin", b"firmware".to_vec()).await;
    let meter = Meter::start(&hub);
    bench.assign(&set, &fleet.names()).await;
    fleet.await_orders().await;
    bench.line(meter, options.things, "orders, assigned over REST");

    let meter = Meter::start(&hub);
    for round in 0..options.statuses {
        fleet.say("RUNNING", round).await;
    }
    let said = options.things * options.statuses;
    bench.taken_in(options.things + said).await;
    bench.line(meter, said, "statuses RUNNING");

    let meter = Meter::start(&hub);
    fleet.say("FINISHED", options.statuses).await;
    fleet.await_questions().await;
    bench.line(meter, options.things, "statuses FINISHED, each answered");
    bench.check(&fleet).await;
    println!("at most {} MiB resident", hub.process().memory_kib("VmHWM") >> 10);
}

struct Bench<'a> {
    hub: &'a Hub,
    options: &'a Options,
}

impl Bench<'_> {
    /// Waits until the hub has carried out so many messages in all.
    async fn taken_in(&self, count: usize) {
        eventually("the hub takes all messages in", self.options.patience, async || {
            let done = self.hub.metric("otahub_dmf_received_total{outcome=\"done\"}").await;
            let done = done.unwrap_or_default();
            if done >= count as f64 { Ok(()) } else { Err(format!("{done} of {count}")) }
        })
        .await;
    }

    async fn assign(&self, set: &Software, things: &[String]) {
        for batch in things.chunks(self.options.batch.max(1)) {
            let names: Vec<&str> = batch.iter().map(String::as_str).collect();
            set.assign(self.hub, &names).await;
        }
    }

    fn line(&self, meter: Meter, count: usize, what: &str) {
        let cost = meter.stop(self.hub, u32::try_from(count).expect("a number of messages"));
        println!("{}", cost.line(what));
    }

    /// All is well: nothing became a dead letter, and every thing has its update.
    async fn check(&self, fleet: &Fleet) {
        let dead = self.hub.metric("otahub_dmf_received_total{outcome=\"dead_letter\"}").await;
        assert_eq!(dead.unwrap_or_default(), 0.0, "dead letters");
        let wanted = fleet.names().len() as u64;
        eventually("every thing is in sync", self.options.patience, async || {
            let path = "/targets?q=updatestatus==in_sync&limit=1";
            let found = self.hub.admin().get(path).await.expect(200).json();
            match found["total"].as_u64() {
                Some(total) if total == wanted => Ok(()),
                total => Err(format!("{:?} of {wanted}", total.map(Value::from))),
            }
        })
        .await;
    }
}
