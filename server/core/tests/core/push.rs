//! Devices that are told of their work.

use crate::harness::Ground;
use crate::operator::{Answer, reason, told};
use crate::world::World;
use otahub_client::device::{self, Fault, LinkProtocol, OrderCause, OrderKind, Phase, Reception};
use otahub_client::proto::ActionState;
use otahub_client::{Caller, HubClient, Reason};
use std::time::Duration;

crate::on_each_database!(
    only_adapters_push,
    a_grant_is_for_one_device_one_action_and_a_while,
    words_count_once_and_come_from_the_devices_own_action,
    a_device_that_lost_its_last_word_is_judged,
    who_is_not_reached_is_sent_nothing,
);

struct Adapter {
    hub: HubClient,
    caller: Caller,
}

fn reference(id: &str) -> Option<device::DeviceRef> {
    Some(device::DeviceRef { tenant: "DEFAULT".into(), controller_id: id.into() })
}

impl Adapter {
    fn of(hub: HubClient) -> Self {
        Self { hub, caller: Caller::adapter("test") }
    }

    async fn open(&self, id: &str, protocol: LinkProtocol) -> Answer<device::OpenLinkResponse> {
        let request = device::OpenLinkRequest {
            device: reference(id),
            protocol: protocol.into(),
            ..Default::default()
        };
        told(self.hub.push(&self.caller).open_link(request).await)
    }

    async fn order(&self, id: &str, cause: OrderCause) -> device::TakeOrderResponse {
        let request = device::TakeOrderRequest {
            device: reference(id),
            cause: cause.into(),
            known_action: 0,
        };
        told(self.hub.push(&self.caller).take_order(request).await).unwrap()
    }

    async fn say(&self, id: &str, action: i64, phase: Phase) -> Answer<Reception> {
        let request = device::ReportProgressRequest {
            device: reference(id),
            action,
            phase: phase.into(),
            fault: Fault::Unspecified.into(),
            word: format!("{phase:?}"),
            ..Default::default()
        };
        let told = told(self.hub.push(&self.caller).report_progress(request).await);
        told.map(|answer| answer.reception())
    }

    async fn due(&self) -> Vec<String> {
        let request = device::ListDueDevicesRequest::default();
        let due = told(self.hub.push(&self.caller).list_due_devices(request).await).unwrap();
        due.devices.into_iter().map(|device| device.controller_id).collect()
    }
}

async fn only_adapters_push(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let stranger = Adapter::of(world.far().await);
    assert_eq!(reason(stranger.open("d1", LinkProtocol::MqttJson).await), Reason::Unauthenticated);
    assert_eq!(reason(stranger.say("d1", 1, Phase::Success).await), Reason::Unauthenticated);
    let device = world.device("d1");
    device.poll().await;
    let with_token = Adapter { hub: world.near(), caller: device.caller.clone() };
    let refused = with_token.open("d1", LinkProtocol::MqttJson).await;
    assert_eq!(reason(refused), Reason::Unauthenticated, "a token is not enough");
}

