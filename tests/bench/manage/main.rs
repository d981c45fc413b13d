//! What operators' work costs: making targets over REST, and lists of a large fleet, searched and
//! sorted, at their beginning and deep inside.
//!
//! Starts a hub of its own. How to run it and what the columns mean stands in `../README.md`.

mod pages;

use clap::Parser;
use otahub_tests::cost::{Cost, Meter};
use otahub_tests::fill::fill;
use otahub_tests::{Database, Hub, otahub};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Measures what it costs to make targets and to list them.
#[derive(Debug, Parser)]
#[command(name = "bench-manage")]
struct Options {
    /// How many targets are made over REST.
    #[arg(long, default_value_t = 10_000)]
    creates: usize,
    /// How many of them one request makes.
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// How many targets the lists have in the end; the rest is written into the database.
    #[arg(long, default_value_t = 1_000_000)]
    targets: usize,
    /// How often each list is asked for.
    #[arg(long, default_value_t = 10)]
    rounds: u32,
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
    let mut hub = plan.start().await;
    println!("{}", Cost::HEAD);
    create(&hub, &options).await;
    let tag = hub.admin().post("/targettags", json!([{"name": "rare"}])).await.expect(201).json();
    let (ended, _) = hub.terminate(Duration::from_secs(30)).await;
    assert!(ended.success(), "{ended}");
    let tag = tag[0]["id"].as_i64().expect("a tag has a number");
    fill(&hub, options.targets, Some(tag));
    hub.start_again().await;
    pages::run(&hub, options.rounds).await;
    println!("at most {} MiB resident", hub.process().memory_kib("VmHWM") >> 10);
}

async fn create(hub: &Hub, options: &Options) {
    let numbers: Vec<usize> = (0..options.creates).collect();
    let meter = Meter::start(hub);
    let mut requests = 0;
    for batch in numbers.chunks(options.batch.max(1)) {
        let target = |n: &usize| json!({"controllerId": format!("made-{n}"), "name": "made"});
        let body = Value::Array(batch.iter().map(target).collect());
        let _ = hub.admin().post("/targets", body).await.expect(201);
        requests += 1;
    }
    let cost = meter.stop(hub, requests);
    println!("{}", cost.line(&format!("{} targets made", options.creates)));
}
