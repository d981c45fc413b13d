//! The command `otahub-sim`: simulated devices from a shell.

mod args;
mod watch;

use args::Args;
use clap::Parser;
use otahub_sim::{Fleet, SimError, Things};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let args = Args::parse();
    // as many connections as the system allows; without that there are fewer
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let outcome = rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is installed already".to_owned())
        .and_then(|()| runtime().and_then(|runtime| runtime.block_on(run(args))));
    match outcome {
        Ok(failed) => ExitCode::from(u8::from(failed) * 3),
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "otahub-sim: {why}");
            ExitCode::from(2)
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Runtime::new().map_err(|e| format!("the runtime does not start: {e}"))
}

/// Whether an update failed.
async fn run(args: Args) -> Result<bool, String> {
    if let Some(options) = args.things() {
        let things = Things::connect(options).await.map_err(|e| e.to_string())?;
        let ticker = tokio::spawn(watch::tick_orders(things.gauge(), false));
        let stats = things.run(stop(args.duration)).await.map_err(|e| e.to_string())?;
        ticker.abort();
        watch::orders(&stats);
        return Ok(stats.failed > 0);
    }
    if let Some(devices) = args.mqtt().map_err(|e: SimError| e.to_string())? {
        let single = args.is_single();
        let devices = devices.observed_by(watch::Lines { on: single });
        let ticker = tokio::spawn(watch::tick_orders(devices.gauge(), single));
        let stats = devices.run(stop(args.duration)).await;
        ticker.abort();
        watch::orders(&stats);
        return Ok(stats.failed > 0);
    }
    let devices = args.devices().map_err(|e: SimError| e.to_string())?;
    let single = devices.len() == 1;
    let fleet = Fleet::observed_by(devices, args.fleet(), watch::Lines { on: single });
    let ticker = tokio::spawn(watch::tick(fleet.gauge(), single));
    let stats = fleet.run(stop(args.duration)).await;
    ticker.abort();
    watch::summary(&stats);
    Ok(stats.failed > 0)
}

/// Comes when the time is up or somebody interrupts.
async fn stop(after: Option<Duration>) {
    let up = async {
        match after {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = up => (),
        _ = tokio::signal::ctrl_c() => (),
    }
}
