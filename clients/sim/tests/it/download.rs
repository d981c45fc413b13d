//! How a device gets its bytes.

use crate::fake::{Fake, recorder};
use otahub_sim::{Deed, SimError, SimEvent};
use std::sync::Arc;

async fn with_update() -> Arc<Fake> {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("deploymentBase"));
    fake
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let fake = with_update().await;
    fake.set(|s| s.breaks = [100_000, 50_000].into());
    let (events, observer) = recorder();
    let mut device = fake.device().observed_by(observer);
    assert_eq!(device.step().await.unwrap().deed, Deed::Finished);
    let heard = fake.heard.lock().unwrap();
    let ranges: Vec<_> = heard.ranges.iter().map(|r| r.as_deref().unwrap_or("whole")).collect();
    assert_eq!(ranges, ["whole", "bytes=100000-", "bytes=150000-"]);
    let resumed = |event: &&SimEvent| matches!(event, SimEvent::DownloadResumed { .. });
    assert_eq!(events.lock().unwrap().iter().filter(resumed).count(), 2);
}

#[tokio::test]
async fn a_hub_without_ranges_is_read_from_the_beginning() {
    let fake = with_update().await;
    fake.set(|s| {
        s.breaks = [100_000].into();
        s.ignores_ranges = true;
    });
    assert_eq!(fake.device().step().await.unwrap().deed, Deed::Finished);
    assert_eq!(fake.count("/artifacts/"), 2);
}

#[tokio::test]
async fn a_download_that_breaks_too_often_is_tried_again_with_the_next_poll() {
    let fake = with_update().await;
    fake.set(|s| s.breaks = [10, 0, 0, 0].into());
    let mut device = fake.device();
    let error = device.step().await.unwrap_err();
    assert!(matches!(error, SimError::BrokenDownload { done: 10, .. }), "{error}");
    assert!(error.is_transient());
    assert_eq!(device.step().await.unwrap().deed, Deed::Finished);
}

#[tokio::test]
async fn bytes_with_another_hash_fail_the_update() {
    let fake = with_update().await;
    fake.set(|s| s.sha256 = Some("0".repeat(64)));
    let (events, observer) = recorder();
    let mut device = fake.device().observed_by(observer);
    assert_eq!(device.step().await.unwrap().deed, Deed::Failed);
    assert_eq!(fake.feedback(), ["download/none", "closed/failure"]);
    let events = events.lock().unwrap();
    let Some(SimEvent::Failed { why, .. }) = events.last() else { panic!("{events:?}") };
    assert!(why.contains("sha256"), "{why}");
}
