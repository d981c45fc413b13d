//! Many devices at once.

use crate::device::{Deed, Device};
use crate::event::{Observer, SimEvent};
use crate::stats::{FleetGauge, FleetStats};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How a fleet goes about its work.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetOptions {
    /// How many devices may talk to the hub at the same time.
    pub concurrency: usize,
    /// By how much each rest varies: 0.1 is ten percent less or more.
    pub jitter: f64,
    /// Over what time the first polls are spread.
    pub spread: Duration,
    /// A device is done after so many updates came to their end; never without one.
    pub updates: Option<u64>,
    /// What the dice start from: the same seed, the same rests.
    pub seed: u64,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self { concurrency: 64, jitter: 0.1, spread: Duration::ZERO, updates: None, seed: 0 }
    }
}

/// Many devices that poll side by side, and their sums.
#[derive(Debug)]
pub struct Fleet {
    devices: Vec<Device>,
    options: FleetOptions,
    gauge: FleetGauge,
}

impl Fleet {
    /// A fleet of `devices`. It listens to them; whoever listened before does no longer.
    #[must_use]
    pub fn new(devices: Vec<Device>, options: FleetOptions) -> Self {
        Self::observed_by(devices, options, |_: &str, _: &SimEvent| ())
    }

    /// As [`Fleet::new`], with somebody else who listens as well.
    #[must_use]
    pub fn observed_by(
        devices: Vec<Device>,
        options: FleetOptions,
        observer: impl Observer + 'static,
    ) -> Self {
        let gauge = FleetGauge::default();
        let counter = gauge.clone();
        let both: Arc<dyn Observer> = Arc::new(move |id: &str, event: &SimEvent| {
            counter.observe(id, event);
            observer.observe(id, event);
        });
        let listen = |device: Device| device.observed_by_shared(Arc::clone(&both));
        Self { devices: devices.into_iter().map(listen).collect(), options, gauge }
    }

    /// A live view of the sums.
    #[must_use]
    pub fn gauge(&self) -> FleetGauge {
        self.gauge.clone()
    }

    /// Runs until every device is done or `stop` comes. Errors are counted, not given back.
    pub async fn run(self, stop: impl Future<Output = ()>) -> FleetStats {
        let permits = Arc::new(Semaphore::new(self.options.concurrency.max(1)));
        let options = Arc::new(self.options);
        let mut tasks = JoinSet::new();
        for (index, device) in (0u64..).zip(self.devices) {
            let rng = StdRng::seed_from_u64(options.seed.wrapping_add(index));
            let member = Member {
                device,
                rng,
                options: Arc::clone(&options),
                permits: Arc::clone(&permits),
                gauge: self.gauge.clone(),
            };
            tasks.spawn(member.run());
        }
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                joined = tasks.join_next() => if joined.is_none() { break },
            }
        }
        self.gauge.read()
    }
}

/// A device in a fleet.
struct Member {
    device: Device,
    rng: StdRng,
    options: Arc<FleetOptions>,
    permits: Arc<Semaphore>,
    gauge: FleetGauge,
}

impl Member {
    async fn run(mut self) {
        let first = self.options.spread.mul_f64(self.rng.random());
        tokio::time::sleep(first).await;
        let mut ended = 0;
        loop {
            let Ok(permit) = self.permits.acquire().await else {
                return;
            };
            let begun = Instant::now();
            let step = self.device.step().await;
            drop(permit);
            self.gauge.note(&step, begun.elapsed());
            let deed = step.ok().map(|stepped| stepped.deed);
            ended += u64::from(deed.is_some_and(Deed::ends_action));
            let enough = self.options.updates.is_some_and(|updates| ended >= updates);
            if enough || deed == Some(Deed::Vanished) {
                return;
            }
            let rest = jittered(self.device.rest(), self.options.jitter, self.rng.random());
            tokio::time::sleep(rest).await;
        }
    }
}

/// `rest`, varied by `jitter` as a die between 0 and 1 says.
fn jittered(rest: Duration, jitter: f64, die: f64) -> Duration {
    let jitter = jitter.clamp(0.0, 1.0);
    rest.mul_f64(1.0 + jitter * (2.0 * die - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_varies_by_no_more_than_its_jitter() {
        let rest = Duration::from_secs(100);
        assert_eq!(jittered(rest, 0.1, 0.0), Duration::from_secs(90));
        assert_eq!(jittered(rest, 0.1, 0.5), rest);
        assert_eq!(jittered(rest, 0.1, 1.0), Duration::from_secs(110));
        assert_eq!(jittered(rest, 0.0, 0.9), rest);
        assert_eq!(jittered(rest, 9.0, 0.0), Duration::ZERO);
    }
}
