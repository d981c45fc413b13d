//! Tenants: made and deleted by few, and each sees only its own.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, bearer, reason, told, user};
use crate::permission_table::{Named, call, call_with};
use crate::world::World;
use otahub_client::device::ListTenantsRequest;
use otahub_client::proto::{self, Reason};
use otahub_client::{Caller, names};

on_each_database!(
    a_tenant_comes_with_its_first_user_and_goes_with_all_it_has,
    tenants_are_for_few,
    adapters_are_told_of_tenants_page_by_page,
    nothing_of_another_tenant_can_be_seen_or_touched,
);

const PASSWORD: &str = "a long password";

async fn root(world: &World) -> Operator {
    world.operator_with("root", &["ROLE_TENANT_ADMIN", "SYSTEM_ADMIN"]).await
}

async fn create(
    operator: &Operator,
    name: &str,
    first: Option<proto::User>,
) -> Result<String, Reason> {
    let tenant = Some(proto::Tenant { name: names::tenant(name) });
    let request = proto::CreateTenantRequest { tenant, first_user: first, ..Default::default() };
    let made = told(operator.hub.tenants(&operator.caller).create_tenant(request).await);
    made.map(|tenant| tenant.name).map_err(|error| error.reason)
}

async fn delete(operator: &Operator, name: &str) -> Result<(), Reason> {
    let request = proto::DeleteTenantRequest { name: names::tenant(name) };
    let gone = told(operator.hub.tenants(&operator.caller).delete_tenant(request).await);
    gone.map_err(|error| error.reason)
}

async fn list(operator: &Operator) -> Vec<String> {
    let request = proto::ListTenantsRequest::default();
    let listed = told(operator.hub.tenants(&operator.caller).list_tenants(request).await);
    listed.unwrap().tenants.into_iter().map(|tenant| tenant.name).collect()
}

