//! Every limit: what just fits is taken, what is one too many is refused as a whole. Limits of
//! artifacts stand with the uploads that are refused.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, draft, told};
use crate::orders::wish;
use crate::world::World;
use otahub_client::device::Outcome;
use otahub_client::proto::{self, ActionState, Metadata, Reason};
use otahub_client::{HubError, names};
use otahub_core::HubOptions;
use otahub_domain::tenant::Quotas;
use std::fmt::Debug;

on_each_database!(
    attributes_of_a_target,
    metadata_of_targets_sets_and_modules,
    modules_of_a_set,
    kinds_that_belong_to_a_kind,
    history_and_messages_of_an_action,
    assignments_in_one_request,
    actions_of_a_target,
    actions_of_a_target_that_make_room,
);

async fn world(ground: &Ground, quotas: Quotas) -> World {
    let world = World::open_with(ground, HubOptions { quotas, ..HubOptions::default() }).await;
    world.operator().open_gateway().await;
    world
}

/// Checks that something was one too many.
fn full<T: Debug>(answer: Answer<T>, limit: u64) {
    let error: HubError = answer.unwrap_err();
    assert_eq!((error.reason, error.code), (Reason::QuotaExceeded, tonic::Code::ResourceExhausted));
    assert_eq!(error.detail("limit"), Some(limit.to_string().as_str()));
}

async fn attributes_of_a_target(ground: Ground) {
    let world = world(&ground, Quotas { attributes_per_target: 2, ..Quotas::default() }).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    device.attribute("a", "1").await.unwrap();
    device.attribute("b", "1").await.unwrap();
    full(device.attribute("c", "1").await, 2);
    device.attribute("a", "2").await.unwrap();
    let request = proto::GetTargetAttributesRequest { name: names::target("d1") };
    let found = told(boss.hub.targets(&boss.caller).get_target_attributes(request).await);
    let mut found: Vec<_> = found.unwrap().attributes.into_iter().collect();
    found.sort();
    assert_eq!(found, [("a".into(), "2".into()), ("b".into(), "1".into())]);
}

/// Metadata of something.
#[derive(Clone, Copy)]
enum Owner {
    Target,
    Set(i64),
    Module(i64),
}

impl Operator {
    async fn put_metadata(&self, owner: Owner, keys: &[&str]) -> Answer<()> {
        let entry = |key: &&str| Metadata { key: (*key).into(), ..Default::default() };
        let metadata: Vec<_> = keys.iter().map(entry).collect();
        match owner {
            Owner::Target => {
                let parent = names::target("d1");
                let request =
                    proto::CreateTargetMetadataRequest { parent, metadata, ..Default::default() };
                let mut targets = self.hub.targets(&self.caller);
                told(targets.create_target_metadata(request).await).map(|_| ())
            }
            Owner::Set(id) => {
                let parent = names::distribution_set(id);
                let request = proto::UpdateDistributionSetMetadataRequest { parent, metadata };
                let mut sets = self.hub.distribution_sets(&self.caller);
                told(sets.update_distribution_set_metadata(request).await).map(|_| ())
            }
            Owner::Module(id) => {
                let parent = names::software_module(id);
                let request = proto::UpdateSoftwareModuleMetadataRequest { parent, metadata };
                let mut software = self.hub.software(&self.caller);
                told(software.update_software_module_metadata(request).await).map(|_| ())
            }
        }
    }

    async fn metadata_keys(&self, owner: Owner) -> Vec<String> {
        let metadata = match owner {
            Owner::Target => {
                let parent = names::target("d1");
                let request = proto::ListTargetMetadataRequest { parent, ..Default::default() };
                let listed = self.hub.targets(&self.caller).list_target_metadata(request).await;
                told(listed).unwrap().metadata
            }
            Owner::Set(id) => {
                let parent = names::distribution_set(id);
                let request =
                    proto::ListDistributionSetMetadataRequest { parent, ..Default::default() };
                let mut sets = self.hub.distribution_sets(&self.caller);
                told(sets.list_distribution_set_metadata(request).await).unwrap().metadata
            }
            Owner::Module(id) => {
                let parent = names::software_module(id);
                let request =
                    proto::ListSoftwareModuleMetadataRequest { parent, ..Default::default() };
                let mut software = self.hub.software(&self.caller);
                told(software.list_software_module_metadata(request).await).unwrap().metadata
            }
        };
        metadata.into_iter().map(|entry| entry.key).collect()
    }
}

