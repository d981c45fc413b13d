//! CPU time of the hub and of its database.

use crate::Hub;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use tokio::time::Instant;

/// Measures from its start to its end.
pub struct Meter {
    start: Instant,
    hub: Duration,
    database: BTreeMap<u32, Duration>,
}

/// What some requests cost.
pub struct Cost {
    requests: u32,
    elapsed: Duration,
    hub: Duration,
    database: Option<Duration>,
    resident_kib: u64,
}

impl Meter {
    /// Begins.
    pub fn start(hub: &Hub) -> Self {
        let database = database(hub);
        Self { start: Instant::now(), hub: hub.process().cpu(), database }
    }

    /// Ends, after so many requests.
    pub fn stop(self, hub: &Hub, requests: u32) -> Cost {
        let elapsed = self.start.elapsed();
        let spent = hub.process().cpu().saturating_sub(self.hub);
        let now = database(hub);
        let of = |(pid, cpu): (&u32, &Duration)| {
            cpu.saturating_sub(self.database.get(pid).copied().unwrap_or_default())
        };
        Cost {
            requests,
            elapsed,
            hub: spent,
            database: (!now.is_empty()).then(|| now.iter().map(of).sum()),
            resident_kib: hub.process().memory_kib("VmRSS"),
        }
    }
}

impl Cost {
    /// The names of the columns.
    pub const HEAD: &str = "what                                          requests   \
        ms each  hub cpu ms   db cpu ms  RSS MiB";

    /// How many requests there were in a second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.elapsed.as_secs_f64()
    }

    /// A line of the table.
    pub fn line(&self, what: &str) -> String {
        let each = |spent: Duration| spent.as_secs_f64() * 1e3 / f64::from(self.requests.max(1));
        let database = self.database.map_or("in hub".to_owned(), |d| format!("{:.3}", each(d)));
        format!(
            "{what:<46}{:>8}{:>10.3}{:>12.3}{database:>12}{:>9}",
            self.requests,
            each(self.elapsed),
            each(self.hub),
            self.resident_kib >> 10
        )
    }
}

/// CPU time of each PostgreSQL process that serves the hub, and of all that ended: of workers
/// that helped. Empty with SQLite, which is part of the hub.
fn database(hub: &Hub) -> BTreeMap<u32, Duration> {
    let Some(url) = hub.database_url().strip_prefix("postgres").map(|_| hub.database_url()) else {
        return BTreeMap::new();
    };
    let query = "select pid from pg_stat_activity where application_name = 'otahub' \
        and datname = current_database()";
    let output = Command::new("psql").args(["-qAt", "-d", url, "-c", query]).output();
    let text = String::from_utf8(output.expect("psql runs").stdout).expect("numbers");
    let pids: Vec<u32> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let mut spent: BTreeMap<u32, Duration> =
        pids.iter().map(|pid| (*pid, stat(*pid, [11, 12]).unwrap_or_default())).collect();
    if let Some(server) = pids.first().and_then(|pid| parent(*pid)) {
        // what its ended children spent
        spent.insert(server, stat(server, [13, 14]).unwrap_or_default());
    }
    spent
}

fn fields(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn parent(pid: u32) -> Option<u32> {
    fields(pid)?.get(1)?.parse().ok()
}

fn stat(pid: u32, which: [usize; 2]) -> Option<Duration> {
    let fields = fields(pid)?;
    let ticks: u64 = which.iter().filter_map(|i| fields.get(*i)?.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}
