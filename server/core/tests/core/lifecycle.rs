//! A device from its first poll to being up to date, in the same process and over a socket.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, refusal};
use crate::world::{GATEWAY, World};
use otahub_client::device::{OfferKind, Outcome};
use otahub_client::{Caller, HubClient, names, proto};
use std::fmt::Debug;
use std::time::Duration;

on_each_database!(near_and_far_are_the_same_word_for_word);

/// What was said, for comparison.
#[derive(Default)]
struct Transcript(Vec<String>);

impl Transcript {
    fn note<T: Debug>(&mut self, said: T) -> T {
        self.0.push(format!("{said:#?}"));
        said
    }
}

async fn near_and_far_are_the_same_word_for_word(ground: Ground) {
    let (here, there) = (World::open(&ground).await, World::open(&ground.another().await).await);
    let near = whole_life(&here, here.near()).await;
    let far = whole_life(&there, there.far().await).await;
    assert_eq!(near.len(), far.len());
    for (near, far) in near.iter().zip(&far) {
        assert_eq!(near, far);
    }
}

async fn whole_life(world: &World, hub: HubClient) -> Vec<String> {
    let mut told = Transcript::default();
    let boss = Operator::new(hub.clone(), "boss");
    boss.open_gateway().await;
    let key = Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY}"));
    let device = Device::new(hub, key, "d1");
    appear(&mut told, &boss, &device).await;
    world.clock.advance(Duration::from_secs(300));
    let (set, module) = boss.set_and_module("firmware").await;
    let action = told.note(boss.assign("d1", set).await);
    told.note(boss.see("d1").await.unwrap());
    let poll = told.note(device.poll().await);
    assert_eq!(poll.offer.unwrap().kind(), OfferKind::Deployment);
    install(&mut told, &device, (action, module)).await;
    world.clock.advance(Duration::from_secs(300));
    let seen = told.note(boss.see("d1").await.unwrap());
    assert_eq!(seen.update_status(), proto::UpdateStatus::InSync);
    assert_eq!(seen.installed_set, names::distribution_set(set));
    assert!(seen.attributes_requested);
    let poll = told.note(device.poll().await);
    assert_eq!((poll.offer, poll.installed_action), (None, action));
    told.note(device.installed(action).await.unwrap());
    told.note(boss.history(action).await);
    told.note(boss.actions_of("d1").await);
    refusals(&mut told, &boss, &device, action).await;
    told.0
}

/// Plug and play, and attributes.
async fn appear(told: &mut Transcript, boss: &Operator, device: &Device) {
    told.note(refusal(&boss.see("d1").await));
    let poll = told.note(device.poll().await);
    assert!(poll.attributes_requested && poll.offer.is_none());
    assert_eq!(poll.poll_interval.unwrap().seconds, 300);
    let seen = told.note(boss.see("d1").await.unwrap());
    assert_eq!(seen.update_status(), proto::UpdateStatus::Registered);
    assert_eq!(seen.audit.unwrap().creator, "CONTROLLER_PLUG_AND_PLAY");
    device.attribute("model", "A 1").await.unwrap();
    let poll = told.note(device.poll().await);
    assert!(!poll.attributes_requested);
    let name = names::target("d1");
    let request = proto::GetTargetAttributesRequest { name };
    let mut targets = boss.hub.targets(&boss.caller);
    let found = targets.get_target_attributes(request).await.unwrap();
    let attributes = told.note(found.into_inner().attributes);
    assert_eq!(attributes.get("model").unwrap(), "A 1");
}

/// Deployment, download, feedback to the end.
async fn install(told: &mut Transcript, device: &Device, (action, module): (i64, i64)) {
    let deployment = told.note(device.deployment(action).await.unwrap());
    assert_eq!(deployment.chunks[0].module, module);
    assert_eq!(deployment.chunks[0].artifacts[0].filename, "firmware.bin");
    // the hub's own words in between are not for devices
    told.note(device.deployment(action).await.unwrap());
    let bytes = device.download((module, "firmware.bin"), 0, 0).await;
    assert_eq!(told.note(bytes.unwrap()), b"the bytes of firmware");
    for outcome in
        [Outcome::Downloading, Outcome::Downloaded, Outcome::Proceeding, Outcome::Rejected]
    {
        assert!(device.report(action, outcome).await.unwrap());
    }
    let mut last = device.word(action, Outcome::Succeeded);
    last.messages = vec!["done".into(), "x".repeat(600)];
    last.code = Some(7);
    assert!(!told.note(device.say(last).await.unwrap()));
}

/// Whatever is refused is refused in the same words.
async fn refusals(told: &mut Transcript, boss: &Operator, device: &Device, action: i64) {
    told.note(refusal(&device.report(action, Outcome::Succeeded).await));
    told.note(refusal(&device.report(9999, Outcome::Succeeded).await));
    told.note(refusal(&device.report(action, Outcome::Unspecified).await));
    told.note(refusal(&device.cancellation(action).await));
    told.note(refusal(&device.confirmation(action).await));
    told.note(refusal(&device.has_installed("ünknown", "%/1").await));
    told.note(refusal(&device.with(Caller::anonymous()).try_poll().await));
    told.note(refusal(&boss.cancel(action).await));
    told.note(refusal(&boss.force_quit(action).await));
    let twice = proto::Target { controller_id: "d1".into(), ..Default::default() };
    told.note(refusal(&boss.create_target(twice).await));
    let blank = proto::Target { controller_id: "a b".into(), ..Default::default() };
    told.note(refusal(&boss.create_target(blank).await));
}
