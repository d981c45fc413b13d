//! Progress, once a second for each request: of what comes quicker only the newest is told. What
//! ends or begins a phase is never held up.

use crate::speaker::Said;
use otahub_client::device::{Phase, ReportProgressRequest};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How often progress is told.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// When a request that nothing is heard of is forgotten.
const FORGET: Duration = Duration::from_secs(60);
/// The most requests that are remembered; further ones are not held up.
const REQUESTS_MAX: usize = 10_000;

/// The request that is reported on.
type Key = (String, i64);

struct Last {
    phase: Phase,
    told: Instant,
    held: Option<Said>,
}

/// What was told lately.
#[derive(Default)]
pub(crate) struct Throttle {
    last: HashMap<Key, Last>,
}

impl Throttle {
    /// What is to be told now: the report, unless the same phase was told of less than a second
    /// ago. It is kept then.
    pub(crate) fn pass(&mut self, said: Said, now: Instant) -> Option<Said> {
        let report = &said.report;
        let device = report.device.as_ref().map(|device| device.controller_id.clone());
        let key = (device.unwrap_or_default(), report.action);
        let phase = report.phase();
        if !is_progress(report) {
            self.last.remove(&key);
            return Some(said);
        }
        if let Some(last) = self.last.get_mut(&key)
            && last.phase == phase
            && now.duration_since(last.told) < EVERY
        {
            last.held = Some(said);
            return None;
        }
        if self.last.len() < REQUESTS_MAX || self.last.contains_key(&key) {
            self.last.insert(key, Last { phase, told: now, held: None });
        }
        Some(said)
    }

    /// What was kept and may be told now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Said> {
        self.last.retain(|_, last| last.held.is_some() || now.duration_since(last.told) < FORGET);
        let ready = |last: &&mut Last| now.duration_since(last.told) >= EVERY;
        let due = self.last.values_mut().filter(ready).filter_map(|last| {
            let held = last.held.take();
            if held.is_some() {
                last.told = now;
            }
            held
        });
        due.collect()
    }
}

/// Whether it is one of many reports of a phase: not its beginning, not its end, no fault.
fn is_progress(report: &ReportProgressRequest) -> bool {
    matches!(report.phase(), Phase::Downloading | Phase::Deploying)
        && report.code.is_empty()
        && (1..100).contains(&report.percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_client::device::{DeviceRef, LinkProtocol};

    fn report(phase: Phase, percent: i32) -> Said {
        let device = DeviceRef { tenant: "T".into(), controller_id: "d".into() };
        let report = ReportProgressRequest {
            device: Some(device),
            action: 1,
            phase: phase.into(),
            percent,
            ..Default::default()
        };
        Said { protocol: LinkProtocol::MqttJson, report }
    }

    #[test]
    fn of_quick_progress_the_newest_is_told_and_the_end_at_once() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let mut pass = |phase, percent, millis| {
            let now = start + Duration::from_millis(millis);
            throttle.pass(report(phase, percent), now).map(|said| said.report.percent)
        };
        assert_eq!(pass(Phase::Downloading, 0, 0), Some(0));
        assert_eq!(pass(Phase::Downloading, 10, 1), Some(10));
        assert_eq!(pass(Phase::Downloading, 20, 2), None);
        assert_eq!(pass(Phase::Downloading, 30, 3), None);
        assert_eq!(pass(Phase::Deploying, 5, 4), Some(5));
        assert_eq!(pass(Phase::Deploying, 6, 5), None);
        assert_eq!(pass(Phase::Success, 0, 6), Some(0));
        assert!(throttle.due(start + Duration::from_secs(5)).is_empty(), "the end ends it");
    }

    #[test]
    fn what_was_held_up_is_told_a_second_later() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        throttle.pass(report(Phase::Downloading, 1), start);
        throttle.pass(report(Phase::Downloading, 2), start);
        throttle.pass(report(Phase::Downloading, 3), start);
        assert!(throttle.due(start + Duration::from_millis(900)).is_empty());
        let due = throttle.due(start + Duration::from_secs(1));
        assert_eq!(due.iter().map(|said| said.report.percent).collect::<Vec<_>>(), [3]);
        assert!(throttle.due(start + Duration::from_secs(3)).is_empty());
    }
}
