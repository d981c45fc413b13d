//! Requests with an id are done once, however often they come.

use crate::fleet::Fleet;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{bearer, draft, reason, steps, told, user};
use crate::orders::wish;
use crate::permission_table::{rpcs, send};
use crate::world::World;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::{self, Reason, RolloutState};
use otahub_client::{HubError, names};
use otahub_domain::Timestamp;
use otahub_store::Lane;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Code;

on_each_database!(
    a_repeat_answers_as_the_first_and_changes_nothing,
    what_is_commanded_twice_happens_once,
    an_upload_is_kept_once,
    repeats_at_the_same_time_are_done_once,
    an_id_stands_for_one_request_of_one_caller,
    only_what_succeeded_is_remembered,
    requests_are_forgotten_after_a_day,
    every_request_that_has_an_id_has_it_looked_at,
);

const ID: &str = "0c8a1f5e-6a54-4b87-9c4e-0d2f8f6f7a11";

fn id() -> String {
    ID.to_owned()
}

/// How many requests are remembered, which are forgotten by that.
async fn remembered(world: &World) -> u64 {
    let far = Timestamp::from_millis(i64::MAX);
    let job = world
        .store
        .write(Lane::ANY, move |session| Box::pin(async move { session.trim_requests(far).await }));
    job.await.unwrap()
}

/// Sends a request twice: the second one is answered as the first, and leaves no mark.
async fn twice(world: &World, rpc: &str, message: &impl Message) -> Vec<u8> {
    let boss = world.operator();
    let first = send(world, ("boss", "boss"), rpc, &message.encode_to_vec()).await;
    let first = first.unwrap_or_else(|error| panic!("{rpc}: {error:?}"));
    let last = boss.trail("").await.unwrap()[0].id;
    let second = send(world, ("boss", "boss"), rpc, &message.encode_to_vec()).await;
    let second = second.unwrap_or_else(|error| panic!("{rpc} again: {error:?}"));
    assert_eq!(first, second, "{rpc}");
    assert_eq!(boss.trail("").await.unwrap()[0].id, last, "{rpc}");
    assert_eq!(remembered(world).await, 1, "{rpc}");
    first
}

fn create_target(controller_id: &str, request_id: &str) -> proto::CreateTargetRequest {
    let target = proto::Target { controller_id: controller_id.into(), ..Default::default() };
    proto::CreateTargetRequest { target: Some(target), request_id: request_id.into() }
}

/// The requests that make something, alone and as a batch.
macro_rules! makes {
    ($world:ident: $($one:literal $many:literal $request:ident $batch:ident {
        $field:ident: $value:expr
    })*) => {$(
        let value = $value;
        let request = proto::$request { $field: Some(value.clone()), request_id: id() };
        twice(&$world, $one, &request).await;
        let mut other = value;
        other.display_name.push_str(" 2");
        other.key = format!("{}2", other.key);
        let request = proto::$request { $field: Some(other), request_id: String::new() };
        let request = proto::$batch { requests: vec![request], request_id: id() };
        twice(&$world, $many, &request).await;
    )*};
}

async fn a_repeat_answers_as_the_first_and_changes_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("plain").await;
    assert_eq!(remembered(&world).await, 0, "without an id nothing is noted");
    let answer = twice(&world, "TargetService/CreateTarget", &create_target("d1", ID)).await;
    assert_eq!(proto::Target::decode(&answer[..]).unwrap().controller_id, "d1");
    let requests = ["d3", "d2"].map(|id| create_target(id, "")).to_vec();
    let batch = proto::BatchCreateTargetsRequest { requests, request_id: id() };
    let answer = twice(&world, "TargetService/BatchCreateTargets", &batch).await;
    let made = proto::BatchCreateTargetsResponse::decode(&answer[..]).unwrap().targets;
    assert_eq!(made.iter().map(|t| t.controller_id.as_str()).collect::<Vec<_>>(), ["d3", "d2"]);
    let text = String::from;
    makes! { world:
        "SoftwareModuleTypeService/CreateSoftwareModuleType"
        "SoftwareModuleTypeService/BatchCreateSoftwareModuleTypes"
        CreateSoftwareModuleTypeRequest BatchCreateSoftwareModuleTypesRequest {
            software_module_type: proto::SoftwareModuleType {
                key: text("k"), display_name: text("n"), max_assignments: 1, ..Default::default()
            }
        }
        "DistributionSetTypeService/CreateDistributionSetType"
        "DistributionSetTypeService/BatchCreateDistributionSetTypes"
        CreateDistributionSetTypeRequest BatchCreateDistributionSetTypesRequest {
            distribution_set_type: proto::DistributionSetType {
                key: text("k"), display_name: text("n"), ..Default::default()
            }
        }
        "TargetTypeService/CreateTargetType" "TargetTypeService/BatchCreateTargetTypes"
        CreateTargetTypeRequest BatchCreateTargetTypesRequest {
            target_type: proto::TargetType {
                key: text("k"), display_name: text("n"), ..Default::default()
            }
        }
    }
    repeats_without_key(&world).await;
    repeats_of_users_and_metadata(&world).await;
}

