//! The audit trail: who changed what, and who was not allowed to.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{bearer, reason};
use crate::orders::wish;
use crate::world::World;
use otahub_client::Caller;
use otahub_client::proto::{AuditEntry, Reason};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

on_each_database!(
    every_change_of_an_operator_leaves_its_mark,
    devices_and_readers_leave_none,
    what_was_denied_stands_there_and_what_failed_does_not,
    the_trail_can_be_searched_and_read_page_by_page,
    old_entries_go,
);

fn short(entry: &AuditEntry) -> String {
    let method = entry.method.rsplit('/').next().unwrap();
    format!("{} {} {method} {} {}", entry.actor, entry.credential, entry.resource, entry.outcome)
}

async fn every_change_of_an_operator_leaves_its_mark(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let near = boss.as_caller(Caller::basic("boss", "boss").with_protocol("rest"));
    near.target("d+1").await;
    let set = boss.set("s").await;
    let action = boss.assign("d+1", set).await;
    let (name, secret) = boss.create_token(&["ROLE_TENANT_ADMIN"], None).await.unwrap();
    boss.as_caller(bearer(&secret)).delete_target("d+1").await;
    boss.setting("pollingTime", "00:01:00").await;
    let trail = boss.trail("").await.unwrap();
    let told: Vec<_> = trail.iter().rev().map(short).collect();
    assert_eq!(told[0], "boss password CreateTarget targets/d%2B1 OK");
    assert_eq!(
        (trail.last().unwrap().protocol.as_str(), trail[0].protocol.as_str()),
        ("rest", "grpc")
    );
    for wanted in [
        format!("boss password AssignDistributionSets actions/{action} OK"),
        "boss password AssignDistributionSets targets/d%2B1 OK".into(),
        format!("boss password CreateApiToken {name} OK"),
        format!("boss {name} DeleteTarget targets/d%2B1 OK"),
        "boss password UpdateSettings settings OK".into(),
    ] {
        assert!(told.contains(&wanted), "{wanted} is not in {told:#?}");
    }
    assert!(told.iter().any(|line| line.contains("UploadArtifact softwareModules/")));
    assert!(trail.windows(2).all(|pair| pair[0].id > pair[1].id));
}

async fn devices_and_readers_leave_none(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let before = boss.trail("").await.unwrap().len();
    let device = world.device("d1");
    device.poll().await;
    device.attribute("a", "b").await.unwrap();
    boss.see("d1").await.unwrap();
    assert_eq!(boss.trail("").await.unwrap().len(), before);
}

async fn what_was_denied_stands_there_and_what_failed_does_not(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let reader = world.operator_with("reader", &["READ_TARGET"]).await;
    let denied = reader.update_target("d1", "group", |_| {}).await;
    assert_eq!(reason(denied), Reason::PermissionDenied);
    assert_eq!(reason(reader.trail("").await), Reason::PermissionDenied);
    let failed = boss.assign_with(wish("nobody", 999)).await;
    assert!(failed.is_err());
    let stranger = boss.as_caller(Caller::basic("boss", "wrong"));
    assert!(stranger.update_target("d1", "group", |_| {}).await.is_err());
    let trail = boss.trail("").await.unwrap();
    let told: Vec<_> = trail.iter().map(short).collect();
    assert_eq!(told, ["reader password UpdateTarget targets/d1 PERMISSION_DENIED"]);
}

async fn the_trail_can_be_searched_and_read_page_by_page(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for number in 0..5 {
        boss.target(&format!("d{number}")).await;
    }
    let found = boss.trail("resource = \"targets/d3\" AND actor = \"BOSS\"").await.unwrap();
    assert_eq!(found.len(), 1);
    let none = boss.trail("time < \"2001-01-01T00:00:00Z\"").await.unwrap();
    assert!(none.is_empty());
    assert_eq!(reason(boss.trail("colour = \"red\"").await), Reason::InvalidField);
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = otahub_client::proto::ListAuditEntriesRequest {
            page_size: 2,
            page_token,
            filter: "method = \"*CreateTarget\"".into(),
        };
        let page =
            boss.hub.users(&boss.caller).list_audit_entries(request).await.unwrap().into_inner();
        assert_eq!(page.total_size, 5);
        seen.extend(page.audit_entries.into_iter().map(|entry| entry.resource));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["targets/d4", "targets/d3", "targets/d2", "targets/d1", "targets/d0"]);
}

async fn old_entries_go(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    world.clock.advance(Duration::from_secs(366 * 24 * 3600));
    boss.target("d2").await;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.hub.start_workers(&tasks, &stop);
    while boss.trail("").await.unwrap().len() > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(boss.trail("").await.unwrap()[0].resource, "targets/d2");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
