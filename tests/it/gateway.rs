//! A gateway with a thousand devices on one stream.

use futures::channel::mpsc::{UnboundedSender, unbounded};
use otahub_client::device::attend_devices_request::Request as Wish;
use otahub_client::device::attend_devices_response::Response as Word;
use otahub_client::device::{
    AttachDevice, AttendDevicesRequest, AttendDevicesResponse, DeviceRef, OfferKind, Outcome,
    ReportFeedbackRequest,
};
use otahub_client::{Caller, HubChannel, HubClient};
use otahub_tests::{Database, GATEWAY_KEY, Hub, Software, allow_gateway, bytes_of};
use std::collections::{BTreeMap, BTreeSet};
use tonic::Streaming;

const DEVICES: usize = 1000;

/// One end of a stream.
struct Gateway {
    requests: UnboundedSender<AttendDevicesRequest>,
    words: Streaming<AttendDevicesResponse>,
}

fn named(id: &str) -> Option<DeviceRef> {
    Some(DeviceRef { tenant: "DEFAULT".to_owned(), controller_id: id.to_owned() })
}

impl Gateway {
    /// Opens a stream and attaches devices.
    async fn of(hub: &Hub, ids: &[String]) -> Self {
        let caller = Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY_KEY}"));
        let client = HubClient::new(HubChannel::connect(&hub.grpc_url()).await.expect("a hub"));
        let (requests, coming) = unbounded();
        let words =
            client.gateway(&caller).attend_devices(coming).await.expect("a stream").into_inner();
        let gateway = Self { requests, words };
        for id in ids {
            let device = named(id);
            gateway.send(id, Wish::Attach(AttachDevice { device, ..Default::default() }));
        }
        gateway
    }

    fn send(&self, id: &str, wish: Wish) {
        let correlation_id = id.to_owned();
        let request = AttendDevicesRequest { correlation_id, request: Some(wish) };
        self.requests.unbounded_send(request).expect("the stream is open");
    }

    async fn word(&mut self) -> Word {
        loop {
            let message = self.words.message().await.expect("no error").expect("no end");
            if let Some(word) = message.response {
                return word;
            }
        }
    }

    /// What is on offer for as many devices as are told of next.
    async fn offers(&mut self, count: usize) -> BTreeMap<String, Option<(i64, OfferKind)>> {
        let mut offers = BTreeMap::new();
        while offers.len() < count {
            match self.word().await {
                Word::Order(order) => {
                    let id = order.device.expect("an order is a device's").controller_id;
                    offers.insert(id, order.offer.map(|o| (o.action, o.kind())));
                }
                Word::Answer(answer) => assert_eq!(answer.refusal, None),
                Word::Detached(detached) => panic!("{detached:?}"),
            }
        }
        offers
    }

    /// Reports that these are installed; waits until the hub has it.
    async fn succeed<'o>(&mut self, offers: impl Iterator<Item = (&'o String, i64)>) {
        let mut waiting = BTreeSet::new();
        for (id, action) in offers {
            let outcome = Outcome::Succeeded.into();
            let device = named(id);
            let report = ReportFeedbackRequest { device, action, outcome, ..Default::default() };
            self.send(&format!("done {id}"), Wish::Feedback(report));
            waiting.insert(format!("done {id}"));
        }
        while !waiting.is_empty() {
            if let Word::Answer(answer) = self.word().await {
                assert_eq!(answer.refusal, None);
                waiting.remove(&answer.correlation_id);
            }
        }
    }
}

async fn a_thousand_devices_on_a_stream_that_breaks_are_updated(database: Database) {
    let hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    let ids: Vec<String> = (0..DEVICES).map(|n| format!("d{n}")).collect();
    let mut gateway = Gateway::of(&hub, &ids).await;
    let idle = gateway.offers(DEVICES).await;
    assert!(idle.values().all(Option::is_none));
    let software = Software::create(&hub, "image", "image.bin", bytes_of(3, 900)).await;
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    software.assign(&hub, &names).await;
    let offers = gateway.offers(DEVICES / 2).await;
    let action = |offer: Option<(i64, OfferKind)>| {
        let (action, kind) = offer.expect("an update is on offer");
        assert_eq!(kind, OfferKind::Deployment);
        action
    };
    let first: Vec<_> = offers.iter().map(|(id, offer)| (id, action(*offer))).take(300).collect();
    gateway.succeed(first.iter().copied()).await;
    // breaks in the middle
    drop(gateway);
    let mut gateway = Gateway::of(&hub, &ids).await;
    let again = gateway.offers(DEVICES).await;
    let finished: BTreeSet<&String> = first.iter().map(|(id, _)| *id).collect();
    for (id, offer) in &again {
        assert_eq!(offer.is_none(), finished.contains(id), "{id}: {offer:?}");
    }
    // a device that polls sees what the stream says
    let (id, offer) = again.iter().find(|(_, offer)| offer.is_some()).expect("some are left");
    let polled = hub.device(id).get("").await.expect(200).json();
    let link = polled["_links"]["deploymentBase"]["href"].as_str().expect("a deployment");
    assert!(link.contains(&format!("/deploymentBase/{}", action(*offer))), "{link}");
    let rest = again.iter().filter(|(_, offer)| offer.is_some());
    gateway.succeed(rest.map(|(id, offer)| (id, action(*offer)))).await;
    let done = hub.admin().get("/actions?q=status==FINISHED&limit=1").await.expect(200).json();
    assert_eq!(done["total"], DEVICES);
}
on_both!(a_thousand_devices_on_a_stream_that_breaks_are_updated within 600 s);
