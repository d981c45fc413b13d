//! Artifact bytes: content-addressed, kept once, and gone when nobody needs them.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::{draft, reason, steps};
use crate::world::{START, World};
use otahub_client::proto::{Hashes, Reason};
use otahub_domain::Timestamp;
use otahub_store::Lane;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

on_each_database!(
    hashes_are_computed_while_the_bytes_come,
    equal_bytes_are_kept_once_until_the_last_goes,
    the_bytes_of_a_deleted_module_go,
    the_bytes_of_a_softly_deleted_module_go,
    equal_bytes_that_come_and_go_at_once_end_in_order,
    what_a_dead_hub_left_is_swept,
);

/// How many bytes' worth of files there are, and how many rows tell of bytes.
async fn kept(world: &World) -> (usize, usize) {
    let rows = world.store.read();
    let late = Timestamp::from_millis(i64::MAX);
    let pending = rows.stale_pending(late).await.unwrap().len();
    let idle = rows.unreferenced_blobs(100).await.unwrap().len();
    (files(&world.ground.artifacts()).len(), pending + idle)
}

async fn hashes_are_computed_while_the_bytes_come(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let pieces = [b"a".to_vec(), Vec::new(), b"b".to_vec(), b"c".to_vec()];
    let known = Hashes {
        md5: "900150983cd24fb0d6963f7d28e17f72".into(),
        sha1: "a9993e364706816aba3e25717850c26c9cd0d89d".into(),
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
    };
    let upload = steps(module, "abc", Some(known.clone()), pieces);
    let made = boss.upload_steps(upload).await.unwrap();
    assert_eq!(made.hashes.as_ref(), Some(&known));
    assert_eq!((made.size_bytes, made.filename.as_str()), (3, "abc"));
    let found = files(&ground.artifacts());
    assert_eq!(found.len(), 1);
    assert!(found[0].0.ends_with(&known.sha256), "{found:?}");
    assert_eq!(found[0].1, 3);
    let blob = world.store.read().blob(&known.sha256).await.unwrap();
    assert_eq!(blob.unwrap().pending, 0);
}

async fn equal_bytes_are_kept_once_until_the_last_goes(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (one, two) = (boss.module("os", "1").await, boss.module("os", "2").await);
    let first = boss.upload(one, "f", b"same").await.unwrap();
    let second = boss.upload(two, "f", b"same").await.unwrap();
    let third = boss.upload(two, "g", b"same").await.unwrap();
    assert_eq!(first.hashes, second.hashes);
    assert_eq!(kept(&world).await, (1, 0));
    let again = boss.upload(two, "g", b"other").await;
    assert_eq!(reason(again), Reason::AlreadyExists);
    assert_eq!(kept(&world).await, (1, 0));
    boss.delete_artifact(&first).await.unwrap();
    boss.delete_artifact(&second).await.unwrap();
    assert_eq!(kept(&world).await, (1, 0));
    boss.delete_artifact(&third).await.unwrap();
    assert_eq!(kept(&world).await, (0, 0));
    let sha256 = &first.hashes.unwrap().sha256;
    assert_eq!(world.store.read().blob(sha256).await.unwrap(), None);
    assert_eq!(reason(boss.delete_artifact(&third).await), Reason::NotFound);
    boss.upload(one, "f", b"same").await.unwrap();
    assert_eq!(kept(&world).await, (1, 0));
}

async fn the_bytes_of_a_deleted_module_go(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    boss.upload(module, "f", b"one").await.unwrap();
    boss.upload(module, "g", b"two").await.unwrap();
    assert_eq!(kept(&world).await, (2, 0));
    boss.delete_module(module).await.unwrap();
    assert_eq!(kept(&world).await, (0, 0));
    assert_eq!(reason(boss.delete_module(module).await), Reason::NotFound);
}

async fn the_bytes_of_a_softly_deleted_module_go(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    boss.switch("implicit.lock.enabled", false).await;
    device.poll().await;
    let (set, module) = boss.set_and_module("s").await;
    let twin = boss.module("os", "twin").await;
    boss.upload(twin, "f", b"kept bytes").await.unwrap();
    boss.upload(module, "twin", b"kept bytes").await.unwrap();
    boss.assign("d1", set).await;
    assert_eq!(kept(&world).await, (2, 0));
    boss.delete_module(module).await.unwrap();
    assert_eq!(kept(&world).await, (1, 0), "the twin's stay");
    let gone = device.download((module, "firmware.bin"), 0, 0).await;
    assert_eq!(reason(gone), Reason::BinaryDeleted);
    let late = boss.upload(module, "more", b"more").await;
    assert_eq!(reason(late), Reason::Deleted);
    let other = boss.set_of(draft("other", &[module])).await;
    assert_eq!(reason(other), Reason::Deleted);
    assert_eq!(kept(&world).await, (1, 0));
}

async fn equal_bytes_that_come_and_go_at_once_end_in_order(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..4 {
        let boss = boss.clone();
        tasks.spawn(async move {
            for round in 0..10 {
                let name = format!("{worker}-{round}");
                let made = boss.upload(module, &name, b"same").await;
                boss.delete_artifact(&made.unwrap()).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(kept(&world).await, (0, 0));
    boss.upload(module, "last", b"same").await.unwrap();
    assert_eq!(kept(&world).await, (1, 0));
}

async fn what_a_dead_hub_left_is_swept(ground: Ground) {
    let world = World::open(&ground).await;
    let temporary = ground.artifacts().join("tmp");
    std::fs::create_dir_all(temporary.join("dead")).unwrap();
    std::fs::write(temporary.join("dead").join("whole"), b"x").unwrap();
    std::fs::write(temporary.join("dead").join("parts#1"), b"x").unwrap();
    let left = "0".repeat(64);
    claim(&world, left.clone()).await;
    assert_eq!(kept(&world).await, (2, 1));
    // a desk of a moment ago may be one that is about to be held
    sleep(Duration::from_millis(700)).await;
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.hub.start_workers(&tasks, &stop);
    for _ in 0..200 {
        sleep(Duration::from_millis(20)).await;
        if kept(&world).await == (0, 0) {
            break;
        }
    }
    assert_eq!(kept(&world).await, (0, 0));
    assert_eq!(world.store.read().blob(&left).await.unwrap(), None);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

async fn claim(world: &World, sha256: String) {
    let now = Timestamp::from_millis(START);
    let claimed = world.store.write(Lane::ANY, move |session| {
        let sha256 = sha256.clone();
        Box::pin(async move { session.claim_blob(&sha256, 1, now).await })
    });
    claimed.await.unwrap();
}
