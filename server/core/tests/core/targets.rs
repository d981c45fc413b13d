//! Batches are all or nothing, and odd names travel well.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{draft, reason, told};
use crate::orders::wish;
use crate::world::World;
use otahub_client::proto::{self, Reason};
use otahub_client::{names, proto as wire};

on_each_database!(
    a_batch_of_targets_is_made_whole_or_not_at_all,
    batches_of_modules_and_sets_are_made_whole_or_not_at_all,
    an_assignment_of_many_is_made_whole_or_not_at_all,
    settings_are_changed_all_or_none,
    names_of_any_characters_travel_well,
    metadata_is_added_all_or_none,
);

fn target(id: &str) -> proto::CreateTargetRequest {
    proto::CreateTargetRequest {
        target: Some(proto::Target { controller_id: id.into(), ..Default::default() }),
        ..Default::default()
    }
}

async fn a_batch_of_targets_is_made_whole_or_not_at_all(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let mut targets = boss.hub.targets(&boss.caller);
    for (ids, wanted) in
        [(["a", "b", "a"], Reason::AlreadyExists), (["a", "b", "c d"], Reason::InvalidField)]
    {
        let requests = ids.into_iter().map(target).collect();
        let request = proto::BatchCreateTargetsRequest { requests, ..Default::default() };
        let made = told(targets.batch_create_targets(request).await);
        assert_eq!(reason(made), wanted);
        assert_eq!(reason(boss.see("a").await), Reason::NotFound);
    }
    let ids: Vec<String> = (0..1000).map(|n| format!("d{n}")).collect();
    let requests: Vec<_> = ids.iter().map(|id| target(id)).collect();
    let request =
        proto::BatchCreateTargetsRequest { requests: requests.clone(), ..Default::default() };
    let made = told(targets.batch_create_targets(request).await).unwrap();
    let order: Vec<_> = made.targets.iter().map(|t| &t.controller_id).collect();
    assert_eq!(order, ids.iter().collect::<Vec<_>>());
    let mut many = requests;
    many.push(target("more"));
    let request = proto::BatchCreateTargetsRequest { requests: many, ..Default::default() };
    let refused = told(targets.batch_create_targets(request).await);
    assert_eq!(reason(refused), Reason::InvalidField);
}

async fn batches_of_modules_and_sets_are_made_whole_or_not_at_all(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = |type_key: &str| proto::CreateSoftwareModuleRequest {
        software_module: Some(proto::SoftwareModule {
            type_key: type_key.into(),
            display_name: "m".into(),
            version: "1".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut software = boss.hub.software(&boss.caller);
    for (types, wanted) in
        [(["os", "nonesuch"], Reason::NotFound), (["os", "os"], Reason::AlreadyExists)]
    {
        let requests = types.into_iter().map(module).collect();
        let request = proto::BatchCreateSoftwareModulesRequest { requests, ..Default::default() };
        let made = told(software.batch_create_software_modules(request).await);
        assert_eq!(reason(made), wanted);
        let request = proto::ListSoftwareModulesRequest::default();
        let listed = told(software.list_software_modules(request).await);
        assert_eq!(listed.unwrap().total_size, 0);
    }
    let set = |modules: &[i64]| wire::CreateDistributionSetRequest {
        distribution_set: Some(draft("s", modules)),
        ..Default::default()
    };
    let request = wire::BatchCreateDistributionSetsRequest {
        requests: vec![set(&[]), set(&[99])],
        ..Default::default()
    };
    let mut sets = boss.hub.distribution_sets(&boss.caller);
    let made = told(sets.batch_create_distribution_sets(request).await);
    assert_eq!(reason(made), Reason::NotFound);
    let request = wire::ListDistributionSetsRequest::default();
    let listed = told(sets.list_distribution_sets(request).await).unwrap();
    assert_eq!(listed.total_size, 0);
}

async fn an_assignment_of_many_is_made_whole_or_not_at_all(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    boss.target("a").await;
    boss.target("b").await;
    let wishes = vec![wish("a", set), wish("b", set), wish("ghost", set)];
    let refused = boss.assign_all(wishes.clone()).await;
    assert_eq!(reason(refused), Reason::NotFound);
    assert_eq!(boss.actions_of("a").await, []);
    let request = proto::AssignDistributionSetsRequest {
        assignments: wishes,
        skip_unknown_targets: true,
        ..Default::default()
    };
    let made = boss.order(request).await.unwrap();
    assert_eq!((made.assigned_actions.len(), made.total_count), (2, 2));
}

async fn settings_are_changed_all_or_none(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let setting = |key: &str, text: &str| proto::Setting {
        name: names::setting(key),
        value: Some(proto::SettingValue {
            kind: Some(proto::setting_value::Kind::StringValue(text.into())),
        }),
        ..Default::default()
    };
    let good = setting("pollingTime", "00:01:00");
    let mut tenant = boss.hub.tenant(&boss.caller);
    for (bad, wanted) in [
        (setting("nonesuch", "1"), Reason::ConfigurationKeyInvalid),
        (setting("pollingOverdueTime", "soon"), Reason::ConfigurationValueInvalid),
        (setting("default.ds.type", "1"), Reason::ConfigurationValueInvalid),
    ] {
        let settings = vec![good.clone(), bad];
        let request = proto::UpdateSettingsRequest { settings };
        let changed = told(tenant.update_settings(request).await);
        assert_eq!(reason(changed), wanted);
    }
    let request = proto::GetSettingRequest { name: good.name.clone() };
    let seen = told(tenant.get_setting(request).await).unwrap();
    assert!(seen.global, "nothing was changed");
}

async fn names_of_any_characters_travel_well(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let odd = ["a/b", "a%2Fb", "ä€𝄞", "a+b", "..", "?x=1#y", "'; --"];
    for id in odd.iter().filter(|id| !id.contains(' ')) {
        world.device(id).poll().await;
        let seen = boss.see(id).await.unwrap();
        assert_eq!(seen.controller_id, *id);
        assert_eq!(seen.name, names::target(id));
    }
    let blank = world.device("'; --").try_poll().await;
    assert_eq!(reason(blank), Reason::InvalidField);
}

async fn metadata_is_added_all_or_none(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    let entry =
        |key: &str| proto::Metadata { key: key.into(), value: "v".into(), target_visible: false };
    let mut targets = boss.hub.targets(&boss.caller);
    let parent = names::target("d1");
    for (keys, wanted) in [
        (vec!["a", "b"], None),
        (vec!["c", "a"], Some(Reason::AlreadyExists)),
        (vec!["c", ""], Some(Reason::InvalidField)),
    ] {
        let request = proto::CreateTargetMetadataRequest {
            parent: parent.clone(),
            metadata: keys.into_iter().map(entry).collect(),
            ..Default::default()
        };
        let made = told(targets.create_target_metadata(request).await);
        assert_eq!(made.err().map(|error| error.reason), wanted);
        let request =
            proto::ListTargetMetadataRequest { parent: parent.clone(), ..Default::default() };
        let listed = told(targets.list_target_metadata(request).await).unwrap();
        assert_eq!(listed.metadata.len(), 2);
    }
}
