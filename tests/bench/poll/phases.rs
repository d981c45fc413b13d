//! What is measured, one after the other.

use crate::fleet::Fleet;
use crate::lane::{Lane, Seen};
use crate::report::{Report, Row};
use futures::future::join_all;
use otahub_tests::Hub;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

const ATTRIBUTES: &str = r#"{"mode":"merge","data":{"hwRevision":"2","serial":"4711"}}"#;

/// A body of a feedback.
macro_rules! feedback {
    ($execution:literal, $finished:literal) => {
        concat!(
            r#"{"status":{"execution":""#,
            $execution,
            r#"","result":{"finished":""#,
            $finished,
            r#""},"details":["said by the benchmark"]}}"#
        )
    };
}

const REPORTS: [&str; 3] = [
    feedback!("download", "none"),
    feedback!("proceeding", "none"),
    feedback!("closed", "success"),
];

/// Runs all phases on a fresh fleet.
pub(crate) async fn run(
    hub: &Hub,
    fleet: &Fleet,
    connections: usize,
    length: Duration,
    report: &mut Report,
) {
    let phase = Phase { hub, fleet, connections, length };
    report.add(
        phase
            .once("first poll", async |lane, device| {
                lane.get(0, device, "").await;
            })
            .await,
    );
    report.add(
        phase
            .once("attributes", async |lane, device| {
                lane.send(0, device, ("PUT", "/configData"), ATTRIBUTES).await;
            })
            .await,
    );
    report.add(phase.timed("idle poll").await);
    let start = Instant::now();
    fleet.assign(hub).await;
    report.assigned_after(start.elapsed());
    report.add(phase.timed("poll with an update").await);
    report.add(phase.updates().await);
}

struct Phase<'a> {
    hub: &'a Hub,
    fleet: &'a Fleet,
    connections: usize,
    length: Duration,
}

impl<'a> Phase<'a> {
    async fn lanes(&self, kinds: usize) -> Vec<Lane<'a>> {
        let open = |number| Lane::open(self.fleet, self.hub.http_address(), number, kinds);
        join_all((0..self.connections as u64).map(open)).await
    }

    /// Every device once.
    async fn once(&self, name: &str, work: impl AsyncFn(&mut Lane<'a>, usize)) -> Vec<Row> {
        let (next, work) = (Cell::new(0), &work);
        self.measure(&[name], async |lane| {
            while let Some(device) = take(&next, self.fleet.size()) {
                work(lane, device).await;
            }
        })
        .await
    }

    /// Polls of any device for a while.
    async fn timed(&self, name: &str) -> Vec<Row> {
        let end = Instant::now() + self.length;
        self.measure(&[name], async |lane| {
            while Instant::now() < end {
                let device = lane.any_device();
                lane.get(0, device, "").await;
            }
        })
        .await
    }

    /// Whole updates, each device at most once: poll, deployment, three reports.
    async fn updates(&self) -> Vec<Row> {
        let (next, end) = (Cell::new(0), Instant::now() + self.length);
        let names = ["update: poll", "update: deployment", "update: report", "update: last report"];
        self.measure(&names, async |lane| {
            while Instant::now() < end {
                let Some(device) = take(&next, self.fleet.size()) else {
                    break;
                };
                update(lane, device).await;
            }
        })
        .await
    }

    async fn measure(&self, names: &[&str], work: impl AsyncFn(&mut Lane<'a>)) -> Vec<Row> {
        let mut lanes = self.lanes(names.len()).await;
        let statements = self.statements().await;
        let (cpu, start) = (self.hub.process().cpu(), Instant::now());
        join_all(lanes.iter_mut().map(|lane| work(lane))).await;
        let (elapsed, cpu) = (start.elapsed(), self.hub.process().cpu() - cpu);
        let statements =
            self.statements().await.zip(statements).map(|(after, before)| after - before);
        let mut rows: Vec<Row> = names.iter().map(|name| Row::new(name, elapsed)).collect();
        for lane in &lanes {
            let seen = rows.iter_mut().zip(&lane.seen);
            seen.for_each(|(row, seen): (&mut Row, &Seen)| row.seen.add(seen));
        }
        rows[0].costs(cpu, statements, self.hub.process());
        rows
    }

    async fn statements(&self) -> Option<f64> {
        self.hub.metric("otahub_store_statements_total").await
    }
}

fn take(next: &Cell<usize>, size: usize) -> Option<usize> {
    let number = next.get();
    next.set(number + 1);
    (number < size).then_some(number)
}

async fn update(lane: &mut Lane<'_>, device: usize) {
    let polled = lane.get(0, device, "").await;
    let Some(action) = lane.number_behind(polled, "/deploymentBase/") else {
        panic!("device {device} was given an update and is offered none");
    };
    lane.get(1, device, &format!("/deploymentBase/{action}")).await;
    let path = format!("/deploymentBase/{action}/feedback");
    for (number, body) in REPORTS.iter().enumerate() {
        let kind = if number + 1 == REPORTS.len() { 3 } else { 2 };
        lane.send(kind, device, ("POST", &path), body).await;
    }
}
