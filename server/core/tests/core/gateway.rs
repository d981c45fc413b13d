//! `GatewayService.AttendDevices`: one stream for many devices.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, told};
use crate::orders::wish;
use crate::world::{GATEWAY, World};
use otahub_client::device::{self as proto, OfferKind, Outcome};
use otahub_client::proto::{ActionState, Reason};
use otahub_client::{Caller, HubClient, HubError};
use proto::attend_devices_request::Request as Wish;
use proto::attend_devices_response::Response as Word;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;

on_each_database!(
    a_thousand_devices_on_one_stream_are_updated,
    whoever_polls_sees_what_the_stream_says,
    a_stream_that_broke_is_gone_on_with_and_nothing_is_missed,
    a_device_is_told_to_confirm_to_stop_and_to_tell_its_attributes,
    what_may_not_be_is_refused_with_its_reason,
    a_device_is_detached_when_it_is_deleted,
    presence_is_gathered,
    idle_devices_cost_no_statement,
    a_stream_ends_when_all_is_answered,
    a_download_that_broke_off_goes_on_and_can_be_checked,
);

const PATIENCE: Duration = Duration::from_secs(120);

/// One end of a stream.
struct Gateway {
    sender: mpsc::UnboundedSender<proto::AttendDevicesRequest>,
    words: Streaming<proto::AttendDevicesResponse>,
    sent: usize,
}

fn named(id: &str) -> Option<proto::DeviceRef> {
    Some(proto::DeviceRef { tenant: "DEFAULT".into(), controller_id: id.into() })
}

fn attach(id: &str) -> Wish {
    Wish::Attach(proto::AttachDevice { device: named(id), ..Default::default() })
}

fn feedback(id: &str, action: i64, outcome: Outcome) -> Wish {
    let outcome = outcome.into();
    let device = named(id);
    Wish::Feedback(proto::ReportFeedbackRequest { device, action, outcome, ..Default::default() })
}

/// The caller that has the tenant's gateway token.
fn vouching() -> Caller {
    Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY}"))
}

impl Gateway {
    async fn connect(world: &World) -> Self {
        Self::connect_as(&world.near(), &vouching()).await
    }

    async fn connect_as(hub: &HubClient, caller: &Caller) -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let requests = UnboundedReceiverStream::new(requests);
        let words = told(hub.gateway(caller).attend_devices(requests).await).unwrap();
        Self { sender, words, sent: 0 }
    }

    /// Sends a request; gives its correlation id.
    fn send(&mut self, wish: Wish) -> String {
        self.sent += 1;
        let correlation_id = format!("r{}", self.sent);
        let request = proto::AttendDevicesRequest {
            correlation_id: correlation_id.clone(),
            request: Some(wish),
        };
        self.sender.send(request).unwrap();
        correlation_id
    }

    /// The next word; signs of life are passed over.
    async fn word(&mut self) -> Word {
        loop {
            let word = timeout(PATIENCE, self.words.message()).await.expect("a word");
            if let Some(word) = word.unwrap().expect("no end").response {
                return word;
            }
        }
    }

    /// The answer to a request; what comes before is passed over.
    async fn ask(&mut self, wish: Wish) -> proto::RequestAnswer {
        let id = self.send(wish);
        loop {
            if let Word::Answer(answer) = self.word().await {
                assert_eq!(answer.correlation_id, id);
                return answer;
            }
        }
    }

    /// Why a request is refused.
    async fn refused(&mut self, wish: Wish) -> Reason {
        self.ask(wish).await.refusal.expect("is refused").reason()
    }

    /// What there is to do for the device that is told of next.
    async fn order(&mut self) -> proto::DeviceOrder {
        loop {
            match self.word().await {
                Word::Order(order) => return order,
                Word::Answer(answer) => assert_eq!(answer.refusal, None),
                Word::Detached(detached) => panic!("{detached:?}"),
            }
        }
    }

    /// Attaches a device; gives what there is to do for it.
    async fn attach(&mut self, id: &str) -> proto::DeviceOrder {
        self.send(attach(id));
        self.until(|order| order.device == named(id)).await
    }

    /// The next order of which something is true.
    async fn until(&mut self, is: impl Fn(&proto::DeviceOrder) -> bool) -> proto::DeviceOrder {
        loop {
            let order = self.order().await;
            if is(&order) {
                return order;
            }
        }
    }

    /// The next order with this on offer.
    async fn offered(&mut self, offer: Option<(i64, OfferKind)>) -> proto::DeviceOrder {
        self.until(|order| offered(order) == offer).await
    }
}