async fn repeats_without_key(world: &World) {
    let module = |name: &str| proto::SoftwareModule {
        type_key: "os".into(),
        display_name: name.into(),
        version: "1".into(),
        ..Default::default()
    };
    let request = |name: &str, request_id: &str| proto::CreateSoftwareModuleRequest {
        software_module: Some(module(name)),
        request_id: request_id.into(),
    };
    twice(world, "SoftwareService/CreateSoftwareModule", &request("m", ID)).await;
    let requests = vec![request("m2", ""), request("m3", "")];
    let batch = proto::BatchCreateSoftwareModulesRequest { requests, request_id: id() };
    twice(world, "SoftwareService/BatchCreateSoftwareModules", &batch).await;
    let request = |name: &str, request_id: &str| proto::CreateDistributionSetRequest {
        distribution_set: Some(draft(name, &[])),
        request_id: request_id.into(),
    };
    twice(world, "DistributionSetService/CreateDistributionSet", &request("s", ID)).await;
    let requests = vec![request("s2", ""), request("s3", "")];
    let batch = proto::BatchCreateDistributionSetsRequest { requests, request_id: id() };
    twice(world, "DistributionSetService/BatchCreateDistributionSets", &batch).await;
    let tag = |name: &str| proto::TargetTag { display_name: name.into(), ..Default::default() };
    let request = |name: &str, request_id: &str| proto::CreateTargetTagRequest {
        target_tag: Some(tag(name)),
        request_id: request_id.into(),
    };
    twice(world, "TargetTagService/CreateTargetTag", &request("t", ID)).await;
    let requests = vec![request("t2", "")];
    let batch = proto::BatchCreateTargetTagsRequest { requests, request_id: id() };
    twice(world, "TargetTagService/BatchCreateTargetTags", &batch).await;
    let tag = proto::DistributionSetTag { display_name: "t".into(), ..Default::default() };
    let request = |tag, request_id: &str| proto::CreateDistributionSetTagRequest {
        distribution_set_tag: Some(tag),
        request_id: request_id.into(),
    };
    let rpc = "DistributionSetTagService/CreateDistributionSetTag";
    twice(world, rpc, &request(tag.clone(), ID)).await;
    let other = proto::DistributionSetTag { display_name: "t2".into(), ..tag };
    let requests = vec![request(other, "")];
    let batch = proto::BatchCreateDistributionSetTagsRequest { requests, request_id: id() };
    twice(world, "DistributionSetTagService/BatchCreateDistributionSetTags", &batch).await;
    let filter = proto::TargetFilter {
        display_name: "f".into(),
        filter: "controller_id = \"d*\"".into(),
        ..Default::default()
    };
    let request =
        proto::CreateTargetFilterRequest { target_filter: Some(filter), request_id: id() };
    twice(world, "TargetFilterService/CreateTargetFilter", &request).await;
}

async fn repeats_of_users_and_metadata(world: &World) {
    let request = proto::CreateUserRequest {
        user: Some(user("zoe", "correct horse battery", &["READ_TARGET"])),
        request_id: id(),
        ..Default::default()
    };
    twice(world, "UserService/CreateUser", &request).await;
    let request = proto::CreateTargetMetadataRequest {
        parent: names::target("d1"),
        metadata: vec![proto::Metadata { key: "k".into(), ..Default::default() }],
        request_id: id(),
    };
    twice(world, "TargetService/CreateTargetMetadata", &request).await;
    let request = proto::ActivateTargetAutoConfirmationRequest {
        name: names::target("d1"),
        request_id: id(),
        ..Default::default()
    };
    twice(world, "TargetService/ActivateTargetAutoConfirmation", &request).await;
    let target =
        proto::Target { name: names::target("d1"), group: "g".into(), ..Default::default() };
    let request = proto::UpdateTargetRequest {
        target: Some(target),
        update_mask: Some(crate::orders::mask("group")),
        request_id: id(),
    };
    twice(world, "TargetService/UpdateTarget", &request).await;
    let request = proto::DeleteTargetRequest {
        name: names::target("d1"),
        request_id: id(),
        ..Default::default()
    };
    twice(world, "TargetService/DeleteTarget", &request).await;
}

