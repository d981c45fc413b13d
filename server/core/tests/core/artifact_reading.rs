//! Reading artifacts: whole, in parts, and by whom.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::world::World;
use otahub_client::proto::{self, Reason};

on_each_database!(
    operators_and_devices_read_the_same_parts,
    operators_need_the_permission_for_bytes,
    artifacts_are_listed_and_found_in_their_module,
);

async fn read(
    who: &Operator,
    artifact: &proto::Artifact,
    (offset, length): (i64, i64),
) -> Answer<Vec<u8>> {
    let request = proto::DownloadArtifactRequest {
        name: artifact.name.clone(),
        offset_bytes: offset,
        length_bytes: length,
    };
    let mut software = who.hub.software(&who.caller);
    let mut stream = told(software.download_artifact(request).await)?;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.message().await? {
        bytes.extend_from_slice(&piece.data);
    }
    Ok(bytes)
}

async fn operators_and_devices_read_the_same_parts(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    boss.switch("implicit.lock.enabled", false).await;
    world.device("d1").poll().await;
    let (set, module) = boss.set_and_module("s").await;
    boss.assign("d1", set).await;
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let made = boss.upload(module, "large", &bytes).await.unwrap();
    let size = made.size_bytes;
    for hub in [world.near(), world.far().await] {
        let device = crate::device::Device { hub: hub.clone(), ..world.device("d1") };
        let who = Operator::new(hub, "boss");
        for (offset, length, from, to) in [
            (0, 0, 0, 700_000),
            (0, 1, 0, 1),
            (262_143, 2, 262_143, 262_145),
            (699_999, 0, 699_999, 700_000),
            (500_000, size, 500_000, 700_000),
            (1, i64::MAX, 1, 700_000),
        ] {
            let part = (offset, length);
            let seen = read(&who, &made, part).await.unwrap();
            assert!(seen == bytes[from..to], "{part:?}");
            let seen = device.download((module, "large"), offset, length).await;
            assert!(seen.unwrap() == bytes[from..to], "{part:?}");
        }
        for (offset, length) in [(-1, 0), (size, 0), (size + 1, 1), (0, -1)] {
            let refused = read(&who, &made, (offset, length)).await;
            assert_eq!(reason(refused), Reason::InvalidField);
            let refused = device.download((module, "large"), offset, length).await;
            assert_eq!(reason(refused), Reason::InvalidField);
        }
    }
}

async fn operators_need_the_permission_for_bytes(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let made = boss.upload(module, "f", b"secret").await.unwrap();
    let reader = world.operator_with("reader", &["READ_SOFTWARE_MODULE"]).await;
    let missing =
        proto::Artifact { name: otahub_client::names::artifact(99, 99), ..Default::default() };
    for artifact in [&made, &missing] {
        let refused = read(&reader, artifact, (0, 0)).await;
        assert_eq!(reason(refused), Reason::PermissionDenied);
    }
    assert_eq!(reason(read(&boss, &missing, (0, 0)).await), Reason::NotFound);
    assert_eq!(read(&boss, &made, (0, 0)).await.unwrap(), b"secret");
}

async fn artifacts_are_listed_and_found_in_their_module(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (one, two) = (boss.module("os", "1").await, boss.module("os", "2").await);
    let made = boss.upload(one, "f", b"x").await.unwrap();
    let mut software = boss.hub.software(&boss.caller);
    let name = made.name.clone();
    let request = proto::GetArtifactRequest { name };
    let found = told(software.get_artifact(request).await).unwrap();
    assert_eq!(found, made);
    let name = otahub_client::names::artifact(two, made.id);
    let request = proto::GetArtifactRequest { name };
    let elsewhere = told(software.get_artifact(request).await);
    assert_eq!(reason(elsewhere), Reason::NotFound);
    for (module, wanted) in [(one, 1), (two, 0)] {
        let parent = otahub_client::names::software_module(module);
        let request = proto::ListArtifactsRequest { parent, ..Default::default() };
        let listed = told(software.list_artifacts(request).await).unwrap();
        assert_eq!(listed.total_size, wanted);
    }
}
