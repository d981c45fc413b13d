//! `WatchActions`: what is there, and then what changes.

use crate::fleet::{Fleet, Wish};
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::orders::wish;
use crate::world::World;
use otahub_client::device::Outcome;
use otahub_client::proto::{ActionChange as Change, ActionState, Reason, RolloutState};
use otahub_client::{names, proto};
use proto::{WatchActionsRequest, WatchActionsResponse};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;

on_each_database!(
    a_watch_tells_what_is_there_and_then_what_changes,
    a_watch_that_resumes_goes_on_without_a_snapshot,
    a_watch_of_one_target_rollout_or_set_tells_nothing_else,
    a_snapshot_of_many_tells_each_once,
    what_cannot_be_watched_is_refused,
    watches_end_with_a_reason_to_resume_when_the_hub_does,
);

pub(crate) type Actions = Streaming<WatchActionsResponse>;

/// Watches actions.
pub(crate) async fn watch(boss: &Operator, request: WatchActionsRequest) -> Answer<Actions> {
    told(boss.hub.actions(&boss.caller).watch_actions(request).await)
}

/// The next message.
pub(crate) async fn message(actions: &mut Actions) -> WatchActionsResponse {
    let message = timeout(Duration::from_secs(60), actions.message()).await;
    message.expect("something is told").expect("no error").expect("no end")
}

/// The next message that tells something of an action.
async fn next(actions: &mut Actions) -> WatchActionsResponse {
    loop {
        let message = message(actions).await;
        assert!(!message.snapshot_complete);
        if message.change() != Change::Unspecified {
            return message;
        }
    }
}

/// What is there: the names of the actions, and where to go on.
async fn snapshot(actions: &mut Actions) -> (Vec<String>, String) {
    let mut names = Vec::new();
    loop {
        let message = message(actions).await;
        if message.snapshot_complete {
            assert_eq!((message.change(), message.action), (Change::Unspecified, None));
            return (names, message.resume_token);
        }
        assert_eq!(message.change(), Change::Present);
        assert_eq!(message.resume_token, "", "a broken snapshot begins anew");
        let action = message.action.unwrap();
        assert_eq!((&action.name, &action.target), (&message.name, &message.target));
        names.push(action.name);
    }
}

fn filtered(filter: &str) -> WatchActionsRequest {
    WatchActionsRequest { filter: filter.into(), ..Default::default() }
}

async fn a_watch_tells_what_is_there_and_then_what_changes(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for id in ["a", "b", "c"] {
        boss.target(id).await;
    }
    let (a, b) = (boss.assign("a", set).await, boss.assign("b", set).await);
    let mut actions = watch(&boss, filtered("active = true")).await.unwrap();
    assert_eq!(snapshot(&mut actions).await.0, [names::action(a), names::action(b)]);
    world.device("a").report(a, Outcome::Succeeded).await.unwrap();
    let left = next(&mut actions).await;
    assert_eq!((left.change(), left.action), (Change::Left, None));
    assert_eq!((left.name, left.target), (names::action(a), names::target("a")));
    let c = boss.assign("c", set).await;
    let made = next(&mut actions).await;
    assert_eq!((made.change(), &made.name), (Change::Updated, &names::action(c)));
    assert_eq!(made.action.unwrap().state(), ActionState::Running);
    boss.cancel(b).await.unwrap();
    let changed = next(&mut actions).await;
    assert_eq!((changed.change(), &changed.name), (Change::Updated, &names::action(b)));
    assert_eq!(changed.action.unwrap().state(), ActionState::Canceling);
    boss.delete_target("b").await;
    let gone = next(&mut actions).await;
    assert_eq!((gone.change(), gone.name.as_str()), (Change::TargetDeleted, ""));
    assert_eq!(gone.target, names::target("b"));
    // what was told that it left is not told of again
    boss.delete_target("a").await;
    boss.cancel(c).await.unwrap();
    assert_eq!(next(&mut actions).await.name, names::action(c));
}

