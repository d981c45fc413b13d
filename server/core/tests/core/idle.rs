//! An idle poll touches no row, and last-seen times are written together.

use crate::harness::Ground;
use crate::on_each_database;
use crate::world::{START, World};
use otahub_client::device::OfferKind;
use otahub_client::timestamp;
use std::time::Duration;

on_each_database!(
    an_idle_poll_sends_no_statement,
    a_poll_with_an_offer_sends_no_statement_either,
    a_refused_poll_of_a_known_device_sends_no_statement,
    last_seen_shows_at_once_and_is_written_in_one_statement,
);

/// How many statements were sent, once the tail of earlier writes has come to rest.
async fn settled(world: &World) -> u64 {
    let mut before = world.hub.statements();
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = world.hub.statements();
        if now == before {
            return now;
        }
        before = now;
    }
}

async fn an_idle_poll_sends_no_statement(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    for (hub, id) in [(world.near(), "near"), (world.far().await, "far")] {
        let device = crate::device::Device { hub, ..world.device(id) };
        device.poll().await;
        let before = settled(&world).await;
        for _ in 0..1000 {
            world.clock.advance(Duration::from_secs(300));
            assert_eq!(device.poll().await.offer, None);
        }
        assert_eq!(settled(&world).await, before, "{id}");
    }
}

async fn a_poll_with_an_offer_sends_no_statement_either(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    device.poll().await;
    let before = settled(&world).await;
    for _ in 0..1000 {
        let offered = device.offer().await;
        assert_eq!(offered, Some((action, OfferKind::Deployment)));
    }
    assert_eq!(settled(&world).await, before);
}

async fn a_refused_poll_of_a_known_device_sends_no_statement(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let device = world.device("d1");
    device.poll().await;
    let stranger = device.with(otahub_client::Caller::anonymous());
    let before = settled(&world).await;
    for _ in 0..100 {
        assert!(stranger.try_poll().await.is_err());
    }
    assert_eq!(settled(&world).await, before);
}

async fn last_seen_shows_at_once_and_is_written_in_one_statement(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let names: Vec<String> = (0..300).map(|n| format!("d{n}")).collect();
    for name in &names {
        world.device(name).poll().await;
    }
    world.hub.flush_last_seen().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    for name in &names {
        world.device(name).poll().await;
    }
    let at = Some(timestamp(START + 60_000));
    let seen = boss.see("d7").await.unwrap();
    assert_eq!(seen.poll_status.unwrap().last_poll_time, at);
    let before = settled(&world).await;
    assert_eq!(world.hub.flush_last_seen().await.unwrap(), 300);
    let sent = world.hub.statements() - before;
    assert!(sent <= 3, "{sent} statements: begin, one update, commit");
    assert_eq!(world.hub.flush_last_seen().await.unwrap(), 0);
    let again = World::open(&ground).await;
    let seen = again.operator().see("d7").await.unwrap();
    assert_eq!(seen.poll_status.unwrap().last_poll_time, at);
}