async fn a_grant_is_for_one_device_one_action_and_a_while(ground: Ground) {
    const FILE: &str = "firmware.bin";
    let world = World::with_gateway(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(world.near()));
    let (set, module) = boss.set_and_module("s").await;
    for id in ["d1", "d2"] {
        adapter.open(id, LinkProtocol::MqttJson).await.unwrap();
    }
    let action = boss.assign("d1", set).await;
    boss.assign("d2", set).await;
    let order = adapter.order("d1", OrderCause::Work).await;
    assert_eq!((order.kind(), order.action), (OrderKind::Update, action));
    assert_eq!(order.deployment.unwrap().chunks[0].artifacts[0].filename, FILE);
    let holder = |id: &str, grant: &str| {
        let mut device = world.device(id);
        device.caller = Caller::anonymous().with_authorization(&format!("Grant {grant}"));
        device
    };
    let device = holder("d1", &order.grant);
    device.artifact(module, FILE).await.unwrap();
    assert_eq!(device.download((module, FILE), 4, 5).await.unwrap(), b"bytes");
    assert_eq!(reason(device.try_poll().await), Reason::Unauthenticated, "and for nothing else");
    let other = holder("d2", &order.grant).artifact(module, FILE).await;
    assert_eq!(reason(other), Reason::Unauthenticated);
    let (number, rest) = order.grant.split_once('.').unwrap();
    for forged in [format!("{}.{rest}", number.len() + 7), format!("{}x", order.grant), "1".into()]
    {
        let refused = holder("d1", &forged).artifact(module, FILE).await;
        assert_eq!(reason(refused), Reason::Unauthenticated, "{forged}");
    }
    world.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(reason(device.artifact(module, FILE).await), Reason::Unauthenticated);
    let fresh = adapter.order("d1", OrderCause::Session).await;
    let device = holder("d1", &fresh.grant);
    device.artifact(module, FILE).await.unwrap();
    boss.cancel(action).await.unwrap();
    assert!(device.artifact(module, FILE).await.is_err(), "nobody cancels and lets download");
}

async fn words_count_once_and_come_from_the_devices_own_action(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(world.near()));
    let set = boss.set("s").await;
    for id in ["d1", "d2"] {
        adapter.open(id, LinkProtocol::MqttJson).await.unwrap();
    }
    let action = boss.assign("d1", set).await;
    adapter.order("d1", OrderCause::Work).await;
    assert_eq!(reason(adapter.say("d2", action, Phase::Success).await), Reason::NotRelated);
    assert_eq!(reason(adapter.say("d1", 999, Phase::Success).await), Reason::NotFound);
    for (phase, taken) in [
        (Phase::Acknowledged, Reception::Noted),
        (Phase::Acknowledged, Reception::Repeated),
        (Phase::Deploying, Reception::Noted),
        (Phase::Acknowledged, Reception::Overtaken),
        (Phase::Success, Reception::Noted),
        (Phase::Success, Reception::Repeated),
        (Phase::Failure, Reception::Late),
    ] {
        assert_eq!(adapter.say("d1", action, phase).await.unwrap(), taken, "{phase:?}");
    }
    assert_eq!(boss.action(action).await.state(), ActionState::Finished);
    assert!(world.device("d1").offer().await.is_none(), "a poll sees it at once");
}

async fn a_device_that_lost_its_last_word_is_judged(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(world.near()));
    let set = boss.set("s").await;
    for (id, runs, state) in [
        ("new", "1", ActionState::Finished),
        ("old", "0", ActionState::Failed),
        ("odd", "7", ActionState::Running),
    ] {
        adapter.open(id, LinkProtocol::Astarte).await.unwrap();
        let device = world.device(id);
        device.attribute("baseImage.version", "0").await.unwrap();
        let action = boss.assign(id, set).await;
        let order = adapter.order(id, OrderCause::Work).await;
        assert_eq!(order.protocol(), LinkProtocol::Astarte);
        for phase in [Phase::Acknowledged, Phase::Deploying, Phase::Deployed, Phase::Rebooting] {
            adapter.say(id, action, phase).await.unwrap();
        }
        device.attribute("baseImage.version", runs).await.unwrap();
        let back = adapter.order(id, OrderCause::Session).await;
        assert_eq!(back.kind(), OrderKind::Unspecified);
        assert!(adapter.due().await.is_empty());
        world.clock.advance(Duration::from_secs(120));
        assert_eq!(adapter.due().await, [id]);
        adapter.order(id, OrderCause::Timer).await;
        assert!(adapter.due().await.is_empty());
        assert_eq!(boss.action(action).await.state(), state, "{id}");
    }
}

async fn who_is_not_reached_is_sent_nothing(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(world.near()));
    world.device("polls").poll().await;
    boss.assign("polls", boss.set("s").await).await;
    for cause in [OrderCause::Work, OrderCause::Session, OrderCause::Timer] {
        let order = adapter.order("polls", cause).await;
        assert_eq!(order, device::TakeOrderResponse::default());
    }
}
