//! A caller that goes away in the middle of a call leaves the hub in order: what was committed is
//! seen, what was not is not there.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::steps;
use crate::orders::wish;
use crate::world::World;
use otahub_client::device::Outcome;
use std::time::Duration;
use tokio::time::{sleep, timeout};

on_each_database!(
    what_a_caller_that_went_away_has_changed_is_seen,
    an_upload_whose_caller_went_away_at_the_end_is_kept_or_leaves_nothing,
);

async fn what_a_caller_that_went_away_has_changed_is_seen(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let sets = [boss.set("s1").await, boss.set("s2").await];
    for round in 0_u64..120 {
        // polls before, so that there is something to forget
        device.poll().await;
        let patience = Duration::from_micros(100 + round * 25);
        let set = sets[usize::try_from(round % 2).unwrap()];
        let _ = timeout(patience, boss.assign_all(vec![wish("d1", set)])).await;
        device.poll().await;
        sleep(Duration::from_millis(15)).await;
        let open = boss.actions_of("d1").await;
        let open = open.iter().filter(|a| a.active).map(|a| a.id).min();
        assert_eq!(device.offer().await.map(|o| o.0), open, "round {round}");
        while let Some((action, _)) = device.offer().await {
            device.report(action, Outcome::Succeeded).await.unwrap();
        }
        world.clock.advance(Duration::from_secs(1));
    }
}

async fn an_upload_whose_caller_went_away_at_the_end_is_kept_or_leaves_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let mut kept = 0;
    for round in 0_u64..40 {
        let name = format!("f{round}");
        let bytes = format!("bytes {round}").into_bytes();
        let patience = Duration::from_micros(500 + round * 250);
        let steps = steps(module, &name, None, [bytes]);
        let _ = timeout(patience, boss.upload_steps(steps)).await;
        sleep(Duration::from_millis(60)).await;
        let files = files(&ground.artifacts());
        let listed = listed(&boss, module).await;
        assert_eq!(files.len(), listed.len(), "round {round}: {files:?}");
        for artifact in &listed {
            let sha256 = &artifact.hashes.as_ref().unwrap().sha256;
            let blob = world.store.read().blob(sha256).await.unwrap().unwrap();
            assert_eq!(blob.pending, 0, "round {round}");
        }
        kept = listed.len();
    }
    assert!(kept > 0, "some must have been in time");
}

async fn listed(
    boss: &crate::operator::Operator,
    module: i64,
) -> Vec<otahub_client::proto::Artifact> {
    let parent = otahub_client::names::software_module(module);
    let request = otahub_client::proto::ListArtifactsRequest {
        parent,
        ..Default::default()
    };
    let mut software = boss.hub.software(&boss.caller);
    software
        .list_artifacts(request)
        .await
        .unwrap()
        .into_inner()
        .artifacts
}