async fn metadata_of_targets_sets_and_modules(ground: Ground) {
    let quotas = Quotas {
        metadata_per_target: 2,
        metadata_per_set: 3,
        metadata_per_module: 4,
        ..Quotas::default()
    };
    let world = world(&ground, quotas).await;
    let boss = world.operator();
    boss.target("d1").await;
    let (set, module) = boss.set_and_module("s").await;
    for (owner, limit) in [(Owner::Target, 2), (Owner::Set(set), 3), (Owner::Module(module), 4)] {
        let keys = &["a", "b", "c", "d"][..limit];
        boss.put_metadata(owner, &keys[1..]).await.unwrap();
        // one of the two would fit
        full(boss.put_metadata(owner, &["y", "z"]).await, limit as u64);
        assert_eq!(boss.metadata_keys(owner).await, keys[1..]);
        boss.put_metadata(owner, &keys[..1]).await.unwrap();
        full(boss.put_metadata(owner, &["z"]).await, limit as u64);
        assert_eq!(boss.metadata_keys(owner).await, keys);
    }
    boss.put_metadata(Owner::Set(set), &["a"]).await.unwrap();
}

async fn modules_of_a_set(ground: Ground) {
    let world = world(&ground, Quotas { modules_per_set: 2, ..Quotas::default() }).await;
    let boss = world.operator();
    let mut modules = Vec::new();
    for name in ["1", "2", "3"] {
        modules.push(boss.module("application", name).await);
    }
    let of = |name: &str, modules: &[i64]| proto::DistributionSet {
        type_key: "app".into(),
        ..draft(name, modules)
    };
    full(boss.set_of(of("s", &modules)).await, 2);
    // the name is free: nothing was made
    let set = boss.set_of(of("s", &modules[..1])).await.unwrap();
    let change = |add: &[i64]| {
        let request = proto::ChangeDistributionSetModulesRequest {
            name: names::distribution_set(set),
            add_modules: add.iter().map(|id| names::software_module(*id)).collect(),
            ..Default::default()
        };
        let mut sets = boss.hub.distribution_sets(&boss.caller);
        async move { told(sets.change_distribution_set_modules(request).await) }
    };
    full(change(&modules[1..]).await, 2);
    let changed = change(&modules[1..2]).await.unwrap();
    assert_eq!(changed.software_modules.len(), 2);
}

async fn kinds_that_belong_to_a_kind(ground: Ground) {
    let quotas =
        Quotas { module_types_per_set_type: 1, set_types_per_target_type: 2, ..Quotas::default() };
    let world = world(&ground, quotas).await;
    let boss = world.operator();
    let mut api = boss.hub.software_types(&boss.caller);
    let types = told(
        api.list_software_module_types(proto::ListSoftwareModuleTypesRequest::default()).await,
    )
    .unwrap();
    let types: Vec<_> = types.software_module_types.into_iter().map(|t| t.name).collect();
    let set_type = |modules: &[String]| {
        let kind = proto::DistributionSetType {
            key: "k".into(),
            display_name: "k".into(),
            optional_module_types: modules.to_vec(),
            ..Default::default()
        };
        let request = proto::CreateDistributionSetTypeRequest {
            distribution_set_type: Some(kind),
            ..Default::default()
        };
        let mut api = boss.hub.distribution_set_types(&boss.caller);
        async move { told(api.create_distribution_set_type(request).await) }
    };
    full(set_type(&types[..2]).await, 1);
    set_type(&types[..1]).await.unwrap();
    let mut api = boss.hub.distribution_set_types(&boss.caller);
    let types = told(
        api.list_distribution_set_types(proto::ListDistributionSetTypesRequest::default()).await,
    )
    .unwrap();
    let types: Vec<_> = types.distribution_set_types.into_iter().map(|t| t.name).collect();
    let target_type = |sets: &[String]| {
        let kind = proto::TargetType {
            display_name: "k".into(),
            distribution_set_types: sets.to_vec(),
            ..Default::default()
        };
        let request =
            proto::CreateTargetTypeRequest { target_type: Some(kind), ..Default::default() };
        let mut api = boss.hub.target_types(&boss.caller);
        async move { told(api.create_target_type(request).await) }
    };
    full(target_type(&types[..3]).await, 2);
    target_type(&types[..2]).await.unwrap();
}

