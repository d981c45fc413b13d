//! Uploads that are refused or broken off leave nothing behind.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::{reason, steps, told};
use crate::world::World;
use otahub_client::names;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::{self, Reason};
use otahub_core::HubOptions;
use otahub_domain::Timestamp;
use otahub_domain::tenant::Quotas;
use std::time::Duration;
use tokio::time::{sleep, timeout};

on_each_database!(
    a_wrong_hash_is_refused_and_leaves_nothing,
    hashes_may_come_last,
    a_stream_that_breaks_off_leaves_nothing,
    too_much_is_refused_and_leaves_nothing,
    odd_uploads_are_refused_and_leave_nothing,
    a_locked_module_takes_and_gives_nothing,
);

/// Waits until nothing is in storage, and checks that no row tells of anything.
async fn nothing_left(world: &World) {
    let folder = world.ground.artifacts();
    for _ in 0..200 {
        if files(&folder).is_empty() {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(files(&folder), []);
    let rows = world.store.read();
    let late = Timestamp::from_millis(i64::MAX);
    assert_eq!(rows.stale_pending(late).await.unwrap(), []);
    assert_eq!(rows.unreferenced_blobs(100).await.unwrap(), []);
}

async fn a_wrong_hash_is_refused_and_leaves_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let none = proto::Hashes::default();
    for (algorithm, expected) in [
        ("md5", proto::Hashes { md5: "0".repeat(32), ..none.clone() }),
        ("sha1", proto::Hashes { sha1: "0".repeat(40), ..none.clone() }),
        ("sha256", proto::Hashes { sha256: "0".repeat(64), ..none }),
    ] {
        let upload = steps(module, "f", Some(expected), [b"abc".to_vec()]);
        let refused = boss.upload_steps(upload).await.unwrap_err();
        assert_eq!(refused.reason, Reason::ChecksumMismatch);
        assert_eq!(refused.detail("algorithm"), Some(algorithm));
        nothing_left(&world).await;
    }
}

async fn hashes_may_come_last(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let with = |md5: &str| {
        let mut upload = steps(module, "f", None, [b"abc".to_vec()]);
        let hashes = proto::Hashes { md5: md5.into(), ..Default::default() };
        let step = Some(Step::ExpectedHashes(hashes));
        upload.push(proto::UploadArtifactRequest { step });
        boss.upload_steps(upload)
    };
    let wrong = with("00000000000000000000000000000000").await;
    assert_eq!(reason(wrong), Reason::ChecksumMismatch);
    nothing_left(&world).await;
    with("900150983CD24FB0D6963F7D28E17F72").await.unwrap();
}

async fn a_stream_that_breaks_off_leaves_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    // more than is gathered in memory, so that a part of it is in storage when the stream breaks
    let large = (0..10).map(|_| vec![7_u8; 1 << 20]);
    let small = [b"only a few bytes".to_vec()];
    for hub in [world.near(), world.far().await] {
        for pieces in [large.clone().collect::<Vec<_>>(), small.to_vec()] {
            let is_large = pieces.len() > 1;
            let begun = steps(module, "f", None, pieces);
            let stalled =
                futures::StreamExt::chain(futures::stream::iter(begun), futures::stream::pending());
            let mut software = hub.software(&boss.caller);
            let folder = ground.artifacts();
            let some_is_there = async {
                while is_large && files(&folder).is_empty() {
                    sleep(Duration::from_millis(5)).await;
                }
                sleep(Duration::from_millis(50)).await;
            };
            tokio::select! {
                answer = software.upload_artifact(stalled) => panic!("{answer:?}"),
                () = async { timeout(Duration::from_secs(30), some_is_there).await.unwrap() } => {}
            }
            nothing_left(&world).await;
        }
    }
    boss.upload(module, "f", b"whole").await.unwrap();
}

async fn too_much_is_refused_and_leaves_nothing(ground: Ground) {
    let options = HubOptions {
        quotas: Quotas {
            artifact_size_bytes: 10,
            artifact_storage_bytes: 15,
            artifacts_per_module: 2,
            ..Quotas::default()
        },
        ..HubOptions::default()
    };
    let world = World::open_with(&ground, options).await;
    let boss = world.operator();
    let (one, two) = (boss.module("os", "1").await, boss.module("os", "2").await);
    let pieces = [vec![1; 6], vec![2; 5]];
    let large = boss.upload_steps(steps(one, "f", None, pieces)).await;
    assert_eq!(reason(large), Reason::FileTooLarge);
    nothing_left(&world).await;
    let first = boss.upload(one, "f", &[1; 10]).await.unwrap();
    let full = boss.upload(two, "f", &[2; 6]).await;
    assert_eq!(reason(full), Reason::StorageFull);
    let second = boss.upload(one, "g", &[2; 5]).await.unwrap();
    let third = boss.upload(one, "h", b"x").await;
    assert_eq!(reason(third), Reason::QuotaExceeded);
    boss.delete_artifact(&first).await.unwrap();
    boss.delete_artifact(&second).await.unwrap();
    nothing_left(&world).await;
    boss.upload(two, "f", &[2; 6]).await.unwrap();
}

async fn odd_uploads_are_refused_and_leave_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    assert_eq!(reason(boss.upload(module, "f", b"").await), Reason::EmptyFile);
    for name in [String::new(), " ".into(), "x".repeat(257), "<b>".into()] {
        let odd = boss.upload(module, &name, b"x").await;
        assert_eq!(reason(odd), Reason::InvalidField, "{name:?}");
    }
    assert_eq!(reason(boss.upload(999, "f", b"x").await), Reason::NotFound);
    let good = steps(module, "f", None, [b"x".to_vec()]);
    let nothing = boss.upload_steps(Vec::new()).await;
    assert_eq!(reason(nothing), Reason::InvalidField);
    let headless = boss.upload_steps(good[1..].to_vec()).await;
    assert_eq!(reason(headless), Reason::InvalidField);
    let twice = [good.clone(), good].concat();
    let twice = boss.upload_steps(twice).await;
    assert_eq!(reason(twice), Reason::InvalidField);
    nothing_left(&world).await;
}

async fn a_locked_module_takes_and_gives_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let artifact = boss.upload(module, "f", b"x").await.unwrap();
    let locked = proto::SoftwareModule {
        name: names::software_module(module),
        locked: true,
        ..Default::default()
    };
    let request = proto::UpdateSoftwareModuleRequest {
        software_module: Some(locked),
        update_mask: Some(crate::orders::mask("locked")),
    };
    let mut software = boss.hub.software(&boss.caller);
    let locked = told(software.update_software_module(request).await);
    assert!(locked.unwrap().locked);
    let more = boss.upload(module, "g", b"y").await.unwrap_err();
    assert_eq!(more.reason, Reason::Locked);
    assert_eq!(more.detail("operation"), Some("ADD_ARTIFACT"));
    let less = boss.delete_artifact(&artifact).await;
    assert_eq!(reason(less), Reason::Locked);
    assert_eq!(files(&ground.artifacts()).len(), 1);
}
