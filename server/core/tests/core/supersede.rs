//! A newer assignment takes an older action's place, but for migration steps.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{draft, reason};
use crate::world::World;
use otahub_client::device::{CancelOutcome, OfferKind, Outcome};
use otahub_client::proto::{ActionState, Reason};

on_each_database!(
    an_older_action_is_cancelled_by_a_newer_assignment,
    with_autoclose_an_older_action_is_closed_at_once,
    a_migration_step_stays,
    what_is_given_out_is_locked,
    only_complete_and_living_sets_are_assigned,
);

async fn an_older_action_is_cancelled_by_a_newer_assignment(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let first = boss.assign("d1", boss.set("s1").await).await;
    let second = boss.assign("d1", boss.set("s2").await).await;
    assert_eq!(boss.state(first).await, ActionState::Canceling);
    assert_eq!(device.offer().await, Some((first, OfferKind::Cancellation)));
    let stopped = device.answer_cancel(first, CancelOutcome::Accepted).await;
    assert!(!stopped.unwrap());
    assert_eq!(device.offer().await, Some((second, OfferKind::Deployment)));
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.assigned_set, boss.action(second).await.distribution_set);
}

async fn with_autoclose_an_older_action_is_closed_at_once(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    boss.switch("repository.actions.autoclose.enabled", true).await;
    device.poll().await;
    let first = boss.assign("d1", boss.set("s1").await).await;
    device.deployment(first).await.unwrap();
    let second = boss.assign("d1", boss.set("s2").await).await;
    assert_eq!(boss.state(first).await, ActionState::Canceled);
    assert_eq!(device.offer().await, Some((second, OfferKind::Deployment)));
    let late = device.report(first, Outcome::Succeeded).await;
    assert_eq!(reason(late), Reason::ActionClosed);
}

async fn a_migration_step_stays(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let step = boss.set("step").await;
    let changed = boss.update_set(step, "required_migration_step", |s| {
        s.required_migration_step = true;
    });
    assert!(changed.await.unwrap().required_migration_step);
    let first = boss.assign("d1", step).await;
    let second = boss.assign("d1", boss.set("s2").await).await;
    assert_eq!(boss.state(first).await, ActionState::Running);
    assert_eq!(device.offer().await, Some((first, OfferKind::Deployment)));
    device.report(first, Outcome::Succeeded).await.unwrap();
    assert_eq!(device.offer().await, Some((second, OfferKind::Deployment)));
    // of two installations at the same instant the first counts
    world.clock.advance(std::time::Duration::from_secs(1));
    device.report(second, Outcome::Succeeded).await.unwrap();
    assert_eq!(device.poll().await.installed_action, second);
}

async fn what_is_given_out_is_locked(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    let (set, module) = boss.set_and_module("s").await;
    boss.assign("d1", set).await;
    let late = boss.upload(module, "more.bin", b"more").await;
    assert_eq!(reason(late), Reason::Locked);
    let step = boss.update_set(set, "required_migration_step", |s| {
        s.required_migration_step = true;
    });
    assert_eq!(reason(step.await), Reason::Locked);
    boss.switch("implicit.lock.enabled", false).await;
    let (free, module) = boss.set_and_module("free").await;
    boss.assign("d1", free).await;
    boss.upload(module, "more.bin", b"more").await.unwrap();
}

async fn only_complete_and_living_sets_are_assigned(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    let empty = boss.set_of(draft("empty", &[])).await.unwrap();
    let refused = boss.assign_with(crate::orders::wish("d1", empty)).await;
    assert_eq!(reason(refused), Reason::SetIncomplete);
    let refused = boss.assign_with(crate::orders::wish("d1", 999)).await;
    assert_eq!(reason(refused), Reason::NotFound);
    let set = boss.set("s").await;
    let refused = boss.assign_with(crate::orders::wish("d2", set)).await;
    assert_eq!(reason(refused), Reason::NotFound);
    assert_eq!(boss.actions_of("d1").await, []);
}
