//! `WatchDeviceWork`: what adapters are given to push, and how it is acknowledged.

use crate::fleet::{Fleet, Wish};
use crate::harness::Ground;
use crate::operator::{reason, told};
use crate::target_filters::automatic;
use crate::world::World;
use futures::StreamExt;
use otahub_client::device::{self, OfferKind, Outcome};
use otahub_client::{Caller, HubClient, Reason, proto};
use proto::DeviceWorkKind as Kind;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;

crate::on_each_database!(
    work_comes_again_until_it_is_acknowledged,
    an_assignment_that_replaces_another_is_a_cancellation_and_one_order,
    what_the_device_knows_is_no_work,
    undelivered_work_is_kept_and_handed_out_again,
    one_stream_at_a_time_has_the_work,
    registrations_and_deletions_are_work,
    strangers_get_no_work_and_no_orders,
    a_repeated_report_changes_nothing,
    what_rollouts_and_filters_start_is_work,
);

struct Adapter {
    hub: HubClient,
    caller: Caller,
}

type Stream = Streaming<proto::WatchDeviceWorkResponse>;

impl Adapter {
    fn of(world: &World) -> Self {
        Self { hub: world.near(), caller: Caller::adapter("test") }
    }

    async fn watch(&self) -> Stream {
        let request = proto::WatchDeviceWorkRequest {
            consumer: "test".into(),
            address_prefix: "amqp:".into(),
            ..Default::default()
        };
        let mut stream =
            told(self.hub.events(&self.caller).watch_device_work(request).await).unwrap();
        // the second word comes when the stream has its turn
        stream.next().await.unwrap().unwrap();
        stream
    }

    async fn register(&self, id: &str) -> bool {
        let request = device::RegisterRequest {
            device: reference(id),
            address: "amqp:/replies".into(),
            ..Default::default()
        };
        told(self.hub.device(&self.caller).register(request).await).unwrap().created
    }

    async fn order(&self, id: &str) -> device::Order {
        let request = device::GetOrderRequest { device: reference(id) };
        told(self.hub.device(&self.caller).get_order(request).await).unwrap()
    }

    async fn acknowledge(&self, request: proto::AcknowledgeDeviceWorkRequest) {
        let request = proto::AcknowledgeDeviceWorkRequest { consumer: "test".into(), ..request };
        told(self.hub.events(&self.caller).acknowledge_device_work(request).await).unwrap();
    }

    async fn done(&self, resume_token: String) {
        self.acknowledge(proto::AcknowledgeDeviceWorkRequest {
            resume_token,
            ..Default::default()
        })
        .await;
    }
}

fn reference(id: &str) -> Option<device::DeviceRef> {
    Some(device::DeviceRef { tenant: "default".into(), controller_id: id.into() })
}

async fn next(stream: &mut Stream) -> (proto::DeviceWork, String) {
    loop {
        let message = timeout(Duration::from_secs(60), stream.next()).await.expect("some work");
        let message = message.unwrap().unwrap();
        if let Some(work) = message.work {
            return (work, message.resume_token);
        }
    }
}

async fn is_quiet(stream: &mut Stream) {
    let quiet = async {
        while let Some(message) = stream.next().await {
            assert_eq!(message.unwrap().work, None);
        }
    };
    assert!(timeout(Duration::from_millis(400), quiet).await.is_err(), "the stream ended");
}

/// A stream that has its turn, and whose consumer is known from here on.
async fn begun(world: &World, adapter: &Adapter) -> Stream {
    let mut stream = adapter.watch().await;
    world.operator().target("marker").await;
    adapter.register("marker").await;
    let set = world.operator().set("marker").await;
    // whatever was told before the stream had its turn is not its matter
    loop {
        let action = world.operator().assign("marker", set).await;
        if let Ok((_, token)) = timeout(Duration::from_secs(20), next(&mut stream)).await {
            adapter.done(token).await;
            return stream;
        }
        world.operator().cancel(action).await.unwrap();
    }
}

async fn work_comes_again_until_it_is_acknowledged(ground: Ground) {
    let world = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut stream = begun(&world, &adapter).await;
    let set = boss.set("s").await;
    for id in ["a", "b"] {
        assert!(adapter.register(id).await);
        boss.assign(id, set).await;
    }
    boss.target("by-http").await;
    boss.assign("by-http", set).await;
    let (first, token) = next(&mut stream).await;
    assert_eq!((first.controller_id.as_str(), first.kind()), ("a", Kind::OfferChanged));
    assert_eq!((first.tenant.as_str(), first.address.as_str()), ("DEFAULT", "amqp:/replies"));
    assert_eq!(next(&mut stream).await.0.controller_id, "b");
    is_quiet(&mut stream).await;
    drop(stream);
    let mut stream = adapter.watch().await;
    assert_eq!(next(&mut stream).await.0, first);
    adapter.done(token).await;
    drop(stream);
    // another node goes on where this one was
    let two = World::open(&ground).await;
    let mut stream = Adapter::of(&two).watch().await;
    assert_eq!(next(&mut stream).await.0.controller_id, "b");
    is_quiet(&mut stream).await;
}

