//! What gRPC calls cost a hub beside what tonic itself costs, and how many watchers it can tell.
//!
//! Starts a hub, and this program once more as a server that does nothing. How to run it and what
//! the columns mean stands in `../README.md`.

mod bare;

use clap::Parser;
use futures::StreamExt;
use futures::future::join_all;
use otahub_client::device::{DeviceRef, PollRequest};
use otahub_client::proto::{BatchCreateTargetsRequest, CreateTargetRequest, Target};
use otahub_client::proto::{EventKind, WatchEventsRequest};
use otahub_client::{Caller, HubChannel, HubClient};
use otahub_tests::{Database, GATEWAY_KEY, Hub, Process, allow_gateway, free_port, otahub};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::Instant;

/// Measures what gRPC costs a hub.
#[derive(Debug, Parser)]
#[command(name = "bench-grpc")]
struct Options {
    /// How long calls are made, each time.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Over how many connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// How many calls wait on each connection.
    #[arg(long, default_value_t = 16)]
    calls: usize,
    /// How many streams watch.
    #[arg(long, default_value_t = 10_000)]
    watchers: usize,
    /// How many things happen while they do.
    #[arg(long, default_value_t = 100)]
    events: usize,
    /// A PostgreSQL server to make a database on, instead of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The hub to measure, instead of the one beside this program.
    #[arg(long, value_name = "PATH")]
    otahub_bin: Option<PathBuf>,
    /// Only answer calls, here.
    #[arg(long, value_name = "ADDRESS", hide = true)]
    bare: Option<SocketAddr>,
}

/// How many streams a connection takes.
const STREAMS: usize = 100;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    if let Some(address) = options.bare {
        return bare::serve(address).await;
    }
    let binary = options.otahub_bin.clone().unwrap_or_else(otahub);
    let plan = match &options.postgres {
        Some(url) => Hub::of(binary, Database::Postgres).server(url.clone()),
        None => Hub::of(binary, Database::Sqlite),
    };
    let hub = plan.start().await;
    allow_gateway(&hub).await;
    hub.device("d").poll().await;
    let (bare, bare_url) = start_bare().await;
    println!("{:<16}{:>10}{:>10}{:>10}{:>9}", "call", "count", "per s", "cpu us", "RSS MiB");
    // in turns, so that both have the same of what else the machine does
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        costs[0].push(calls(&options, ("bare", &bare_url), &bare).await);
        costs[1].push(calls(&options, ("idle poll", &hub.grpc_url()), hub.process()).await);
    }
    let mean = |costs: &[f64]| costs.iter().sum::<f64>() / costs.len() as f64;
    println!("an idle poll costs {:.2} times a bare call", mean(&costs[1]) / mean(&costs[0]));
    drop(bare);
    watch(&options, &hub).await;
    println!("at most {} MiB resident", hub.process().memory_kib("VmHWM") >> 10);
}

async fn start_bare() -> (Process, String) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    let mut process = Process::start(command.arg("--bare").arg(address.to_string()));
    assert!(process.says("ready").await, "the bare server starts");
    (process, format!("http://{address}"))
}

async fn client(url: &str) -> HubClient {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match HubChannel::connect(url).await {
            Ok(channel) => return HubClient::new(channel),
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a process has done since.
struct Meter {
    start: Instant,
    cpu: Duration,
}

impl Meter {
    fn start(process: &Process) -> Self {
        Self { start: Instant::now(), cpu: process.cpu() }
    }

    /// Prints a line; gives the microseconds of CPU time each took.
    fn line(&self, process: &Process, what: &str, count: usize) -> f64 {
        let rate = count as f64 / self.start.elapsed().as_secs_f64();
        let spent = process.cpu().saturating_sub(self.cpu);
        let cpu = spent.as_secs_f64() * 1e6 / count.max(1) as f64;
        let resident = process.memory_kib("VmRSS") >> 10;
        println!("{what:<16}{count:>10}{rate:>10.0}{cpu:>10.1}{resident:>9}");
        cpu
    }
}

/// Polls for some seconds; gives what a call cost the process.
async fn calls(options: &Options, (what, url): (&str, &str), process: &Process) -> f64 {
    let caller = Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY_KEY}"));
    let mut callers = Vec::new();
    for _ in 0..options.connections {
        let hub = client(url).await;
        callers.extend((0..options.calls).map(|_| hub.device(&caller)));
    }
    let device = DeviceRef { tenant: "DEFAULT".into(), controller_id: "d".into() };
    let request = PollRequest { device: Some(device) };
    let meter = Meter::start(process);
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let polling = callers.into_iter().map(|mut device| {
        let request = request.clone();
        async move {
            let mut count = 0;
            while Instant::now() < end {
                device.poll(request.clone()).await.expect("an answer");
                count += 1;
            }
            count
        }
    });
    let count = join_all(polling).await.into_iter().sum();
    meter.line(process, what, count)
}

/// Lets many streams watch, and things happen.
async fn watch(options: &Options, hub: &Hub) {
    let boss = Caller::basic("admin", "admin");
    let heard = Arc::new(AtomicUsize::new(0));
    let before = hub.process().memory_kib("VmRSS");
    let meter = Meter::start(hub.process());
    let mut reading = Vec::new();
    for first in (0..options.watchers).step_by(STREAMS) {
        let client = client(&hub.grpc_url()).await;
        let opening = (first..options.watchers.min(first + STREAMS)).map(|_| {
            let kinds = vec![EventKind::TargetCreated.into()];
            let request = WatchEventsRequest { kinds, ..Default::default() };
            let mut events = client.events(&boss);
            async move { events.watch_events(request).await.expect("a stream").into_inner() }
        });
        for mut stream in join_all(opening).await {
            // a sign of life says that it watches
            stream.next().await.expect("a word").expect("no error");
            let heard = heard.clone();
            reading.push(tokio::spawn(async move {
                while let Some(Ok(message)) = stream.next().await {
                    heard.fetch_add(usize::from(message.event.is_some()), Ordering::Relaxed);
                }
            }));
        }
    }
    meter.line(hub.process(), "watch begins", options.watchers);
    let each = (hub.process().memory_kib("VmRSS") - before) as f64 / options.watchers as f64;
    println!("{each:.1} KiB resident for each watcher");
    let meter = Meter::start(hub.process());
    let client = client(&hub.grpc_url()).await;
    let create = |number| CreateTargetRequest {
        target: Some(Target { controller_id: format!("t{number}"), ..Default::default() }),
        ..Default::default()
    };
    let requests = (0..options.events).map(create).collect();
    let request = BatchCreateTargetsRequest { requests, ..Default::default() };
    client.targets(&boss).batch_create_targets(request).await.expect("targets are made");
    let wanted = options.watchers * options.events;
    let end = Instant::now() + PATIENCE;
    while heard.load(Ordering::Relaxed) < wanted {
        assert!(Instant::now() < end, "not every watcher heard everything");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    meter.line(hub.process(), "event told", wanted);
    reading.iter().for_each(tokio::task::JoinHandle::abort);
}