async fn what_is_commanded_twice_happens_once(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let (world, boss) = (&fleet.world, &fleet.boss);
    let request = proto::AssignDistributionSetsRequest {
        assignments: vec![wish("d00", fleet.set), wish("d01", fleet.set)],
        request_id: id(),
        ..Default::default()
    };
    let answer = twice(world, "ActionService/AssignDistributionSets", &request).await;
    let assigned = proto::AssignDistributionSetsResponse::decode(&answer[..]).unwrap();
    assert_eq!((assigned.assigned_actions.len(), assigned.already_assigned_count), (2, 0));
    let name = names::action(assigned.assigned_actions[0].action);
    let request =
        proto::CancelActionRequest { name: name.clone(), request_id: id(), ..Default::default() };
    twice(world, "ActionService/CancelAction", &request).await;
    let request = proto::ForceQuitActionRequest { name, request_id: id(), ..Default::default() };
    twice(world, "ActionService/ForceQuitAction", &request).await;
    assert_eq!(boss.actions_of("d01").await.len(), 1);

    let mut client = boss.hub.rollouts(&boss.caller);
    let request = proto::CreateRolloutRequest { request_id: id(), ..fleet.draft(1) };
    let first = told(client.create_rollout(request.clone()).await).unwrap().name;
    let again = told(client.create_rollout(request).await).unwrap().name;
    assert_eq!(first, again);
    fleet.until(&first, RolloutState::Ready).await;
    for _ in 0..2 {
        let request = proto::StartRolloutRequest { name: first.clone(), request_id: id() };
        told(client.start_rollout(request).await).unwrap();
    }
    let refused = fleet.wish(&first, crate::fleet::Wish::Start).await;
    assert_eq!(reason(refused), Reason::RolloutState);
}

async fn an_upload_is_kept_once(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let upload = |bytes: &str, request_id: &str| {
        let mut steps = steps(module, "a.bin", None, [bytes.as_bytes().to_vec()]);
        if let Some(Step::Start(start)) = &mut steps[0].step {
            start.request_id = request_id.into();
        }
        boss.upload_steps(steps)
    };
    let first = upload("bytes", ID).await.unwrap();
    assert_eq!(upload("bytes", ID).await.unwrap(), first);
    assert_eq!(reason(upload("bytes", "another").await), Reason::AlreadyExists);
    let claims = world.store.read().stale_pending(Timestamp::from_millis(i64::MAX)).await;
    assert_eq!(claims.unwrap().len(), 0);
}

async fn repeats_at_the_same_time_are_done_once(ground: Ground) {
    let world = World::open(&ground).await;
    let other = if ground.url().starts_with("postgres") {
        World::open(&ground).await.near()
    } else {
        world.near()
    };
    let set = world.operator().set("s").await;
    for round in 0..5 {
        let mut calls = JoinSet::new();
        for number in 0..8 {
            let hub = if number % 2 == 0 { world.near() } else { other.clone() };
            let caller = world.operator().caller;
            calls.spawn(async move {
                let target = format!("d{round}");
                let request = create_target(&target, &format!("create-{round}"));
                let made = told(hub.targets(&caller).create_target(request).await).unwrap();
                let request = proto::AssignDistributionSetsRequest {
                    assignments: vec![wish(&target, set)],
                    request_id: format!("assign-{round}"),
                    ..Default::default()
                };
                let assigned = hub.actions(&caller).assign_distribution_sets(request).await;
                (made.security_token, told(assigned).unwrap())
            });
        }
        let answers = calls.join_all().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        assert_eq!(answers[0].1.assigned_actions.len(), 1);
        assert_eq!(world.operator().actions_of(&format!("d{round}")).await.len(), 1);
    }
}

