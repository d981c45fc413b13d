//! Many devices at once.

use crate::fake::Fake;
use otahub_sim::{Device, DeviceOptions, Fleet, FleetOptions};
use std::time::Duration;

#[tokio::test]
async fn a_fleet_ends_when_every_device_has_its_updates() {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("deploymentBase"));
    let devices = (0..20).map(|_| fake.device()).collect();
    let options = FleetOptions { updates: Some(2), concurrency: 4, ..FleetOptions::default() };
    let stats = Fleet::new(devices, options).run(std::future::pending()).await;
    assert_eq!((stats.finished, stats.polls, stats.feedback), (40, 40, 160));
    assert_eq!(stats.bytes, 40 * 300_000);
    assert_eq!((stats.errors, stats.last_error), (0, None));
}

#[tokio::test]
async fn a_fleet_ends_when_it_is_stopped() {
    let fake = Fake::start().await;
    let devices = (0..3).map(|_| fake.device()).collect();
    let fleet = Fleet::new(devices, FleetOptions::default());
    let gauge = fleet.gauge();
    let stop = tokio::time::sleep(Duration::from_millis(200));
    let stats = fleet.run(stop).await;
    assert!(stats.polls > 6, "{stats:?}");
    assert!(gauge.read().polls >= stats.polls);
}

#[tokio::test]
async fn an_unreachable_hub_is_counted_not_fatal() {
    let fake = Fake::start().await;
    let options = DeviceOptions { base_url: "http://127.0.0.1:1".to_owned(), ..fake.options() };
    let device = Device::new(options).unwrap();
    let stop = tokio::time::sleep(Duration::from_millis(100));
    let stats = Fleet::new(vec![device], FleetOptions::default()).run(stop).await;
    assert!(stats.errors > 1, "{stats:?}");
    assert!(stats.last_error.unwrap().contains("cannot be reached"));
}