async fn history_and_messages_of_an_action(ground: Ground) {
    let quotas =
        Quotas { status_entries_per_action: 3, messages_per_status: 2, ..Quotas::default() };
    let world = world(&ground, quotas).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let mut word = device.word(action, Outcome::Proceeding);
    word.messages = vec!["x".repeat(1024), "third".into()];
    full(device.say(word.clone()).await, 2);
    word.messages.pop();
    device.say(word).await.unwrap();
    device.report(action, Outcome::Proceeding).await.unwrap();
    full(device.report(action, Outcome::Proceeding).await, 3);
    assert_eq!(boss.history(action).await.len(), 3);
    assert_eq!(boss.state(action).await, ActionState::Running);
    device.report(action, Outcome::Succeeded).await.unwrap();
    assert_eq!(boss.history(action).await.len(), 4);
}

async fn assignments_in_one_request(ground: Ground) {
    let world = world(&ground, Quotas { assignments_per_request: 2, ..Quotas::default() }).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for id in ["d1", "d2", "d3"] {
        boss.target(id).await;
    }
    full(boss.assign_all(["d1", "d2", "d3"].map(|id| wish(id, set)).to_vec()).await, 2);
    for id in ["d1", "d2", "d3"] {
        assert_eq!(boss.actions_of(id).await, []);
    }
    // what is said twice counts once
    let twice = ["d1", "d2", "d1"].map(|id| wish(id, set)).to_vec();
    assert_eq!(boss.assign_all(twice).await.unwrap().assigned_actions.len(), 2);
}

async fn actions_of_a_target(ground: Ground) {
    let world = world(&ground, Quotas { actions_per_target: 2, ..Quotas::default() }).await;
    let boss = world.operator();
    for id in ["d1", "d2"] {
        boss.target(id).await;
    }
    let first = boss.assign("d1", boss.set("1").await).await;
    let second = boss.assign("d1", boss.set("2").await).await;
    let (before, third) = (boss.see("d1").await.unwrap(), boss.set("3").await);
    full(boss.assign_with(wish("d1", third)).await, 2);
    // nor does the other target get it
    full(boss.assign_all(vec![wish("d2", third), wish("d1", third)]).await, 2);
    assert_eq!(boss.actions_of("d2").await, []);
    assert_eq!(boss.see("d1").await.unwrap(), before);
    let left: Vec<_> = boss.actions_of("d1").await.iter().map(|action| action.id).collect();
    assert_eq!(left, [second, first]);
    assert_eq!(boss.state(first).await, ActionState::Canceling);
}

async fn actions_of_a_target_that_make_room(ground: Ground) {
    let world = world(&ground, Quotas { actions_per_target: 4, ..Quotas::default() }).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let (mut sets, mut actions) = (Vec::new(), Vec::new());
    for name in ["1", "2", "3", "4", "5"] {
        sets.push(boss.set(name).await);
    }
    for set in &sets[..4] {
        actions.push(boss.assign("d1", *set).await);
    }
    boss.number("action.cleanup.onQuotaHit.percent", 50).await;
    let of = async || {
        let of = boss.actions_of("d1").await;
        of.iter().map(|action| (action.id, action.state())).collect::<Vec<_>>()
    };
    // nothing new, so nothing goes
    boss.assign_all(vec![wish("d1", sets[3])]).await.unwrap();
    assert_eq!(of().await.len(), 4);
    // the two oldest go, although they are still being cancelled; the newest is superseded
    let fifth = boss.assign("d1", sets[4]).await;
    let expected = [
        (fifth, ActionState::Running),
        (actions[3], ActionState::Canceling),
        (actions[2], ActionState::Canceling),
    ];
    assert_eq!(of().await, expected);
    let offer = device.poll().await.offer.unwrap();
    assert_eq!(offer.action, actions[2], "the oldest cancellation comes first");
    // a share of less than one action is none
    boss.number("action.cleanup.onQuotaHit.percent", 24).await;
    let more = boss.set("6").await;
    boss.assign("d1", more).await;
    let last = boss.set("7").await;
    full(boss.assign_with(wish("d1", last)).await, 4);
}