async fn an_id_stands_for_one_request_of_one_caller(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let create = |caller: &otahub_client::Caller, target: &str, request_id: &str| {
        let mut targets = boss.hub.targets(caller);
        let request = create_target(target, request_id);
        async move { told(targets.create_target(request).await) }
    };
    create(&boss.caller, "d1", ID).await.unwrap();
    let reused: HubError = create(&boss.caller, "d2", ID).await.unwrap_err();
    assert_eq!((reused.code, reused.reason), (Code::FailedPrecondition, Reason::RequestIdReused));
    assert_eq!(reused.detail("request_id"), Some(ID));
    assert_eq!(reason(boss.see("d2").await), Reason::NotFound);
    let other = world.operator_with("other", &["ROLE_TENANT_ADMIN"]).await;
    create(&other.caller, "d2", ID).await.unwrap();
    let (_, secret) = boss.create_token(&["ROLE_TENANT_ADMIN"], None).await.unwrap();
    create(&bearer(&secret), "d1", ID).await.unwrap();
    let tag = proto::TargetTag { display_name: "t".into(), ..Default::default() };
    let request = proto::CreateTargetTagRequest { target_tag: Some(tag), request_id: id() };
    told(boss.hub.target_tags(&boss.caller).create_target_tag(request).await).unwrap();
    boss.delete_target("d1").await;
    assert_eq!(reason(create(&boss.caller, "d1", ID).await), Reason::NotFound);
    let within = vec![create_target("d9", "own")];
    let batch = proto::BatchCreateTargetsRequest { requests: within, ..Default::default() };
    let refused = told(boss.hub.targets(&boss.caller).batch_create_targets(batch).await);
    assert_eq!(refused.unwrap_err().detail("field"), Some("requests.request_id"));
}

async fn only_what_succeeded_is_remembered(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let mut targets = boss.hub.targets(&boss.caller);
    boss.target("d1").await;
    let taken = told(targets.create_target(create_target("d1", ID)).await);
    assert_eq!(reason(taken), Reason::AlreadyExists);
    boss.delete_target("d1").await;
    told(targets.create_target(create_target("d1", ID)).await).unwrap();
    let reader = world.operator_with("reader", &["READ_TARGET"]).await;
    let denied = reader.hub.targets(&reader.caller).create_target(create_target("d1", ID)).await;
    assert_eq!(reason(told(denied)), Reason::PermissionDenied);
}

async fn requests_are_forgotten_after_a_day(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let create = |request_id: &str| {
        let mut targets = boss.hub.targets(&boss.caller);
        let request = create_target("d1", request_id);
        async move { told(targets.create_target(request).await) }
    };
    create(ID).await.unwrap();
    world.clock.advance(Duration::from_secs(23 * 3600));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.hub.start_workers(&tasks, &stop);
    create(ID).await.unwrap();
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    world.clock.advance(Duration::from_secs(3600 + 1));
    world.hub.start_workers(&TaskTracker::new(), &CancellationToken::new());
    while create(ID).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(reason(create(ID).await), Reason::AlreadyExists);
}

/// The number of an rpc's `request_id`.
fn numbers() -> Vec<(String, u32)> {
    let set = FileDescriptorSet::decode(otahub_proto::DESCRIPTORS).unwrap();
    let files = || set.file.iter().filter(|file| file.package() == "otahub.v1");
    let methods = files()
        .flat_map(|file| &file.service)
        .flat_map(|service| service.method.iter().map(move |method| (service.name(), method)));
    let number = |(service, method): (&str, &prost_types::MethodDescriptorProto)| {
        let input = method.input_type().rsplit('.').next()?;
        let message = files().flat_map(|file| &file.message_type).find(|m| m.name() == input)?;
        let field = message.field.iter().find(|field| field.name() == "request_id")?;
        let number = u32::try_from(field.number()).ok()?;
        Some((format!("{service}/{}", method.name()), number))
    };
    methods.filter_map(number).collect()
}

/// A request of nothing but an id, whatever its number.
#[derive(Clone, PartialEq, Message)]
struct Raw {
    #[prost(string, tag = "1")]
    text: String,
}

async fn every_request_that_has_an_id_has_it_looked_at(ground: Ground) {
    let world = World::open(&ground).await;
    world.user("root", &["ROLE_TENANT_ADMIN", "SYSTEM_ADMIN"]).await;
    let all = numbers();
    assert!(all.len() >= 38, "{all:?}");
    // their secrets are told once, and cannot be told to a repeat
    let secret = |rpc: &String| rpc.ends_with("CreateApiToken") || rpc.ends_with("CreateWebhook");
    let creates = rpcs().into_iter().filter(|rpc| rpc.contains("/Create"));
    for rpc in creates.filter(|rpc| !secret(rpc)) {
        assert!(all.iter().any(|(with, _)| *with == rpc), "{rpc} has no request id");
    }
    for (rpc, number) in all {
        let mut bytes = Raw { text: "not an id".into() }.encode_to_vec();
        bytes[0] = u8::try_from(number << 3 | 2).unwrap();
        let refused = send(&world, ("root", "root"), &rpc, &bytes).await;
        let error = refused.expect_err(&rpc);
        assert_eq!(error.detail("field"), Some("request_id"), "{rpc}: {error:?}");
        assert_eq!(error.code, Code::InvalidArgument, "{rpc}");
    }
}