fn offered(order: &proto::DeviceOrder) -> Option<(i64, OfferKind)> {
    order.offer.map(|offer| (offer.action, offer.kind()))
}

async fn a_thousand_devices_on_one_stream_are_updated(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let mut gateway = Gateway::connect(&world).await;
    let ids: Vec<String> = (0..1000).map(|number| format!("d{number}")).collect();
    for id in &ids {
        gateway.send(attach(id));
    }
    let mut idle = BTreeSet::new();
    while idle.len() < ids.len() {
        let order = gateway.order().await;
        assert_eq!(offered(&order), None);
        idle.insert(order.device.unwrap().controller_id);
    }
    boss.assign_all(ids.iter().map(|id| wish(id, set)).collect()).await.unwrap();
    let mut waiting = BTreeMap::new();
    let mut done = BTreeSet::new();
    while done.len() < ids.len() || !waiting.is_empty() {
        match gateway.word().await {
            Word::Order(order) => {
                let id = order.device.unwrap().controller_id;
                let Some(offer) = order.offer else { continue };
                assert_eq!(offer.kind(), OfferKind::Deployment);
                let chunk = &order.deployment.unwrap().chunks[0];
                assert_eq!(chunk.artifacts[0].filename, "firmware.bin");
                let sent = gateway.send(feedback(&id, offer.action, Outcome::Succeeded));
                waiting.insert(sent, id);
            }
            Word::Answer(answer) => {
                if let Some(id) = waiting.remove(&answer.correlation_id) {
                    assert_eq!((answer.refusal, answer.active), (None, false));
                    done.insert(id);
                }
            }
            Word::Detached(detached) => panic!("{detached:?}"),
        }
    }
    for id in ["d0", "d500", "d999"] {
        assert_eq!(boss.actions_of(id).await[0].state(), ActionState::Finished);
    }
}

async fn whoever_polls_sees_what_the_stream_says(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let mut gateway = Gateway::connect(&world).await;
    let mut order = gateway.attach("a").await;
    assert!(order.attributes_requested, "a new device is asked for its attributes");
    let polling = world.device("a");
    let check = async |order: &proto::DeviceOrder, polling: &Device| {
        let polled = polling.poll().await;
        assert_eq!(order.offer, polled.offer);
        assert_eq!(order.attributes_requested, polled.attributes_requested);
    };
    check(&order, &polling).await;
    let attributes = [("k".to_owned(), proto::AttributeValue { value: Some("v".into()) })].into();
    let device = named("a");
    let update = proto::UpdateAttributesRequest { device, attributes, ..Default::default() };
    assert_eq!(gateway.ask(Wish::Attributes(update)).await.refusal, None);
    if order.attributes_requested {
        order = gateway.until(|order| !order.attributes_requested).await;
    }
    check(&order, &polling).await;
    let action = boss.assign("a", boss.set("s").await).await;
    order = gateway.offered(Some((action, OfferKind::Deployment))).await;
    check(&order, &polling).await;
    let deployment = polling.deployment(action).await.unwrap();
    assert_eq!(order.deployment.unwrap().chunks, deployment.chunks);
    // the device itself reports, without the gateway
    polling.report(action, Outcome::Succeeded).await.unwrap();
    gateway.offered(None).await;
    assert_eq!(polling.poll().await.offer, None);
}