async fn an_assignment_that_replaces_another_is_a_cancellation_and_one_order(ground: Ground) {
    let world = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut stream = begun(&world, &adapter).await;
    adapter.register("a").await;
    let one = boss.assign("a", boss.set("s1").await).await;
    assert_eq!(next(&mut stream).await.0.action, one);
    let order = adapter.order("a").await;
    assert_eq!(order.offer.unwrap().kind(), OfferKind::Deployment);
    assert_eq!(order.deployment.unwrap().action, one);
    let two = boss.assign("a", boss.set("s2").await).await;
    let (work, _) = next(&mut stream).await;
    assert_eq!((work.kind(), work.action), (Kind::Cancel, one));
    let (work, _) = next(&mut stream).await;
    assert_eq!((work.kind(), work.action), (Kind::OfferChanged, two));
    is_quiet(&mut stream).await;
    let order = adapter.order("a").await;
    assert_eq!(order.offer.unwrap().kind(), OfferKind::Cancellation);
    assert_eq!(order.deployment, None);
}

async fn what_the_device_knows_is_no_work(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut stream = begun(&world, &adapter).await;
    adapter.register("a").await;
    let action = boss.assign("a", boss.set("s").await).await;
    assert_eq!(next(&mut stream).await.0.kind(), Kind::OfferChanged);
    let thing = crate::device::Device::new(world.near(), Caller::adapter("test"), "a");
    boss.cancel(action).await.unwrap();
    assert_eq!(next(&mut stream).await.0.kind(), Kind::Cancel);
    thing.answer_cancel(action, device::CancelOutcome::Refused).await.unwrap();
    for outcome in [Outcome::Retrieved, Outcome::Downloading, Outcome::Proceeding] {
        thing.report(action, outcome).await.unwrap();
    }
    is_quiet(&mut stream).await;
    thing.report(action, Outcome::Succeeded).await.unwrap();
    assert_eq!(next(&mut stream).await.0.kind(), Kind::AttributesRequested);
    assert_eq!(next(&mut stream).await.0.kind(), Kind::OfferChanged);
    assert_eq!(adapter.order("a").await.offer, None);
}

async fn undelivered_work_is_kept_and_handed_out_again(ground: Ground) {
    let world = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut stream = begun(&world, &adapter).await;
    adapter.register("a").await;
    boss.assign("a", boss.set("s").await).await;
    let (work, token) = next(&mut stream).await;
    let held =
        |work: &proto::DeviceWork, resume_token: String| proto::AcknowledgeDeviceWorkRequest {
            resume_token,
            undelivered: vec![proto::UndeliveredWork {
                work: Some(work.clone()),
                cause: "nobody there".into(),
            }],
            ..Default::default()
        };
    adapter.acknowledge(held(&work, token)).await;
    is_quiet(&mut stream).await;
    world.clock.advance(Duration::from_secs(10));
    let (again, token) = next(&mut stream).await;
    assert_eq!(token, "");
    assert_eq!(proto::DeviceWork { held: 0, ..again.clone() }, work);
    adapter.acknowledge(held(&again, String::new())).await;
    world.clock.advance(Duration::from_secs(10));
    is_quiet(&mut stream).await;
    world.clock.advance(Duration::from_secs(10));
    let (third, _) = next(&mut stream).await;
    assert_eq!(third.held, again.held);
    adapter
        .acknowledge(proto::AcknowledgeDeviceWorkRequest {
            held_done: vec![third.held],
            ..Default::default()
        })
        .await;
    world.clock.advance(Duration::from_secs(3600));
    is_quiet(&mut stream).await;
}

async fn one_stream_at_a_time_has_the_work(ground: Ground) {
    let world = World::open(&ground).await;
    let two = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut first = begun(&world, &adapter).await;
    let mut near = adapter.watch().await;
    // SQLite has one node only
    let mut far = match ground.url().starts_with("postgres") {
        true => Some(Adapter::of(&two).watch().await),
        false => None,
    };
    adapter.register("a").await;
    boss.assign("a", boss.set("s").await).await;
    let (work, _) = next(&mut first).await;
    is_quiet(&mut near).await;
    if let Some(far) = &mut far {
        is_quiet(far).await;
    }
    drop(first);
    let next = next(&mut near);
    let taken = match &mut far {
        None => next.await.0,
        Some(far) => tokio::select! {
            (work, _) = next => work,
            (work, _) = self::next(far) => work,
        },
    };
    assert_eq!(taken, work);
}

