//! Which artifacts a device may have, and what somebody without a credential may.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{reason, told};
use crate::world::World;
use otahub_client::device::{CancelOutcome, GetArtifactRequest, Outcome};
use otahub_client::proto::{EntryStatus, Reason};
use otahub_client::{Caller, device};

on_each_database!(
    a_device_gets_what_is_assigned_or_installed,
    a_download_is_announced_in_the_history,
    nobody_downloads_without_a_credential_unless_allowed,
);

const FILE: &str = "firmware.bin";

async fn a_device_gets_what_is_assigned_or_installed(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    let (set, module) = boss.set_and_module("s").await;
    let unknown = device.artifact(module, FILE).await;
    assert_eq!(reason(unknown), Reason::NotFound);
    device.poll().await;
    let foreign = device.download((module, FILE), 0, 0).await;
    assert_eq!(reason(foreign), Reason::NotRelated);
    let foreign = device.artifact(module, "nonesuch").await;
    assert_eq!(reason(foreign), Reason::NotRelated);
    assert_eq!(reason(device.artifact(999, FILE).await), Reason::NotFound);
    let action = boss.assign("d1", set).await;
    device.artifact(module, FILE).await.unwrap();
    let bytes = device.download((module, FILE), 4, 5).await.unwrap();
    assert_eq!(bytes, b"bytes");
    let missing = device.artifact(module, "nonesuch").await;
    assert_eq!(reason(missing), Reason::NotFound);
    let other = world.device("d2");
    other.poll().await;
    let foreign = other.artifact(module, FILE).await;
    assert_eq!(reason(foreign), Reason::NotRelated);
    boss.cancel(action).await.unwrap();
    let stopping = device.artifact(module, FILE).await;
    assert_eq!(reason(stopping), Reason::NotRelated);
    let goes_on = device.answer_cancel(action, CancelOutcome::Refused).await;
    assert!(goes_on.unwrap());
    device.artifact(module, FILE).await.unwrap();
    device.report(action, Outcome::Succeeded).await.unwrap();
    device.artifact(module, FILE).await.unwrap();
    let request = device::GetModuleArtifactsRequest { device: Some(device.who.clone()), module };
    let mut api = device.hub.device(&device.caller);
    let listed = told(api.get_module_artifacts(request).await).unwrap();
    assert_eq!(listed.artifacts.len(), 1);
}

async fn a_download_is_announced_in_the_history(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let (set, module) = boss.set_and_module("s").await;
    let action = boss.assign("d1", set).await;
    let request = GetArtifactRequest {
        device: Some(device.who.clone()),
        module,
        filename: FILE.into(),
        announce_path: "/the/path".into(),
        announce_always: false,
    };
    let mut api = device.hub.device(&device.caller);
    told(api.get_artifact(request.clone()).await).unwrap();
    let history = boss.history(action).await;
    let last = history.last().unwrap();
    assert_eq!(last.status(), EntryStatus::Download);
    assert_eq!(last.messages, ["Update Server: Target downloads /the/path"]);
    device.report(action, Outcome::Succeeded).await.unwrap();
    told(api.get_artifact(request).await).unwrap();
    assert_eq!(boss.history(action).await.len(), 3);
}

async fn nobody_downloads_without_a_credential_unless_allowed(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let (set, module) = boss.set_and_module("s").await;
    let action = boss.assign("d1", set).await;
    for hub in [world.near(), world.far().await] {
        let nobody = crate::device::Device { hub, ..device.with(Caller::anonymous()) };
        let refused = nobody.artifact(module, FILE).await;
        assert_eq!(reason(refused), Reason::Unauthenticated);
        let refused = nobody.download((module, FILE), 0, 0).await;
        assert_eq!(reason(refused), Reason::Unauthenticated);
        boss.switch("anonymous.download.enabled", true).await;
        nobody.artifact(module, FILE).await.unwrap();
        let bytes = nobody.download((module, FILE), 0, 0).await.unwrap();
        assert_eq!(bytes, b"the bytes of s");
        for refused in [
            reason(nobody.try_poll().await),
            reason(nobody.deployment(action).await),
            reason(nobody.report(action, Outcome::Failed).await),
            reason(nobody.attribute("a", "b").await),
            reason(nobody.cancellation(action).await),
            reason(nobody.consent_to_all().await),
            reason(nobody.installed(action).await),
        ] {
            assert_eq!(refused, Reason::Unauthenticated);
        }
        boss.switch("anonymous.download.enabled", false).await;
    }
}
