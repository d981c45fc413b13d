//! Devices that poll while something else goes on.

use hdrhistogram::Histogram;
use otahub_tests::wire::Wire;
use otahub_tests::{GATEWAY_KEY, Hub};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How many connections they share.
const CONNECTIONS: u32 = 8;
/// How many devices poll: the fleet's last, which no rollout reaches soon.
const DEVICES: usize = 1000;

/// Polls, at an even rate.
pub(crate) struct Polls {
    stop: watch::Sender<bool>,
    lanes: Vec<JoinHandle<Histogram<u64>>>,
}

/// How long they took.
pub(crate) struct Seen(Histogram<u64>);

impl Seen {
    /// In milliseconds, from the first byte sent to the last byte read.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of less than centuries")]
    pub(crate) fn p99_ms(&self) -> f64 {
        self.0.value_at_quantile(0.99) as f64 / 1e3
    }
}

impl Polls {
    /// Begins with so many a second.
    pub(crate) fn start(hub: &Hub, fleet: usize, per_second: u32) -> Self {
        let stop = watch::Sender::new(false);
        let every = Duration::from_secs(1) * CONNECTIONS / per_second.max(1);
        let lane = |number| {
            let devices = Devices { fleet, next: number as usize };
            tokio::spawn(run(hub.http_address(), devices, every, stop.subscribe()))
        };
        let lanes = (0..CONNECTIONS).map(lane).collect();
        Self { stop, lanes }
    }

    /// Ends; gives what was seen.
    pub(crate) async fn stop(self) -> Seen {
        self.stop.send_replace(true);
        let mut all = micros();
        for lane in self.lanes {
            all.add(lane.await.expect("the hub answers")).expect("the same bounds");
        }
        Seen(all)
    }
}

fn micros() -> Histogram<u64> {
    Histogram::new_with_max(60_000_000, 3).expect("bounds that make sense")
}

struct Devices {
    fleet: usize,
    next: usize,
}

impl Devices {
    fn next(&mut self) -> String {
        self.next += CONNECTIONS as usize;
        format!("dev-{}", self.fleet - self.next % DEVICES.min(self.fleet))
    }
}

async fn run(
    hub: SocketAddr,
    mut devices: Devices,
    every: Duration,
    stop: watch::Receiver<bool>,
) -> Histogram<u64> {
    let mut seen = micros();
    let mut wire = Wire::connect(hub).await.expect("the hub listens");
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        clock.tick().await;
        let id = devices.next();
        let request = format!(
            "GET /DEFAULT/controller/v1/{id} HTTP/1.1\r\nHost: {hub}\r\n\
             Accept: application/json\r\nAuthorization: GatewayToken {GATEWAY_KEY}\r\n\r\n"
        );
        let start = Instant::now();
        let reply = wire.exchange(request.as_bytes()).await.expect("the hub answers");
        assert_eq!(reply.status, 200);
        seen.saturating_record(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    seen
}