async fn a_stream_that_broke_is_gone_on_with_and_nothing_is_missed(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let ids: Vec<String> = (0..20).map(|number| format!("d{number}")).collect();
    let mut gateway = Gateway::connect(&world).await;
    for id in &ids {
        gateway.attach(id).await;
    }
    boss.assign_all(ids.iter().map(|id| wish(id, set)).collect()).await.unwrap();
    let mut first = BTreeMap::new();
    while first.len() < 7 {
        let order = gateway.order().await;
        if let Some((action, _)) = offered(&order) {
            first.insert(order.device.unwrap().controller_id, action);
        }
    }
    // one report is sent and its answer not waited for
    let (reported, action) = first.first_key_value().unwrap();
    let mut said = proto::ReportFeedbackRequest {
        device: named(reported),
        action: *action,
        request_id: "once".into(),
        ..Default::default()
    };
    said.set_outcome(Outcome::Succeeded);
    gateway.send(Wish::Feedback(said.clone()));
    drop(gateway);
    let late = boss.set("late").await;
    boss.assign(&ids[19], late).await;
    let mut gateway = Gateway::connect(&world).await;
    let mut second = BTreeMap::new();
    for id in &ids {
        let order = gateway.attach(id).await;
        second.insert(id.clone(), offered(&order));
    }
    for (id, action) in &first {
        if id != reported && *id != ids[19] {
            assert_eq!(second[id], Some((*action, OfferKind::Deployment)), "the same work");
        }
    }
    assert_ne!(second[&ids[19]], None);
    let again = gateway.ask(Wish::Feedback(said)).await;
    assert_eq!(again.refusal, None, "a repeat does no harm");
    assert_eq!(boss.state(*action).await, ActionState::Finished);
    let finished = boss.history(*action).await;
    let successes = finished
        .iter()
        .filter(|entry| entry.status() == otahub_client::proto::EntryStatus::Finished);
    assert_eq!(successes.count(), 1);
}

async fn a_device_is_told_to_confirm_to_stop_and_to_tell_its_attributes(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    boss.switch("user.confirmation.flow.enabled", true).await;
    let set = boss.set("s").await;
    let mut gateway = Gateway::connect(&world).await;
    gateway.attach("a").await;
    let action = boss.assign("a", set).await;
    let order = gateway.offered(Some((action, OfferKind::Confirmation))).await;
    assert!(order.deployment.is_some());
    let mut consent =
        proto::ReportConfirmationRequest { device: named("a"), action, ..Default::default() };
    consent.set_consent(proto::Consent::Confirmed);
    gateway.send(Wish::Confirmation(consent));
    gateway.offered(Some((action, OfferKind::Deployment))).await;
    boss.cancel(action).await.unwrap();
    gateway.offered(Some((action, OfferKind::Cancellation))).await;
    let mut accepted =
        proto::ReportCancellationRequest { device: named("a"), action, ..Default::default() };
    accepted.set_outcome(proto::CancelOutcome::Accepted);
    let answer = gateway.ask(Wish::Cancellation(accepted)).await;
    assert_eq!((answer.refusal, answer.active), (None, false));
    gateway.offered(None).await;
    assert_eq!(boss.state(action).await, ActionState::Canceled);
    let installed = proto::ReportInstalledRequest {
        device: named("a"),
        set_name: "s".into(),
        set_version: "1".into(),
    };
    assert_eq!(gateway.ask(Wish::Installed(installed)).await.refusal, None);
}

async fn what_may_not_be_is_refused_with_its_reason(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let mut gateway = Gateway::connect(&world).await;
    assert_eq!(gateway.refused(feedback("a", 1, Outcome::Succeeded)).await, Reason::InvalidField);
    assert_eq!(
        gateway.refused(Wish::Attach(proto::AttachDevice::default())).await,
        Reason::InvalidField
    );
    gateway.attach("a").await;
    assert_eq!(gateway.refused(feedback("a", 77, Outcome::Succeeded)).await, Reason::NotFound);
    let device = named("a");
    assert_eq!(gateway.ask(Wish::Detach(proto::DetachDevice { device })).await.refusal, None);
    assert_eq!(gateway.refused(feedback("a", 77, Outcome::Succeeded)).await, Reason::InvalidField);

    // a stranger may attach what it has the token of
    boss.switch("authentication.targettoken.enabled", true).await;
    let token = boss.target("b").await;
    let mut gateway = Gateway::connect_as(&world.near(), &Caller::anonymous()).await;
    assert_eq!(gateway.refused(attach("b")).await, Reason::Unauthenticated);
    let with = |target_token: &str| {
        let target_token = target_token.into();
        Wish::Attach(proto::AttachDevice { device: named("b"), target_token })
    };
    assert_eq!(gateway.refused(with("wrong")).await, Reason::Unauthenticated);
    assert_eq!(gateway.ask(with(&token)).await.refusal, None);
    assert_eq!(gateway.order().await.device, named("b"));
    let presence = proto::ReportPresence { devices: vec![named("a").unwrap()] };
    assert_eq!(gateway.refused(Wish::Presence(presence)).await, Reason::InvalidField);
}

