//! What a poll costs: a fleet of devices that mostly have nothing to do, then all have an update.
//!
//! Starts a hub of its own, fills it and asks it as fast as a number of kept-alive connections
//! can. How to run it and what the columns mean stands in `../README.md`.

mod fleet;
mod lane;
mod phases;
mod report;

use clap::Parser;
use fleet::Fleet;
use otahub_tests::{Database, Hub, otahub};
use report::Report;
use std::path::PathBuf;
use std::time::Duration;

/// Measures what polls and updates cost a hub.
#[derive(Debug, Parser)]
#[command(name = "bench-poll")]
struct Options {
    /// How many devices there are.
    #[arg(long, default_value_t = 10_000)]
    targets: usize,
    /// How many kept-alive connections ask at the same time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long each phase that has no end of its own takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A PostgreSQL server to make a database on, instead of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Devices have tokens of their own instead of sharing the gateway's.
    #[arg(long)]
    target_tokens: bool,
    /// The hub to measure, instead of the one beside this program.
    #[arg(long, value_name = "PATH")]
    otahub_bin: Option<PathBuf>,
    /// Writes the figures there, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

// One thread for all connections: the load must not take the hub's processors.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    let binary = options.otahub_bin.clone().unwrap_or_else(otahub);
    let plan = match &options.postgres {
        Some(url) => Hub::of(binary, Database::Postgres).server(url.clone()),
        None => Hub::of(binary, Database::Sqlite),
    };
    let mut hub = plan.start().await;
    let mut report = Report::new(&hub, options.postgres.is_some());
    let fleet = Fleet::create(&hub, options.targets, options.target_tokens).await;
    let length = Duration::from_secs(options.seconds);
    phases::run(&hub, &fleet, options.connections, length, &mut report).await;
    report.stopping(&hub);
    report.stopped_after(hub.terminate(Duration::from_secs(30)).await.1);
    hub.start_again().await;
    report.restarted(&hub);
    println!("{}", report.table());
    if let Some(path) = options.json {
        std::fs::write(path, report.json().to_string()).expect("the figures can be written");
    }
}
