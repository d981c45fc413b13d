//! Whatever is changed, in whatever way, shows in the very next poll.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{reason, told};
use crate::world::World;
use otahub_client::device::{OfferKind, Outcome};
use otahub_client::proto::{self, Reason};
use otahub_client::{Caller, names};
use std::time::Duration;

on_each_database!(
    every_step_of_an_action_shows_in_the_next_poll,
    changed_settings_show_in_the_next_poll,
    a_changed_target_shows_in_the_next_poll,
    deleted_actions_and_targets_show_in_the_next_poll,
);

async fn every_step_of_an_action_shows_in_the_next_poll(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let sets = [boss.set("s1").await, boss.set("s2").await];
    let mut next = 0;
    for round in 0..20 {
        let set = sets[next];
        let action = boss.assign("d1", set).await;
        let offered = device.poll().await.offer.unwrap();
        assert_eq!((offered.action, offered.kind()), (action, OfferKind::Deployment));
        device.deployment(action).await.unwrap();
        let fetched = device.poll().await.offer.unwrap();
        assert_ne!(offered.revision, fetched.revision);
        boss.cancel(action).await.unwrap();
        assert_eq!(device.offer().await, Some((action, OfferKind::Cancellation)));
        if round % 3 == 0 {
            boss.force_quit(action).await.unwrap();
            assert_eq!(device.poll().await.offer, None);
            continue;
        }
        device.report(action, Outcome::Succeeded).await.unwrap();
        let idle = device.poll().await;
        assert_eq!((idle.offer, idle.installed_action), (None, action));
        assert!(idle.attributes_requested);
        device.attribute("round", &round.to_string()).await.unwrap();
        assert!(!device.poll().await.attributes_requested);
        world.clock.advance(Duration::from_secs(60));
        next = 1 - next;
    }
}

async fn changed_settings_show_in_the_next_poll(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    for (text, secs) in [("00:01:00", 60), ("01:00:00", 3600), ("00:02:30", 150)] {
        boss.setting("pollingTime", text).await;
        let wait = device.poll().await.poll_interval.unwrap();
        assert_eq!(wait.seconds, secs);
    }
    let request = proto::ResetSettingRequest { name: names::setting("pollingTime") };
    told(boss.hub.tenant(&boss.caller).reset_setting(request).await).unwrap();
    assert_eq!(device.poll().await.poll_interval.unwrap().seconds, 300);
    boss.switch("authentication.gatewaytoken.enabled", false).await;
    assert_eq!(reason(device.try_poll().await), Reason::Unauthenticated);
    boss.switch("authentication.gatewaytoken.enabled", true).await;
    boss.setting("authentication.gatewaytoken.key", "another").await;
    assert_eq!(reason(device.try_poll().await), Reason::Unauthenticated);
}

async fn a_changed_target_shows_in_the_next_poll(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    boss.switch("authentication.targettoken.enabled", true).await;
    let token = boss.target("d1").await;
    let with = |token: &str| {
        let caller = Caller::anonymous().with_authorization(&format!("TargetToken {token}"));
        world.device("d1").with(caller)
    };
    with(&token).attribute("a", "b").await.unwrap();
    assert!(!with(&token).poll().await.attributes_requested);
    let wanted = boss.update_target("d1", "attributes_requested", |t| {
        t.attributes_requested = true;
    });
    wanted.await.unwrap();
    assert!(with(&token).poll().await.attributes_requested);
    let changed = boss.update_target("d1", "security_token", |t| {
        t.security_token = "fresh".into();
    });
    changed.await.unwrap();
    let stale = with(&token).try_poll().await;
    assert_eq!(reason(stale), Reason::Unauthenticated);
    with("fresh").poll().await;
}

async fn deleted_actions_and_targets_show_in_the_next_poll(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    assert_eq!(device.offer().await.unwrap().0, action);
    let request = proto::DeleteActionsRequest {
        names: vec![names::action(action), names::action(999)],
        ..Default::default()
    };
    let mut actions = boss.hub.actions(&boss.caller);
    let deleted = told(actions.delete_actions(request).await).unwrap();
    assert_eq!(deleted.deleted_count, 1);
    assert_eq!(device.offer().await, None);
    let token = boss.see("d1").await.unwrap().security_token;
    boss.delete_target("d1").await;
    boss.switch("authentication.targettoken.enabled", true).await;
    let own = Caller::anonymous().with_authorization(&format!("TargetToken {token}"));
    let gone = device.with(own).try_poll().await;
    assert_eq!(reason(gone), Reason::Unauthenticated);
    let again = device.poll().await;
    assert!(again.attributes_requested);
    let seen = boss.see("d1").await.unwrap();
    assert_ne!(seen.security_token, token);
}
