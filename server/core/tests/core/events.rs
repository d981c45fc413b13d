//! `WatchEvents`: what happens, as it happens, from any point on.

use crate::fleet::Fleet;
use crate::harness::Ground;
use crate::operator::{Operator, reason, told};
use crate::world::World;
use futures::StreamExt;
use otahub_client::{Caller, HubError, Reason, proto};
use proto::EventKind;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;

crate::on_each_database!(
    a_reader_that_resumes_misses_nothing,
    only_what_is_asked_for_comes,
    a_stream_of_another_tenant_or_without_permission_is_refused,
    a_token_from_before_the_log_is_refused,
    streams_end_with_a_reason_to_resume_when_the_hub_does,
    rollouts_users_and_tenants_are_told_to_who_may_see_them,
);

type Events = Streaming<proto::WatchEventsResponse>;

async fn watch(boss: &Operator, request: proto::WatchEventsRequest) -> Result<Events, HubError> {
    told(boss.hub.events(&boss.caller).watch_events(request).await)
}

/// The next event, with where to resume; signs of life are passed over.
async fn next(events: &mut Events) -> (proto::Event, String) {
    loop {
        let message = timeout(Duration::from_secs(60), events.next()).await.expect("an event");
        let message = message.expect("no end").expect("no error");
        if let Some(event) = message.event {
            return (event, message.resume_token);
        }
        assert!(!message.resume_token.is_empty(), "a sign of life says where to resume");
    }
}

/// The token of a stream that begins now.
async fn now(boss: &Operator) -> String {
    let mut events = watch(boss, proto::WatchEventsRequest::default()).await.unwrap();
    events.next().await.unwrap().unwrap().resume_token
}

async fn a_reader_that_resumes_misses_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let mut resume_token = now(&boss).await;
    for number in 0..20 {
        boss.target(&format!("t{number}")).await;
    }
    // each event by a stream of its own, on one of two nodes
    let two = World::open(&ground).await;
    for number in 0..20 {
        let boss = if number % 2 == 0 { &boss } else { &two.operator() };
        let asked = proto::WatchEventsRequest { resume_token, ..Default::default() };
        let mut events = watch(boss, asked).await.unwrap();
        let (event, token) = next(&mut events).await;
        assert_eq!(event.kind(), EventKind::TargetCreated);
        assert_eq!(event.resource, format!("targets/t{number}"));
        assert_eq!(event.target, event.resource);
        resume_token = token;
    }
}

async fn only_what_is_asked_for_comes(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for id in ["a", "b"] {
        boss.target(id).await;
    }
    let of_b = proto::WatchEventsRequest {
        kinds: vec![EventKind::ActionCreated.into()],
        target: "targets/b".into(),
        ..Default::default()
    };
    let mut events = watch(&boss, of_b).await.unwrap();
    boss.assign("a", set).await;
    let action = boss.assign("b", set).await;
    let (event, _) = next(&mut events).await;
    assert_eq!(event.resource, format!("actions/{action}"));
    assert_eq!((event.target, event.action), ("targets/b".into(), event.resource));
    let of_action = proto::WatchEventsRequest {
        action: format!("actions/{action}"),
        resume_token: "0".into(),
        ..Default::default()
    };
    let mut events = watch(&boss, of_action).await.unwrap();
    assert_eq!(next(&mut events).await.0.kind(), EventKind::ActionCreated);
    boss.cancel(action).await.unwrap();
    assert_eq!(next(&mut events).await.0.kind(), EventKind::ActionUpdated);
}

async fn a_stream_of_another_tenant_or_without_permission_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let asked = proto::WatchEventsRequest::default();
    let poor = world.operator_with("poor", &["READ_DISTRIBUTION_SET"]).await;
    assert_eq!(reason(watch(&poor, asked.clone()).await.map(|_| ())), Reason::PermissionDenied);
    let stranger = Caller::anonymous();
    let refused = told(world.near().events(&stranger).watch_events(asked).await).map(|_| ());
    assert_eq!(reason(refused), Reason::Unauthenticated);
}

async fn a_token_from_before_the_log_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("a").await;
    let resume_token = now(&boss).await;
    boss.target("b").await;
    let later = otahub_domain::Timestamp::from_millis(crate::world::START + 1);
    world
        .store
        .write(otahub_store::Lane::ANY, move |session| {
            Box::pin(async move { session.trim_events(later).await })
        })
        .await
        .unwrap();
    for resume_token in [resume_token, "-1".into(), "x".into()] {
        let asked = proto::WatchEventsRequest { resume_token, ..Default::default() };
        assert_eq!(reason(watch(&boss, asked).await.map(|_| ())), Reason::InvalidField);
    }
}

async fn streams_end_with_a_reason_to_resume_when_the_hub_does(ground: Ground) {
    let world = World::open(&ground).await;
    let mut events = watch(&world.operator(), proto::WatchEventsRequest::default()).await.unwrap();
    world.hub.end_streams();
    let last = loop {
        match events.next().await {
            Some(Ok(_)) => {}
            Some(Err(status)) => break HubError::from(status),
            None => panic!("the stream ends without a word"),
        }
    };
    assert_eq!(last.reason, Reason::Unavailable);
    assert!(last.is_transient());
}

async fn rollouts_users_and_tenants_are_told_to_who_may_see_them(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let rollout = fleet.ready(fleet.draft(2)).await;
    let asked = proto::WatchEventsRequest {
        rollout: rollout.clone(),
        resume_token: "0".into(),
        ..Default::default()
    };
    let mut events = watch(&fleet.boss, asked.clone()).await.unwrap();
    let (made, _) = next(&mut events).await;
    assert_eq!((made.kind(), &made.resource), (EventKind::RolloutCreated, &rollout));
    let (group, _) = loop {
        let next = next(&mut events).await;
        if next.0.resource.contains("/groups/") {
            break next;
        }
    };
    assert_eq!((group.kind(), &group.rollout), (EventKind::RolloutUpdated, &rollout));

    let world = &fleet.world;
    world.operator_with("reader", &["READ_TARGET"]).await;
    let filter = fleet.boss.filter("late", "name = x").await.unwrap().name;
    let everything = proto::WatchEventsRequest { resume_token: "0".into(), ..Default::default() };
    let reader = Operator::new(world.near(), "reader");
    let mut events = watch(&reader, everything).await.unwrap();
    loop {
        let (event, _) = next(&mut events).await;
        assert!(event.rollout.is_empty(), "{event:?}");
        assert_ne!(event.kind(), EventKind::UserChanged);
        if event.kind() == EventKind::TargetFilterChanged {
            assert_eq!(event.resource, filter);
            break;
        }
    }
    let odd = proto::WatchEventsRequest { rollout: "rollouts/x".into(), ..asked };
    assert_eq!(reason(watch(&fleet.boss, odd).await.map(|_| ())), Reason::InvalidField);
}
