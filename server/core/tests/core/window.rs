//! Maintenance windows under a clock that is moved.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::reason;
use crate::orders::wish;
use crate::world::World;
use otahub_client::device::{CancelOutcome, Handling, OfferKind, WindowState};
use otahub_client::proto::{self, ActionState, EntryStatus, Reason};
use std::time::Duration;

on_each_database!(
    a_window_opens_and_closes_with_the_clock,
    a_window_that_is_over_cancels_its_action,
    a_window_that_is_over_cancels_at_the_fetch_too,
    half_a_window_is_refused,
);

/// Tests begin at 22:13:20 of that day, so it opens in 2800 s, for an hour.
fn tonight() -> proto::MaintenanceWindow {
    proto::MaintenanceWindow {
        schedule: "0 0 23 14 11 ? 2023".into(),
        duration: "01:00:00".into(),
        timezone: "Z".into(),
    }
}

/// A node with a device `d1` that is to install tonight.
async fn prepared(ground: &Ground) -> (World, i64) {
    let world = World::with_gateway(ground).await;
    let boss = world.operator();
    world.device("d1").poll().await;
    let mut wish = wish("d1", boss.set("s").await);
    wish.maintenance_window = Some(tonight());
    let action = boss.assign_with(wish).await.unwrap();
    (world, action)
}

async fn a_window_opens_and_closes_with_the_clock(ground: Ground) {
    let (world, action) = prepared(&ground).await;
    let device = world.device("d1");
    let closed = device.poll().await;
    let seen = device.deployment(action).await.unwrap();
    assert_eq!(seen.window(), WindowState::Unavailable);
    assert_eq!(seen.update(), Handling::Skip);
    assert_eq!(seen.download(), Handling::Forced);
    // 2800 s are left; the device is to come three times until then
    assert_eq!(closed.poll_interval.unwrap().seconds, 300);
    world.clock.advance(Duration::from_secs(2500));
    assert_eq!(device.poll().await.poll_interval.unwrap().seconds, 100);
    let fetched = device.poll().await.offer.unwrap();
    world.clock.advance(Duration::from_secs(300));
    let open = device.poll().await.offer.unwrap();
    assert_ne!(fetched.revision, open.revision);
    let seen = device.deployment(action).await.unwrap();
    assert_eq!(seen.window(), WindowState::Available);
    assert_eq!(seen.update(), Handling::Forced);
}

async fn a_window_that_is_over_cancels_its_action(ground: Ground) {
    let (world, action) = prepared(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    assert_eq!(device.offer().await, Some((action, OfferKind::Deployment)));
    world.clock.advance(Duration::from_secs(2800 + 3600));
    let offered = device.offer().await;
    assert_eq!(offered, Some((action, OfferKind::Cancellation)));
    assert_eq!(boss.state(action).await, ActionState::Canceling);
    device.cancellation(action).await.unwrap();
    let active = device.answer_cancel(action, CancelOutcome::Accepted).await;
    assert!(!active.unwrap());
    assert_eq!(device.offer().await, None);
    let words = boss.words(action).await;
    let wanted = [
        EntryStatus::Running,
        EntryStatus::Canceling,
        EntryStatus::Retrieved,
        EntryStatus::Canceled,
    ];
    assert_eq!(words, wanted);
}

async fn a_window_that_is_over_cancels_at_the_fetch_too(ground: Ground) {
    let (world, action) = prepared(&ground).await;
    world.clock.advance(Duration::from_secs(2800 + 3600));
    let fetched = world.device("d1").deployment(action).await;
    assert_eq!(reason(fetched), Reason::ActionCanceling);
    let state = world.operator().state(action).await;
    assert_eq!(state, ActionState::Canceling);
}

async fn half_a_window_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    let set = boss.set("s").await;
    let mut past = tonight();
    past.schedule = "0 0 23 13 11 ? 2023".into();
    let mut half = tonight();
    half.timezone.clear();
    let mut odd = tonight();
    odd.duration = "24:00:00".into();
    for window in [past, half, odd] {
        let mut wish = wish("d1", set);
        wish.maintenance_window = Some(window);
        let refused = boss.assign_with(wish).await;
        assert_eq!(reason(refused), Reason::InvalidMaintenanceSchedule);
    }
    assert_eq!(boss.actions_of("d1").await, []);
}