async fn a_watch_that_resumes_goes_on_without_a_snapshot(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for id in ["a", "b"] {
        boss.target(id).await;
    }
    let a = boss.assign("a", set).await;
    let mut actions = watch(&boss, filtered("active = true")).await.unwrap();
    let (_, resume_token) = snapshot(&mut actions).await;
    drop(actions);
    let b = boss.assign("b", set).await;
    world.device("a").report(a, Outcome::Succeeded).await.unwrap();
    let again = WatchActionsRequest { resume_token, ..filtered("active = true") };
    let mut actions = watch(&boss, again).await.unwrap();
    let first = next(&mut actions).await;
    assert_eq!((first.change(), first.name), (Change::Updated, names::action(b)));
    let second = next(&mut actions).await;
    assert_eq!((second.change(), second.name), (Change::Left, names::action(a)));
    let resume_token = first.resume_token;
    let again = WatchActionsRequest { resume_token, ..filtered("active = true") };
    let mut actions = watch(&boss, again).await.unwrap();
    let after_first = next(&mut actions).await;
    assert_eq!(after_first.name, names::action(a), "the first one is not told again");
}

async fn a_watch_of_one_target_rollout_or_set_tells_nothing_else(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let boss = &fleet.boss;
    let rollout = fleet.ready(fleet.draft(1)).await;
    let other = boss.set("other").await;
    boss.target("x").await;
    let of_target = WatchActionsRequest { target: names::target("x"), ..Default::default() };
    let of_rollout = WatchActionsRequest { rollout: rollout.clone(), ..filtered("active = true") };
    let distribution_set = names::distribution_set(other);
    let of_set = WatchActionsRequest { distribution_set, ..Default::default() };
    let mut watches = Vec::new();
    for request in [of_target, of_rollout, of_set] {
        let mut actions = watch(boss, request).await.unwrap();
        assert_eq!(snapshot(&mut actions).await.0.len(), 0);
        watches.push(actions);
    }
    let x = boss.assign("x", fleet.set).await;
    fleet.wish(&rollout, Wish::Start).await.unwrap();
    fleet.until(&rollout, RolloutState::Running).await;
    let y = boss.assign("x", other).await;
    let mut told = BTreeSet::new();
    while told.len() < 2 {
        let message = next(&mut watches[1]).await;
        assert_eq!(message.action.unwrap().rollout, rollout);
        told.insert(message.name);
    }
    assert_eq!(next(&mut watches[2]).await.name, names::action(y));
    let mut told = BTreeSet::new();
    while told.len() < 2 {
        let message = next(&mut watches[0]).await;
        assert_eq!(message.target, names::target("x"));
        told.insert(message.name);
    }
    assert_eq!(told, [names::action(x), names::action(y)].into());
}

async fn a_snapshot_of_many_tells_each_once(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let ids: Vec<String> = (0..1200).map(|number| format!("t{number}")).collect();
    for some in ids.chunks(600) {
        let target = |id: &String| proto::CreateTargetRequest {
            target: Some(proto::Target { controller_id: id.clone(), ..Default::default() }),
            ..Default::default()
        };
        let requests = some.iter().map(target).collect();
        let request = proto::BatchCreateTargetsRequest { requests, ..Default::default() };
        told(boss.hub.targets(&boss.caller).batch_create_targets(request).await).unwrap();
    }
    boss.assign_all(ids.iter().map(|id| wish(id, set)).collect()).await.unwrap();
    let mut actions = watch(&boss, filtered("active = true")).await.unwrap();
    let (names, _) = snapshot(&mut actions).await;
    assert_eq!(names.len(), 1200);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 1200);
}

async fn what_cannot_be_watched_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let refused = |request| async { reason(watch(&boss, request).await.map(|_| ())) };
    for filter in ["actve = true", "active ="] {
        assert_eq!(refused(filtered(filter)).await, Reason::InvalidField);
    }
    for resume_token in ["x", "-1"] {
        let resume_token = resume_token.into();
        let request = WatchActionsRequest { resume_token, ..Default::default() };
        assert_eq!(refused(request).await, Reason::InvalidField);
    }
    let target = names::target("nobody");
    let request = WatchActionsRequest { target, ..Default::default() };
    assert_eq!(refused(request).await, Reason::NotFound);
    let poor = world.operator_with("poor", &["READ_DISTRIBUTION_SET"]).await;
    let denied = watch(&poor, WatchActionsRequest::default()).await.map(|_| ());
    assert_eq!(reason(denied), Reason::PermissionDenied);
}

async fn watches_end_with_a_reason_to_resume_when_the_hub_does(ground: Ground) {
    let world = World::open(&ground).await;
    let mut actions = watch(&world.operator(), WatchActionsRequest::default()).await.unwrap();
    snapshot(&mut actions).await;
    world.hub.end_streams();
    let last = loop {
        match actions.message().await {
            Ok(message) => assert!(message.is_some(), "the stream ends without a word"),
            Err(status) => break otahub_client::HubError::from(status),
        }
    };
    assert_eq!(last.reason, Reason::Unavailable);
}
