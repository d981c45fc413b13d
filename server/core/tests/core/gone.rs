//! A caller that goes away in the middle of a call leaves the hub in order: what was committed is
//! seen, what was not is not there.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::steps;
use crate::orders::wish;
use crate::world::World;
use futures::stream::{self, StreamExt};
use otahub_client::device::Outcome;
use std::time::Duration;
use tokio::time::{sleep, timeout};

on_each_database!(
    half_an_upload_is_never_taken_for_a_whole_one,
    what_a_caller_that_went_away_has_changed_is_seen,
    an_upload_whose_caller_went_away_at_the_end_is_kept_or_leaves_nothing,
);

/// How long what was begun may go on after its caller went away.
const CALM_WITHIN: Duration = Duration::from_secs(10);

/// Looks until it is as it should be; fails if that never comes.
async fn in_the_end<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let calm = async {
        while !is_so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(CALM_WITHIN, calm).await.is_ok(), "{what}");
}

async fn what_a_caller_that_went_away_has_changed_is_seen(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    let sets = [boss.set("s1").await, boss.set("s2").await];
    for round in 0_u64..120 {
        // polls before, so that there is something to forget
        device.poll().await;
        let patience = Duration::from_micros(100 + round * 25);
        let set = sets[usize::try_from(round % 2).unwrap()];
        let _ = timeout(patience, boss.assign_all(vec![wish("d1", set)])).await;
        device.poll().await;
        let what = format!("the offer in round {round} is what there is");
        in_the_end(&what, || async {
            let open = boss.actions_of("d1").await;
            let open = open.iter().filter(|a| a.active).map(|a| a.id).min();
            device.offer().await.map(|o| o.0) == open
        })
        .await;
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
    for round in 0_u64..40 {
        let name = format!("f{round}");
        let bytes = format!("bytes {round}").into_bytes();
        let patience = Duration::from_micros(500 + round * 250);
        let steps = steps(module, &name, None, [bytes]);
        let _ = timeout(patience, boss.upload_steps(steps)).await;
        let what = format!("storage agrees with the database in round {round}");
        in_the_end(&what, || async {
            let listed = listed(&boss, module).await;
            let mut pending = 0;
            for artifact in &listed {
                let sha256 = &artifact.hashes.as_ref().unwrap().sha256;
                let blob = world.store.read().blob(sha256).await.unwrap();
                pending += blob.unwrap().pending;
            }
            files(&ground.artifacts()).len() == listed.len() && pending == 0
        })
        .await;
    }
    assert_ne!(listed(&boss, module).await, [], "some were in time");
}

async fn half_an_upload_is_never_taken_for_a_whole_one(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    for hub in [world.far().await, world.near()] {
        for round in 0_u64..60 {
            let half = steps(module, "f", None, vec![vec![1; 50_000]; 4]);
            let stalled = stream::iter(half).chain(stream::pending());
            let mut software = hub.software(&boss.caller);
            let patience = Duration::from_micros(1000 + round * 150);
            let _ = timeout(patience, software.upload_artifact(stalled)).await;
            assert_eq!(listed(&boss, module).await, [], "round {round}");
        }
    }
    in_the_end("nothing is left", || async { files(&ground.artifacts()).is_empty() }).await;
    assert_eq!(listed(&boss, module).await, []);
}

async fn listed(
    boss: &crate::operator::Operator,
    module: i64,
) -> Vec<otahub_client::proto::Artifact> {
    let parent = otahub_client::names::software_module(module);
    let request = otahub_client::proto::ListArtifactsRequest { parent, ..Default::default() };
    let mut software = boss.hub.software(&boss.caller);
    software.list_artifacts(request).await.unwrap().into_inner().artifacts
}