/// A filter that assigns a set, and a rollout of it.
async fn keep_filter_and_rollout(operator: &Operator, set: i64) {
    let distribution_set = names::distribution_set(set);
    let filter = proto::TargetFilter {
        display_name: "f".into(),
        filter: "controller_id = \"d*\"".into(),
        auto_assignment: Some(proto::AutoAssignment {
            distribution_set: distribution_set.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let request =
        proto::CreateTargetFilterRequest { target_filter: Some(filter), ..Default::default() };
    operator.hub.target_filters(&operator.caller).create_target_filter(request).await.unwrap();
    let rollout = proto::Rollout {
        display_name: "r".into(),
        distribution_set,
        target_filter: "controller_id = \"d*\"".into(),
        ..Default::default()
    };
    let request = proto::CreateRolloutRequest {
        rollout: Some(rollout),
        group_count: 1,
        ..Default::default()
    };
    operator.hub.rollouts(&operator.caller).create_rollout(request).await.unwrap();
}

async fn a_tenant_comes_with_its_first_user_and_goes_with_all_it_has(ground: Ground) {
    let world = World::open(&ground).await;
    let root = root(&world).await;
    assert_eq!(
        create(&root, "acme", Some(user("zoe", PASSWORD, &[]))).await.as_deref(),
        Ok("tenants/ACME")
    );
    assert_eq!(create(&root, "Acme", None).await, Err(Reason::AlreadyExists));
    assert_eq!(create(&root, "a b", None).await, Err(Reason::InvalidField));
    assert_eq!(list(&root).await, ["tenants/ACME", "tenants/DEFAULT"]);
    let zoe = root.as_caller(Caller::basic("acme\\zoe", PASSWORD));
    let who = zoe.whoami().await.unwrap();
    assert_eq!((who.tenant.as_str(), who.username.as_str()), ("ACME", "zoe"));
    zoe.open_gateway().await;
    let set = zoe.set("s").await;
    let mut device = world.device("d1");
    device.who.tenant = "acme".into();
    device.poll().await;
    zoe.assign("d1", set).await;
    keep_filter_and_rollout(&zoe, set).await;
    let (_, secret) = zoe.create_token(&["READ_TARGET"], None).await.unwrap();
    let program = root.as_caller(bearer(&secret));
    program.see("d1").await.unwrap();

    delete(&root, "acme").await.unwrap();
    assert_eq!(delete(&root, "acme").await, Err(Reason::NotFound));
    assert_eq!(reason(zoe.whoami().await), Reason::Unauthenticated);
    assert_eq!(reason(program.whoami().await), Reason::Unauthenticated);
    assert_eq!(reason(device.try_poll().await), Reason::Unauthenticated);
    create(&root, "acme", Some(user("zoe", PASSWORD, &[]))).await.unwrap();
    assert_eq!(reason(zoe.see("d1").await), Reason::NotFound);
    assert!(zoe.trail("").await.unwrap().is_empty());
    let told: Vec<_> = root.trail("resource = \"tenants/*\"").await.unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
}

async fn tenants_are_for_few(ground: Ground) {
    let world = World::open(&ground).await;
    let (root, boss) = (root(&world).await, world.operator());
    assert_eq!(create(&boss, "acme", None).await, Err(Reason::PermissionDenied));
    assert_eq!(delete(&boss, "nobody").await, Err(Reason::PermissionDenied));
    let elsewhere = proto::CreateUserRequest {
        user: Some(user("eve", PASSWORD, &[])),
        tenant: names::tenant("nobody"),
        ..Default::default()
    };
    let refused = told(boss.hub.users(&boss.caller).create_user(elsewhere.clone()).await);
    assert_eq!(reason(refused), Reason::PermissionDenied);
    let refused = told(root.hub.users(&root.caller).create_user(elsewhere.clone()).await);
    assert_eq!(reason(refused), Reason::NotFound);
    assert_eq!(delete(&root, "default").await, Err(Reason::ReadOnly));
    create(&root, "acme", None).await.unwrap();
    let there = proto::CreateUserRequest { tenant: names::tenant("acme"), ..elsewhere };
    told(root.hub.users(&root.caller).create_user(there).await).unwrap();
    let eve = root.as_caller(Caller::basic("ACME\\eve", PASSWORD));
    assert_eq!(eve.whoami().await.unwrap().tenant, "ACME");
}

async fn nothing_of_another_tenant_can_be_seen_or_touched(ground: Ground) {
    let world = World::open(&ground).await;
    let (root, boss) = (root(&world).await, world.operator());
    create(&root, "acme", Some(user("boss", PASSWORD, &[]))).await.unwrap();
    let zoe = root.as_caller(Caller::basic("ACME\\boss", PASSWORD));
    let things = things_of(&boss).await;
    for (kind, name) in &things {
        for verb in ["Get", "Delete"] {
            let (service, resource) = kind.split_once('/').unwrap();
            let rpc = format!("{service}/{verb}{resource}");
            let refused = named(&world, &rpc, name).await;
            let is_missing = matches!(refused, Reason::NotFound | Reason::NotImplemented);
            assert!(is_missing, "{rpc} {name}: {refused:?}");
        }
    }
    assert_eq!(reason(zoe.update_target("d1", "group", |_| {}).await), Reason::NotFound);
    let set = things.iter().find(|(kind, _)| kind.ends_with("/DistributionSet")).unwrap();
    let set: i64 = set.1.rsplit('/').next().unwrap().parse().unwrap();
    zoe.target("mine").await;
    assert!(zoe.assign_with(crate::orders::wish("mine", set)).await.is_err());
    for token in boss.trail("resource = \"apiTokens/*\"").await.unwrap() {
        assert_eq!(reason(zoe.revoke(&token.resource).await), Reason::NotFound);
    }
    assert_eq!(reason(zoe.delete_user("root").await), Reason::NotFound);
    let mine = zoe.trail("").await.unwrap();
    assert!(mine.iter().all(|entry| entry.actor == "boss" && !entry.resource.contains("d1")));
    let mut targets = zoe.hub.targets(&zoe.caller);
    let listed = targets.list_targets(proto::ListTargetsRequest::default()).await;
    assert_eq!(told(listed).unwrap().total_size, 1);
    // and all of it is still there
    for (kind, name) in &things {
        let (service, resource) = kind.split_once('/').unwrap();
        let message = Named { name: name.clone() };
        let seen = call(&world, "boss", &format!("{service}/Get{resource}"), &message).await;
        assert!(seen.is_none(), "{kind} {name} is gone");
    }
}

/// What the other tenant's administrator is told when it names something.
async fn named(world: &World, rpc: &str, name: &str) -> Reason {
    let message = Named { name: name.into() };
    let refusal = call_with(world, ("ACME\\boss", PASSWORD), rpc, &message).await;
    match refusal {
        Some(error) if error.code == tonic::Code::Unimplemented => Reason::NotImplemented,
        Some(error) => error.reason,
        None => Reason::Unspecified,
    }
}

/// One of each kind: the service and the word for it, and its name.
async fn things_of(boss: &Operator) -> Vec<(&'static str, String)> {
    boss.target("d1").await;
    let (set, module) = boss.set_and_module("s").await;
    let action = boss.assign("d1", set).await;
    boss.create_token(&[], None).await.unwrap();
    let artifact = {
        let request = proto::ListArtifactsRequest {
            parent: names::software_module(module),
            ..Default::default()
        };
        let listed = told(boss.hub.software(&boss.caller).list_artifacts(request).await);
        listed.unwrap().artifacts[0].name.clone()
    };
    let tag = proto::CreateTargetTagRequest {
        target_tag: Some(proto::TargetTag { display_name: "t".into(), ..Default::default() }),
        ..Default::default()
    };
    let tag = told(boss.hub.target_tags(&boss.caller).create_target_tag(tag).await).unwrap();
    let types = boss.hub.software_types(&boss.caller);
    let request = proto::ListSoftwareModuleTypesRequest::default();
    let module_type = told(types.clone().list_software_module_types(request).await).unwrap();
    let types = boss.hub.distribution_set_types(&boss.caller);
    let request = proto::ListDistributionSetTypesRequest::default();
    let set_type = told(types.clone().list_distribution_set_types(request).await).unwrap();
    vec![
        ("TargetService/Target", names::target("d1")),
        ("TargetTagService/TargetTag", tag.name),
        ("SoftwareService/Artifact", artifact),
        ("SoftwareService/SoftwareModule", names::software_module(module)),
        ("DistributionSetService/DistributionSet", names::distribution_set(set)),
        ("ActionService/Action", names::action(action)),
        (
            "SoftwareModuleTypeService/SoftwareModuleType",
            module_type.software_module_types[0].name.clone(),
        ),
        (
            "DistributionSetTypeService/DistributionSetType",
            set_type.distribution_set_types[0].name.clone(),
        ),
        ("UserService/User", names::user("root")),
    ]
}

async fn adapters_are_told_of_tenants_page_by_page(ground: Ground) {
    let world = World::open(&ground).await;
    let root = root(&world).await;
    for name in ["acme", "zeta"] {
        create(&root, name, None).await.unwrap();
    }
    let adapter = Caller::adapter("test");
    let (mut pages, mut request) = (Vec::new(), ListTenantsRequest::default());
    request.page_size = 2;
    loop {
        let page = told(world.near().push(&adapter).list_tenants(request.clone()).await).unwrap();
        pages.push(page.tenants);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [vec!["ACME", "DEFAULT"], vec!["ZETA"]]);
    let far = world.far().await;
    for (hub, caller) in [(&root.hub, &root.caller), (&far, &adapter)] {
        let refused = told(hub.push(caller).list_tenants(ListTenantsRequest::default()).await);
        assert_eq!(refused.unwrap_err().reason, Reason::Unauthenticated);
    }
}