async fn registrations_and_deletions_are_work(ground: Ground) {
    let world = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    let mut stream = begun(&world, &adapter).await;
    assert!(adapter.register("a").await);
    assert!(!adapter.register("a").await);
    is_quiet(&mut stream).await;
    let action = boss.assign("a", boss.set("s").await).await;
    assert_eq!(next(&mut stream).await.0.kind(), Kind::OfferChanged);
    assert!(!adapter.register("a").await);
    let (work, _) = next(&mut stream).await;
    assert_eq!((work.kind(), work.action), (Kind::Registered, action));
    let seen = boss.see("a").await.unwrap();
    assert_eq!(seen.address, "amqp:/replies");
    let mut device = adapter.hub.device(&adapter.caller);
    let which = device::GetActionDeviceRequest { tenant: "Default".into(), action };
    assert_eq!(told(device.get_action_device(which).await).unwrap().controller_id, "a");
    let gone = device::UnregisterRequest { device: reference("a") };
    told(device.unregister(gone.clone()).await).unwrap();
    let (work, _) = next(&mut stream).await;
    assert_eq!((work.kind(), work.address.as_str()), (Kind::TargetDeleted, "amqp:/replies"));
    assert_eq!(reason(told(device.unregister(gone).await)), Reason::NotFound);
    let unnamed = boss.see("a").await;
    assert_eq!(reason(unnamed), Reason::NotFound);
}

async fn strangers_get_no_work_and_no_orders(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    // over the public socket nobody can say to be an adapter
    let far = Adapter { hub: world.far().await, caller: Caller::adapter("test") };
    let boss = Adapter { hub: world.near(), caller: Caller::basic("boss", "boss") };
    for stranger in [far, boss] {
        let mut events = stranger.hub.events(&stranger.caller);
        let watch = proto::WatchDeviceWorkRequest::default();
        let refused = told(events.watch_device_work(watch).await).map(|_| ());
        assert_eq!(reason(refused), Reason::Unauthenticated);
        let done = proto::AcknowledgeDeviceWorkRequest::default();
        let refused = told(events.acknowledge_device_work(done).await);
        assert_eq!(reason(refused), Reason::Unauthenticated);
        let mut device = stranger.hub.device(&stranger.caller);
        let order = device::GetOrderRequest { device: reference("a") };
        assert_eq!(reason(told(device.get_order(order).await)), Reason::Unauthenticated);
        let gone = device::UnregisterRequest { device: reference("a") };
        assert_eq!(reason(told(device.unregister(gone).await)), Reason::Unauthenticated);
        let register = device::RegisterRequest { device: reference("a"), ..Default::default() };
        assert_eq!(reason(told(device.register(register).await)), Reason::Unauthenticated);
    }
}

async fn a_repeated_report_changes_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let (boss, adapter) = (world.operator(), Adapter::of(&world));
    adapter.register("a").await;
    let action = boss.assign("a", boss.set("s").await).await;
    let thing = crate::device::Device::new(world.near(), Caller::adapter("test"), "a");
    let mut word = thing.word(action, Outcome::Proceeding);
    word.request_id = "one".into();
    word.messages = vec!["said".into()];
    let told = async || {
        let history = boss.history(action).await;
        history.iter().filter(|entry| entry.messages.contains(&"said".to_owned())).count()
    };
    for first_delivery in [true, false, false] {
        word.first_delivery = first_delivery;
        thing.say(word.clone()).await.unwrap();
        assert_eq!(told().await, 1);
    }
    // the same words, said once more on purpose
    word.first_delivery = true;
    thing.say(word.clone()).await.unwrap();
    assert_eq!(told().await, 2);
}

async fn what_rollouts_and_filters_start_is_work(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let adapter = Adapter::of(&fleet.world);
    let mut stream = begun(&fleet.world, &adapter).await;
    for id in ["d00", "d01"] {
        assert!(!adapter.register(id).await);
    }
    let name = fleet.ready(fleet.draft(2)).await;
    is_quiet(&mut stream).await;
    fleet.wish(&name, Wish::Start).await.unwrap();
    for id in ["d00", "d01"] {
        let action = next_order(&mut stream, &adapter, id).await;
        let order = adapter.order(id).await;
        assert_eq!(order.offer.map(|offer| offer.action), Some(action));
        // the second group starts with the first one's end
        fleet.answer(&[id], Outcome::Succeeded).await;
    }
    let set = fleet.boss.set("later").await;
    let filter = fleet.boss.filter("later", "controller_id = d01").await.unwrap().name;
    fleet.boss.let_assign(&filter, Some(automatic(set))).await.unwrap();
    next_order(&mut stream, &adapter, "d01").await;
}

/// Waits for the news that there is something to install for a device; gives the action.
async fn next_order(stream: &mut Stream, adapter: &Adapter, id: &str) -> i64 {
    loop {
        let (work, _) = next(stream).await;
        if work.controller_id == id
            && work.kind() == Kind::OfferChanged
            && adapter
                .order(id)
                .await
                .offer
                .is_some_and(|offer| offer.kind() == OfferKind::Deployment)
        {
            return work.action;
        }
    }
}
