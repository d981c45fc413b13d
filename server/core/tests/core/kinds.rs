//! The kinds of action, and what is on offer first.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::reason;
use crate::orders::wish;
use crate::world::{START, World};
use otahub_client::device::{Handling, OfferKind, Outcome};
use otahub_client::proto::{ActionState, ActionType, EntryStatus, Reason, UpdateStatus};
use otahub_client::{names, proto, timestamp};
use std::time::Duration;

on_each_database!(
    each_kind_is_handled_in_its_way,
    an_operator_makes_a_soft_action_urgent,
    a_download_only_action_ends_with_the_download,
    an_offline_assignment_is_installed_at_once,
    a_device_says_what_it_has_already,
    the_heaviest_action_is_on_offer_and_then_the_oldest,
    assigning_again_changes_nothing,
);

async fn each_kind_is_handled_in_its_way(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, hour) = (world.operator(), Duration::from_secs(3600));
    let force_at = timestamp(START + 3_600_000);
    let cases = [
        (ActionType::Soft, Handling::Attempt, Handling::Attempt),
        (ActionType::Forced, Handling::Forced, Handling::Forced),
        (ActionType::Unspecified, Handling::Forced, Handling::Forced),
        (ActionType::TimeForced, Handling::Attempt, Handling::Attempt),
        (ActionType::DownloadOnly, Handling::Forced, Handling::Skip),
    ];
    let mut time_forced = None;
    for (number, (kind, download, update)) in cases.into_iter().enumerate() {
        let device = world.device(&format!("d{number}"));
        device.poll().await;
        let set = boss.set(&format!("{kind:?}")).await;
        let mut wish = wish(&device.who.controller_id, set);
        wish.r#type = kind.into();
        wish.force_time = (kind == ActionType::TimeForced).then_some(force_at);
        let action = boss.assign_with(wish).await.unwrap();
        let seen = device.deployment(action).await.unwrap();
        assert_eq!((seen.download(), seen.update()), (download, update));
        if kind == ActionType::TimeForced {
            time_forced = Some((device, action));
        }
    }
    let (device, action) = time_forced.unwrap();
    let before = device.poll().await.offer.unwrap();
    world.clock.advance(hour);
    let after = device.poll().await.offer.unwrap();
    assert_ne!(before.revision, after.revision);
    let seen = device.deployment(action).await.unwrap();
    assert_eq!(seen.update(), Handling::Forced);
}

async fn an_operator_makes_a_soft_action_urgent(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let mut soft = wish("d1", boss.set("s").await);
    soft.r#type = ActionType::Soft.into();
    let action = boss.assign_with(soft).await.unwrap();
    let before = device.poll().await.offer.unwrap();
    let forced = boss.force(action).await.unwrap();
    assert_eq!(forced.r#type(), ActionType::Forced);
    let after = device.poll().await.offer.unwrap();
    assert_ne!(before.revision, after.revision);
    let seen = device.deployment(action).await.unwrap();
    assert_eq!((seen.download(), seen.update()), (Handling::Forced, Handling::Forced));
    let version = boss.action(action).await.etag;
    boss.force(action).await.unwrap();
    assert_eq!(boss.action(action).await.etag, version, "forced already");
}

async fn a_download_only_action_ends_with_the_download(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let mut only = wish("d1", boss.set("s").await);
    only.r#type = ActionType::DownloadOnly.into();
    let action = boss.assign_with(only).await.unwrap();
    assert!(!device.report(action, Outcome::Downloaded).await.unwrap());
    assert_eq!(boss.state(action).await, ActionState::Downloaded);
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::InSync);
    assert_eq!(seen.installed_set, "");
    assert_eq!(device.offer().await, None);
    let late = device.word(action, Outcome::Succeeded);
    assert_eq!(reason(device.say(late.clone()).await), Reason::ActionClosed);
    let mut known = late;
    known.after_download = true;
    assert!(!device.say(known).await.unwrap());
    assert_eq!(boss.state(action).await, ActionState::Finished);
    assert_ne!(boss.see("d1").await.unwrap().installed_set, "");
}

async fn an_offline_assignment_is_installed_at_once(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let set = boss.set("s").await;
    let request = proto::AssignDistributionSetsRequest {
        assignments: vec![wish("d1", set)],
        offline: true,
        ..Default::default()
    };
    let made = boss.order(request.clone()).await.unwrap();
    let action = made.assigned_actions[0].action;
    assert_eq!(boss.state(action).await, ActionState::Finished);
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::InSync);
    assert_eq!(seen.installed_set, names::distribution_set(set));
    let poll = device.poll().await;
    assert_eq!((poll.offer, poll.installed_action), (None, action));
    let again = boss.order(request).await.unwrap();
    assert_eq!((again.already_assigned_count, again.total_count), (1, 1));
}

async fn a_device_says_what_it_has_already(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let set = boss.set("factory").await;
    assert!(device.has_installed("factory", "1").await.unwrap());
    assert!(!device.has_installed("factory", "1").await.unwrap());
    let missing = device.has_installed("factory", "2").await;
    assert_eq!(reason(missing), Reason::NotFound);
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.installed_set, names::distribution_set(set));
    let actions = boss.actions_of("d1").await;
    assert_eq!(actions.len(), 1);
    assert_eq!(boss.words(actions[0].id).await, [EntryStatus::Finished]);
}

async fn the_heaviest_action_is_on_offer_and_then_the_oldest(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let mut actions = Vec::new();
    // migration steps stay open beside each other
    for (name, weight) in [("light", 10), ("heavy", 900), ("other", 900)] {
        let set = boss.set(name).await;
        let step = boss.update_set(set, "required_migration_step", |s| {
            s.required_migration_step = true;
        });
        step.await.unwrap();
        let mut wish = wish("d1", set);
        wish.weight = Some(weight);
        actions.push(boss.assign_with(wish).await.unwrap());
    }
    for action in [actions[1], actions[2], actions[0]] {
        let offered = device.offer().await;
        assert_eq!(offered, Some((action, OfferKind::Deployment)));
        device.report(action, Outcome::Succeeded).await.unwrap();
    }
    assert_eq!(device.offer().await, None);
    let mut odd = wish("d1", 1);
    odd.weight = Some(1001);
    assert_eq!(reason(boss.assign_with(odd).await), Reason::InvalidField);
}

async fn assigning_again_changes_nothing(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let set = boss.set("s").await;
    let action = boss.assign("d1", set).await;
    let again = boss.assign_all(vec![wish("d1", set), wish("d1", set)]);
    let again = again.await.unwrap();
    assert_eq!(again.assigned_actions, []);
    assert_eq!((again.already_assigned_count, again.total_count), (1, 1));
    assert_eq!(boss.actions_of("d1").await.len(), 1);
    assert_eq!(device.offer().await.unwrap().0, action);
    let mut other = wish("d1", set);
    other.r#type = ActionType::Soft.into();
    let both = boss.assign_all(vec![wish("d1", set), other]).await;
    assert_eq!(reason(both), Reason::MultipleAssignments);
}