async fn a_device_is_detached_when_it_is_deleted(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let mut gateway = Gateway::connect(&world).await;
    gateway.attach("a").await;
    boss.delete_target("a").await;
    let detached = loop {
        match gateway.word().await {
            Word::Detached(detached) => break detached,
            Word::Order(_) | Word::Answer(_) => {}
        }
    };
    assert_eq!(detached.device, named("a"));
    assert_eq!(detached.refusal.unwrap().reason(), Reason::NotFound);
    assert_eq!(gateway.refused(feedback("a", 1, Outcome::Succeeded)).await, Reason::InvalidField);
}

async fn presence_is_gathered(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let mut gateway = Gateway::connect(&world).await;
    for id in ["a", "b"] {
        gateway.attach(id).await;
    }
    world.clock.advance(Duration::from_secs(3600));
    let of_a = proto::ReportPresence { devices: vec![named("a").unwrap()] };
    assert_eq!(gateway.ask(Wish::Presence(of_a)).await.refusal, None);
    let (a, b) = (last_seen(&boss, "a").await, last_seen(&boss, "b").await);
    assert_eq!(a - b, 3600);
    assert_eq!(gateway.ask(Wish::Presence(proto::ReportPresence::default())).await.refusal, None);
    assert_eq!(last_seen(&boss, "b").await, a);
}

async fn last_seen(boss: &Operator, id: &str) -> i64 {
    boss.see(id).await.unwrap().poll_status.unwrap().last_poll_time.unwrap().seconds
}

async fn idle_devices_cost_no_statement(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let mut gateway = Gateway::connect(&world).await;
    for number in 0..50 {
        gateway.attach(&format!("d{number}")).await;
    }
    // what their registration means to them is looked at a moment later
    let quiet = async {
        loop {
            let before = world.hub.statements();
            for _ in 0..20 {
                gateway.ask(Wish::Presence(proto::ReportPresence::default())).await;
            }
            // on PostgreSQL the one reader looks at the log every second
            if world.hub.statements() - before < 10 {
                break;
            }
        }
    };
    timeout(PATIENCE, quiet).await.expect("idle devices cost nothing");
}

async fn a_stream_ends_when_all_is_answered(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let mut gateway = Gateway::connect(&world).await;
    let ids: Vec<String> = (0..100).map(|number| format!("d{number}")).collect();
    for id in &ids {
        gateway.send(attach(id));
    }
    let Gateway { sender, mut words, .. } = gateway;
    drop(sender);
    let mut answers = 0;
    while let Some(word) = timeout(PATIENCE, words.message()).await.unwrap().unwrap() {
        answers += usize::from(matches!(word.response, Some(Word::Answer(_))));
    }
    assert_eq!(answers, ids.len());

    // a hub that ends says so
    let mut gateway = Gateway::connect(&world).await;
    gateway.attach("d0").await;
    world.hub.end_streams();
    let last = loop {
        match gateway.words.message().await {
            Ok(word) => assert!(word.is_some(), "the stream ends without a word"),
            Err(status) => break HubError::from(status),
        }
    };
    assert_eq!(last.reason, Reason::Unavailable);
}

async fn a_download_that_broke_off_goes_on_and_can_be_checked(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    boss.upload(module, "big.bin", &bytes).await.unwrap();
    let set = boss.set_of(crate::operator::draft("s", &[module])).await.unwrap();
    let mut gateway = Gateway::connect(&world).await;
    gateway.attach("a").await;
    boss.assign("a", set).await;
    let order = gateway.until(|order| order.deployment.is_some()).await;
    let artifact = order.deployment.unwrap().chunks.remove(0).artifacts.remove(0);
    let mut got = Vec::new();
    while got.len() < bytes.len() {
        let request = proto::DownloadArtifactRequest {
            device: named("a"),
            module,
            filename: artifact.filename.clone(),
            offset_bytes: i64::try_from(got.len()).unwrap(),
            length_bytes: 0,
        };
        let device = world.near().device(&vouching()).download_artifact(request).await;
        let mut pieces = told(device).unwrap();
        // only one piece, then it breaks
        let piece = pieces.message().await.unwrap().expect("a piece");
        assert_eq!((piece.size_bytes, &piece.hashes), (artifact.size_bytes, &artifact.hashes));
        if let Some(next) = pieces.message().await.unwrap() {
            assert_eq!((next.size_bytes, next.hashes), (0, None));
        }
        got.extend_from_slice(&piece.data);
    }
    assert_eq!(hex::encode(Sha256::digest(&got)), artifact.hashes.unwrap().sha256);
}
