//! The figures, as a table and as JSON.

use crate::lane::Seen;
use otahub_tests::{Hub, Process};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// One line: a kind of request. The costs of a phase stand at its first kind.
pub(crate) struct Row {
    name: String,
    elapsed: Duration,
    pub(crate) seen: Seen,
    costs: Option<Costs>,
}

struct Costs {
    cpu: Duration,
    statements: Option<f64>,
    resident_kib: u64,
}

impl Row {
    /// A line without anything seen yet.
    pub(crate) fn new(name: &str, elapsed: Duration) -> Self {
        Self { name: name.to_owned(), elapsed, seen: Seen::default(), costs: None }
    }

    /// What the whole phase cost the hub.
    pub(crate) fn costs(&mut self, cpu: Duration, statements: Option<f64>, hub: &Process) {
        self.costs = Some(Costs { cpu, statements, resident_kib: hub.memory_kib("VmRSS") });
    }

    fn per_second(&self) -> f64 {
        self.seen.micros.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// All figures of a run.
pub(crate) struct Report {
    postgres: bool,
    first_start: Duration,
    rows: Vec<(Row, u64)>,
    assigned: Duration,
    stopped: Duration,
    restart: Duration,
    peak_kib: u64,
}

impl Report {
    /// Begins with a hub that has just started, empty.
    pub(crate) fn new(hub: &Hub, postgres: bool) -> Self {
        let zero = Duration::ZERO;
        Self {
            postgres,
            first_start: hub.ready_after(),
            rows: Vec::new(),
            assigned: zero,
            stopped: zero,
            restart: zero,
            peak_kib: 0,
        }
    }

    /// Adds the lines of a phase, and shows them at once.
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        let total = rows.iter().map(|row| row.seen.micros.len()).sum();
        for row in rows {
            eprintln!("{}: {:.0}/s", row.name, row.per_second());
            self.rows.push((row, total));
        }
    }

    /// How long it took to give every device an update.
    pub(crate) fn assigned_after(&mut self, took: Duration) {
        self.assigned = took;
    }

    /// The hub is about to end: how much memory it needed at most.
    pub(crate) fn stopping(&mut self, hub: &Hub) {
        self.peak_kib = hub.process().memory_kib("VmHWM");
    }

    /// How long the hub took to end.
    pub(crate) fn stopped_after(&mut self, took: Duration) {
        self.stopped = took;
    }

    /// The hub was started again on the same data.
    pub(crate) fn restarted(&mut self, hub: &Hub) {
        self.restart = hub.ready_after();
    }

    /// A table for people.
    pub(crate) fn table(&self) -> String {
        let mut out = format!(
            "{:<22}{:>9}{:>10}{:>9}{:>9}{:>9}{:>11}{:>9}{:>8}\n",
            "request",
            "count",
            "per s",
            "p50 ms",
            "p99 ms",
            "cpu us",
            "statements",
            "RSS MiB",
            "not 200"
        );
        for (row, total) in &self.rows {
            let millis = |q: f64| row.seen.micros.value_at_quantile(q) as f64 / 1000.0;
            let (cpu, statements, resident) =
                row.costs.as_ref().map_or_else(Default::default, |c| {
                    let cpu = c.cpu.as_secs_f64() * 1e6 / (*total).max(1) as f64;
                    let statements = c.statements.map_or("?".into(), |s| format!("{s:.0}"));
                    (format!("{cpu:.1}"), statements, format!("{}", c.resident_kib >> 10))
                });
            let _ = writeln!(
                out,
                "{:<22}{:>9}{:>10.0}{:>9.2}{:>9.2}{cpu:>9}{statements:>11}{resident:>9}{:>8}",
                row.name,
                row.seen.micros.len(),
                row.per_second(),
                millis(0.5),
                millis(0.99),
                row.seen.refused
            );
        }
        out + &self.ends()
    }

    fn ends(&self) -> String {
        format!(
            "database {}; ready after {:?} empty and {:?} full; all assigned in {:?}; \
             ended in {:?}; at most {} MiB resident",
            if self.postgres { "PostgreSQL" } else { "SQLite" },
            self.first_start,
            self.restart,
            self.assigned,
            self.stopped,
            self.peak_kib >> 10
        )
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|(row, total)| {
            let costs = row.costs.as_ref();
            json!({
                "request": row.name,
                "count": row.seen.micros.len(),
                "per_second": row.per_second(),
                "p50_us": row.seen.micros.value_at_quantile(0.5),
                "p99_us": row.seen.micros.value_at_quantile(0.99),
                "refused": row.seen.refused,
                "cpu_us_each": costs.map(|c| c.cpu.as_secs_f64() * 1e6 / (*total).max(1) as f64),
                "statements": costs.and_then(|c| c.statements),
                "resident_kib": costs.map(|c| c.resident_kib),
            })
        });
        json!({
            "database": if self.postgres { "postgres" } else { "sqlite" },
            "ready_ms_empty": self.first_start.as_millis() as u64,
            "ready_ms_full": self.restart.as_millis() as u64,
            "assign_ms": self.assigned.as_millis() as u64,
            "stop_ms": self.stopped.as_millis() as u64,
            "peak_kib": self.peak_kib,
            "rows": rows.collect::<Vec<_>>(),
        })
    }
}
