//! What a rollout costs, from its creation to its first group and to its last, while devices
//! poll.
//!
//! Starts a hub of its own for each size. How to run it and what it prints stands in
//! `../README.md`.

mod polls;

use clap::Parser;
use otahub_tests::cost::{Cost, Meter};
use otahub_tests::fill::fill;
use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of, otahub, set_setting};
use polls::Polls;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

/// Measures what rollouts over ever larger fleets cost.
#[derive(Debug, Parser)]
#[command(name = "bench-rollout")]
struct Options {
    /// How many targets the fleets have.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    targets: Vec<usize>,
    /// Into how many groups each is divided.
    #[arg(long, default_value_t = 100)]
    groups: usize,
    /// The largest fleet whose every group is started.
    #[arg(long, default_value_t = 10_000)]
    whole: usize,
    /// How many polls a second come meanwhile.
    #[arg(long, default_value_t = 400)]
    polls: u32,
    /// For how long they are looked at before anything happens.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A PostgreSQL server to make databases on, instead of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The hub to measure, instead of the one beside this program.
    #[arg(long, value_name = "PATH")]
    otahub_bin: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    println!("{}", Cost::HEAD);
    for size in &options.targets {
        run(&options, *size).await;
    }
}

async fn run(options: &Options, size: usize) {
    let binary = options.otahub_bin.clone().unwrap_or_else(otahub);
    let plan = match &options.postgres {
        Some(url) => Hub::of(binary, Database::Postgres).server(url.clone()),
        None => Hub::of(binary, Database::Sqlite),
    };
    let mut hub = plan.start().await;
    let software = prepare(&mut hub, size).await;
    let idle = Polls::start(&hub, size, options.polls);
    sleep(Duration::from_secs(options.seconds)).await;
    let idle = idle.stop().await;
    let busy = Polls::start(&hub, size, options.polls);
    let rollout = measure(&hub, &format!("{size} targets: ready"), async {
        let rollout = create(&hub, &software, options.groups).await;
        until(&hub, &rollout, |it| it["status"] == "ready").await;
        rollout
    })
    .await;
    let what = format!("{size} targets: first group running");
    measure(&hub, &what, start(&hub, &rollout)).await;
    if size <= options.whole {
        let what = format!("{size} targets: all groups running");
        measure(&hub, &what, start_rest(&hub, &rollout, options.groups)).await;
    }
    let busy = busy.stop().await;
    println!(
        "polls of {size} targets, p99: {:.2} ms idle, {:.2} ms meanwhile; at most {} MiB resident",
        idle.p99_ms(),
        busy.p99_ms(),
        hub.process().memory_kib("VmHWM") >> 10
    );
}

/// A set to roll out, and a fleet.
async fn prepare(hub: &mut Hub, size: usize) -> Software {
    allow_gateway(hub).await;
    set_setting(hub, "authentication.targettoken.enabled", false).await;
    let software = Software::create(hub, "firmware", "firmware.bin", bytes_of(1, 1000)).await;
    let (ended, _) = hub.terminate(Duration::from_secs(30)).await;
    assert!(ended.success(), "{ended}");
    fill(hub, size, None);
    hub.start_again().await;
    software
}

async fn measure<T>(hub: &Hub, what: &str, work: impl Future<Output = T>) -> T {
    let meter = Meter::start(hub);
    let done = work.await;
    println!("{}", meter.stop(hub, 1).line(what));
    done
}

async fn create(hub: &Hub, software: &Software, groups: usize) -> String {
    let body = json!({
        "name": "bench", "distributionSetId": software.set, "amountGroups": groups,
        "targetFilterQuery": "controllerId==dev-*",
        "successCondition": {"condition": "THRESHOLD", "expression": "100"},
        "errorCondition": {"condition": "THRESHOLD", "expression": "100"},
    });
    let made = hub.admin().post("/rollouts", body).await.expect(201).json();
    format!("/rollouts/{}", made["id"])
}

async fn until(hub: &Hub, path: &str, is_so: impl Fn(&Value) -> bool) {
    loop {
        if is_so(&hub.admin().get(path).await.expect(200).json()) {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn all_run(it: &Value) -> bool {
    let counts = &it["totalTargetsPerStatus"];
    it["status"] == "running" && counts["scheduled"] == 0 && counts["notstarted"] == 0
}

async fn start(hub: &Hub, rollout: &str) {
    let _ = hub.admin().post(&format!("{rollout}/start"), json!({})).await.expect(204);
    let groups = format!("{rollout}/deploygroups?limit=1&representation=full");
    until(hub, &groups, |it| all_run(&it["content"][0])).await;
}

async fn start_rest(hub: &Hub, rollout: &str, groups: usize) {
    // the start goes on making the actions of the later groups
    until(hub, rollout, |it| it["status"] == "running").await;
    for _ in 1..groups {
        let _ =
            hub.admin().post(&format!("{rollout}/triggerNextGroup"), json!({})).await.expect(204);
    }
    until(hub, rollout, all_run).await;
}
