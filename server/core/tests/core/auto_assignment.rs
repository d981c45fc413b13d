//! What target filters assign by themselves: at once, to each target once, by one node.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, told};
use crate::orders::wish;
use crate::target_filters::automatic;
use crate::world::World;
use otahub_client::device::Outcome;
use otahub_client::names;
use otahub_client::proto::{self, ActionState};
use otahub_core::{AutoAssigner, HubOptions};
use otahub_domain::tenant::Quotas;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

on_each_database!(
    targets_that_match_get_the_set_on_behalf_of_whoever_set_it,
    a_target_that_appears_or_changes_gets_the_set_at_once,
    nobody_gets_a_set_twice,
    targets_of_other_types_are_passed_over,
    what_was_taken_away_assigns_no_more,
    a_target_that_cannot_be_assigned_to_holds_up_nobody,
    time_alone_makes_targets_match,
    one_node_assigns_and_another_takes_over,
    consent_is_asked_for_as_the_filter_says,
    the_workers_assign_of_themselves,
);

/// How long a node may take to see what was committed.
const WITHIN: Duration = Duration::from_secs(10);
/// After this long all targets are looked over, whatever happened.
const SWEEP: Duration = Duration::from_secs(61);

/// Lets a node work until it has assigned so many times: on PostgreSQL an event is seen once all
/// older transactions have ended.
async fn until(assigner: &mut AutoAssigner, count: u64) {
    let (begun, mut assigned) = (Instant::now(), 0);
    loop {
        assigned += assigner.turn(true).await.unwrap();
        if assigned >= count {
            assert_eq!(assigned, count);
            return;
        }
        assert!(begun.elapsed() < WITHIN, "{assigned} of {count}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Lets a node look over all targets; how many got a set.
async fn sweep(world: &World, assigner: &mut AutoAssigner) -> u64 {
    world.clock.advance(SWEEP);
    assigner.turn(false).await.unwrap()
}

/// A filter that assigns a set.
async fn assigning(boss: &Operator, text: &str, auto: proto::AutoAssignment) -> String {
    let name = format!("f{}", auto.distribution_set.replace('/', "-"));
    let filter = boss.filter(&name, text).await.unwrap().name;
    boss.let_assign(&filter, Some(auto)).await.unwrap();
    filter
}

/// How many actions a target has.
async fn count(boss: &Operator, target: &str) -> usize {
    boss.actions_of(target).await.len()
}

async fn targets_that_match_get_the_set_on_behalf_of_whoever_set_it(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for n in 0..450 {
        boss.target(&format!("a{n}")).await;
    }
    boss.target("b").await;
    let chief = world.operator_with("chief", &["ROLE_TENANT_ADMIN"]).await;
    let auto = proto::AutoAssignment {
        r#type: proto::ActionType::Soft.into(),
        weight: Some(100),
        ..automatic(set)
    };
    assigning(&chief, "id = \"a*\"", auto).await;
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 450, "in batches");
    let [action] = boss.actions_of("a7").await.try_into().unwrap();
    assert_eq!((action.r#type(), action.weight), (proto::ActionType::Soft, 100));
    assert_eq!(
        (action.state(), action.audit.unwrap().creator.as_str()),
        (ActionState::Running, "chief")
    );
    let history = boss.history(action.id).await;
    assert_eq!(
        history[0].messages,
        [format!("Auto assignment by target filter: fdistributionSets-{set}")]
    );
    let target = boss.see("a7").await.unwrap();
    assert_eq!(target.assigned_set, names::distribution_set(set));
    assert_eq!(count(&boss, "b").await, 0);
    assert_eq!(sweep(&world, &mut assigner).await, 0);
}

async fn a_target_that_appears_or_changes_gets_the_set_at_once(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let mut sets = Vec::new();
    for (n, text) in [
        "id = \"new*\"",
        "attributes.hw = \"r2\"",
        "metadata.site = \"lab\"",
        "tags = \"pilot\"",
        "display_name = \"chosen\"",
        "group = \"g\"",
    ]
    .into_iter()
    .enumerate()
    {
        let set = boss.set(&format!("s{n}")).await;
        assigning(&boss, text, automatic(set)).await;
        sets.push(names::distribution_set(set));
    }
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 0);
    let gets = async |assigner: &mut AutoAssigner, id: &str, set: &String| {
        until(assigner, 1).await;
        assert_eq!(boss.see(id).await.unwrap().assigned_set, *set, "{id}");
    };
    // one is made, one registers itself
    boss.target("new1").await;
    gets(&mut assigner, "new1", &sets[0]).await;
    world.device("new2").poll().await;
    gets(&mut assigner, "new2", &sets[0]).await;
    let device = world.device("d");
    device.poll().await;
    device.attribute("hw", "r2").await.unwrap();
    gets(&mut assigner, "d", &sets[1]).await;
    let request = proto::CreateTargetMetadataRequest {
        parent: names::target("d"),
        metadata: vec![proto::Metadata {
            key: "site".into(),
            value: "lab".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    told(boss.hub.targets(&boss.caller).create_target_metadata(request).await).unwrap();
    gets(&mut assigner, "d", &sets[2]).await;
    tag(&boss, "pilot", "d").await;
    gets(&mut assigner, "d", &sets[3]).await;
    boss.update_target("d", "display_name", |t| t.display_name = "chosen".into()).await.unwrap();
    gets(&mut assigner, "d", &sets[4]).await;
    let request = proto::AssignTargetGroupRequest {
        group: "g".into(),
        controller_ids: vec!["d".into()],
        ..Default::default()
    };
    told(boss.hub.targets(&boss.caller).assign_target_group(request).await).unwrap();
    gets(&mut assigner, "d", &sets[5]).await;
    assert_eq!(sweep(&world, &mut assigner).await, 0);
}

async fn tag(boss: &Operator, name: &str, target: &str) {
    let mut tags = boss.hub.target_tags(&boss.caller);
    let tag = proto::TargetTag { display_name: name.into(), ..Default::default() };
    let request = proto::CreateTargetTagRequest { target_tag: Some(tag), ..Default::default() };
    let made = told(tags.create_target_tag(request).await).unwrap();
    let request = proto::AssignTargetTagRequest {
        name: made.name,
        assign_controller_ids: vec![target.into()],
        ..Default::default()
    };
    told(tags.assign_target_tag(request).await).unwrap();
}

async fn nobody_gets_a_set_twice(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let (set, other) = (boss.set("s").await, boss.set("other").await);
    let device = world.device("d");
    device.poll().await;
    assigning(&boss, "id = \"d\"", automatic(set)).await;
    let mut assigner = world.hub.auto_assigner();
    until(&mut assigner, 1).await;
    let [action] = boss.actions_of("d").await.try_into().unwrap();
    // neither after a failure, nor after another set, nor after a cancellation
    device.report(action.id, Outcome::Failed).await.unwrap();
    assert_eq!(sweep(&world, &mut assigner).await, 0);
    let newer = boss.assign("d", other).await;
    device.report(newer, Outcome::Succeeded).await.unwrap();
    assert_eq!(sweep(&world, &mut assigner).await, 0);
    assert_eq!(count(&boss, "d").await, 2);
    // but when the action is deleted, as if it had never been
    let request =
        proto::DeleteActionsRequest { names: vec![names::action(action.id)], ..Default::default() };
    told(boss.hub.actions(&boss.caller).delete_actions(request).await).unwrap();
    until(&mut assigner, 1).await;
    assert_eq!(count(&boss, "d").await, 2);
}

async fn targets_of_other_types_are_passed_over(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let mut types = boss.hub.target_types(&boss.caller);
    let kind = proto::TargetType { key: "valve".into(), ..Default::default() };
    let request = proto::CreateTargetTypeRequest { target_type: Some(kind), ..Default::default() };
    let valve = told(types.create_target_type(request).await).unwrap().name;
    for (id, target_type) in [("typed", valve.clone()), ("plain", String::new())] {
        let target = proto::Target { controller_id: id.into(), target_type, ..Default::default() };
        boss.create_target(target).await.unwrap();
    }
    assigning(&boss, "id = \"*\"", automatic(set)).await;
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 1);
    assert_eq!((count(&boss, "plain").await, count(&boss, "typed").await), (1, 0));
    let request = proto::GetDistributionSetRequest { name: names::distribution_set(set) };
    let found = told(boss.hub.distribution_sets(&boss.caller).get_distribution_set(request).await);
    let request = proto::ChangeTargetTypeSetTypesRequest {
        name: valve,
        add_set_types: vec![found.unwrap().r#type],
        remove_set_types: Vec::new(),
    };
    told(types.change_target_type_set_types(request).await).unwrap();
    until(&mut assigner, 1).await;
    assert_eq!(count(&boss, "typed").await, 1);
}

async fn what_was_taken_away_assigns_no_more(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let mut assigner = world.hub.auto_assigner();
    for (n, way) in ["unassigned", "deleted", "invalidated", "narrowed"].into_iter().enumerate() {
        let set = boss.set(way).await;
        let filter = assigning(&boss, "id = \"*\"", automatic(set)).await;
        // this node has seen the filter, and not yet that it is gone
        until(&mut assigner, n as u64).await;
        match way {
            "unassigned" => boss.let_assign(&filter, None).await.map(|_| ()).unwrap(),
            "deleted" => boss.delete_filter(&filter).await.unwrap(),
            "invalidated" => boss.invalidate(set).await,
            _ => {
                let none = |f: &mut proto::TargetFilter| f.filter = "id = \"none\"".into();
                boss.change_filter(&filter, "filter", none).await.unwrap();
            }
        }
        boss.target(&format!("t{n}")).await;
        assert_eq!(sweep(&world, &mut assigner).await, 0, "{way}");
        assert_eq!(count(&boss, &format!("t{n}")).await, 0, "{way}");
    }
}

async fn a_target_that_cannot_be_assigned_to_holds_up_nobody(ground: Ground) {
    let quotas = Quotas { actions_per_target: 1, ..Quotas::default() };
    let options = HubOptions { quotas, ..HubOptions::default() };
    let world = World::open_with(&ground, options).await;
    let boss = world.operator();
    let (set, other) = (boss.set("s").await, boss.set("other").await);
    for id in ["a", "full", "z"] {
        boss.target(id).await;
    }
    boss.assign_with(wish("full", other)).await.unwrap();
    assigning(&boss, "id = \"*\"", automatic(set)).await;
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 2);
    let full = boss.see("full").await.unwrap();
    assert_eq!(full.assigned_set, names::distribution_set(other));
}

async fn time_alone_makes_targets_match(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    world.device("d").poll().await;
    world.hub.flush_last_seen().await.unwrap();
    assigning(&boss, "last_poll_time < overdue()", automatic(set)).await;
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 0);
    world.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(assigner.turn(false).await.unwrap(), 1);
}

async fn one_node_assigns_and_another_takes_over(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    boss.target("a").await;
    assigning(&boss, "id = \"*\"", automatic(set)).await;
    let (mut one, mut two) = (world.hub.auto_assigner(), world.hub.auto_assigner());
    assert_eq!(one.turn(true).await.unwrap(), 1);
    assert_eq!(two.turn(true).await.unwrap(), 0);
    boss.target("b").await;
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(two.turn(true).await.unwrap(), 0, "the other has the lease still");
    assert_eq!(count(&boss, "b").await, 0);
    // the first is dead
    world.clock.advance(Duration::from_secs(16));
    assert_eq!(two.turn(true).await.unwrap(), 1);
    assert_eq!(count(&boss, "b").await, 1);
    boss.target("c").await;
    assert_eq!(sweep(&world, &mut two).await, 1);
    assert_eq!(one.turn(true).await.unwrap(), 0, "and is no more in charge");
}

async fn consent_is_asked_for_as_the_filter_says(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.switch("user.confirmation.flow.enabled", true).await;
    let (asks, asks_not) = (boss.set("asks").await, boss.set("asks not").await);
    boss.target("a").await;
    boss.target("b").await;
    let filter = assigning(&boss, "id = \"a\"", automatic(asks)).await;
    let shown = boss.see_filter(&filter).await.unwrap().auto_assignment.unwrap();
    assert_eq!(shown.confirmation_required, Some(true));
    let quiet = proto::AutoAssignment { confirmation_required: Some(false), ..automatic(asks_not) };
    assigning(&boss, "id = \"b\"", quiet).await;
    let mut assigner = world.hub.auto_assigner();
    assert_eq!(assigner.turn(true).await.unwrap(), 2);
    let [a] = boss.actions_of("a").await.try_into().unwrap();
    let [b] = boss.actions_of("b").await.try_into().unwrap();
    assert_eq!((a.state(), b.state()), (ActionState::WaitingForConfirmation, ActionState::Running));
}

async fn the_workers_assign_of_themselves(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.hub.start_workers(&tasks, &stop);
    let boss = world.operator();
    let set = boss.set("s").await;
    assigning(&boss, "id = \"d*\"", automatic(set)).await;
    for id in ["d1", "d2"] {
        let device = world.device(id);
        let begun = Instant::now();
        while device.offer().await.is_none() {
            assert!(begun.elapsed() < WITHIN, "nothing is on offer");
            sleep(Duration::from_millis(5)).await;
        }
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
