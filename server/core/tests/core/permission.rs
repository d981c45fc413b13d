//! Permission is checked before existence, and before the form of what is asked.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason, refusal, told};
use crate::orders::wish;
use crate::world::World;
use otahub_client::proto::{self, Reason};
use otahub_client::{Caller, names};

on_each_database!(
    what_one_may_not_see_is_not_missing,
    permission_counts_before_form,
    a_filter_by_a_set_needs_the_permission_to_see_sets,
    the_token_of_a_target_is_for_few,
    the_key_of_the_gateway_is_for_few,
    who_may_change_settings_need_not_read_them,
);

async fn what_one_may_not_see_is_not_missing(ground: Ground) {
    let world = World::open(&ground).await;
    let reader = world.operator_with("reader", &["READ_TARGET"]).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    boss.target("d1").await;
    for id in [set, 999] {
        let name = names::distribution_set(id);
        let request = proto::GetDistributionSetRequest { name };
        let mut sets = reader.hub.distribution_sets(&reader.caller);
        let seen = told(sets.get_distribution_set(request).await);
        assert!(refusal(&seen).contains("READ_DISTRIBUTION_SET"));
        assert_eq!(reason(seen), Reason::PermissionDenied);
        let name = names::software_module(id);
        let request = proto::GetSoftwareModuleRequest { name };
        let mut software = reader.hub.software(&reader.caller);
        let seen = told(software.get_software_module(request).await);
        assert_eq!(reason(seen), Reason::PermissionDenied);
        let uploaded = reader.upload(id, "f", b"x").await;
        assert_eq!(reason(uploaded), Reason::PermissionDenied);
        let deleted = reader.delete_module(id).await;
        assert_eq!(reason(deleted), Reason::PermissionDenied);
        let cancelled = reader.cancel(id).await;
        assert_eq!(reason(cancelled), Reason::PermissionDenied);
    }
    for id in ["d1", "d2"] {
        let changed = reader.update_target(id, "group", |_| {}).await;
        assert_eq!(reason(changed), Reason::PermissionDenied);
        let assigned = reader.assign_with(wish(id, 999)).await;
        assert_eq!(reason(assigned), Reason::PermissionDenied);
    }
    assert_eq!(reader.see("d1").await.unwrap().controller_id, "d1");
    assert_eq!(reason(reader.see("d2").await), Reason::NotFound);
    // to assign a set one has to be allowed to see it
    let half = world.operator_with("half", &["UPDATE_TARGET"]).await;
    for id in [set, 999] {
        let assigned = half.assign_with(wish("d1", id)).await;
        assert_eq!(reason(assigned), Reason::PermissionDenied);
    }
}

async fn permission_counts_before_form(ground: Ground) {
    let world = World::open(&ground).await;
    let nobody = world.operator_with("nobody", &[]).await;
    let stranger = Operator { hub: world.near(), caller: Caller::anonymous() };
    for (who, wanted) in [(nobody, Reason::PermissionDenied), (stranger, Reason::Unauthenticated)] {
        let mut targets = who.hub.targets(&who.caller);
        let name = "odd".to_owned();
        let request = proto::DeleteTargetRequest { name: name.clone(), ..Default::default() };
        assert_eq!(reason(told(targets.delete_target(request).await)), wanted);
        let request = proto::GetTargetAttributesRequest { name };
        let seen = told(targets.get_target_attributes(request).await);
        assert_eq!(reason(seen), wanted);
        let request = proto::ListTargetsRequest { filter: "a = b".into(), ..Default::default() };
        assert_eq!(reason(told(targets.list_targets(request).await)), wanted);
        let request = proto::DeleteActionsRequest { filter: "a = b".into(), ..Default::default() };
        let mut actions = who.hub.actions(&who.caller);
        assert_eq!(reason(told(actions.delete_actions(request).await)), wanted);
        let request = proto::GetSoftwareModuleTypeRequest { name: "odd".into() };
        let mut types = who.hub.software_types(&who.caller);
        let seen = told(types.get_software_module_type(request).await);
        assert_eq!(reason(seen), wanted);
    }
    let stranger = world.device("d1").with(Caller::anonymous());
    let unsaid = stranger.report(1, otahub_client::device::Outcome::Unspecified).await;
    assert_eq!(reason(unsaid), Reason::Unauthenticated);
}

async fn a_filter_by_a_set_needs_the_permission_to_see_sets(ground: Ground) {
    let world = World::open(&ground).await;
    let set = world.operator().set("s").await;
    let reader = world.operator_with("reader", &["READ_TARGET", "READ_SOFTWARE_MODULE"]).await;
    for id in [set, 999] {
        let named = names::distribution_set(id);
        let request =
            proto::ListTargetsRequest { assigned_set: named.clone(), ..Default::default() };
        let mut targets = reader.hub.targets(&reader.caller);
        let listed = told(targets.list_targets(request).await);
        assert_eq!(reason(listed), Reason::PermissionDenied);
        let request =
            proto::ListSoftwareModulesRequest { distribution_set: named, ..Default::default() };
        let mut software = reader.hub.software(&reader.caller);
        let listed = told(software.list_software_modules(request).await);
        assert_eq!(reason(listed), Reason::PermissionDenied);
    }
}

async fn the_token_of_a_target_is_for_few(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let token = boss.target("d1").await;
    assert_eq!(token.len(), 32);
    let plain = world.operator_with("plain", &["READ_TARGET"]).await;
    assert_eq!(plain.see("d1").await.unwrap().security_token, "");
    let granted = ["READ_TARGET", "READ_TARGET_SECURITY_TOKEN"];
    let trusted = world.operator_with("trusted", &granted).await;
    assert_eq!(trusted.see("d1").await.unwrap().security_token, token);
    let maker = world.operator_with("maker", &["CREATE_TARGET"]).await;
    assert_eq!(maker.target("d2").await, "");
}

async fn the_key_of_the_gateway_is_for_few(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let plain = ["READ_TENANT_CONFIGURATION"];
    let plain = world.operator_with("plain", &plain).await;
    let trusted = world.operator_with("trusted", &["TENANT_CONFIGURATION"]).await;
    let nobody = world.operator_with("nobody", &[]).await;
    let key = names::setting("authentication.gatewaytoken.key");
    for (who, may) in [(&plain, false), (&trusted, true), (&nobody, false)] {
        let mut tenant = who.hub.tenant(&who.caller);
        let request = proto::GetSettingRequest { name: key.clone() };
        assert_eq!(tenant.get_setting(request).await.is_ok(), may);
    }
    let request = proto::ListSettingsRequest::default();
    let mut tenant = plain.hub.tenant(&plain.caller);
    let listed = told(tenant.list_settings(request).await).unwrap();
    assert!(listed.settings.iter().all(|s| s.name != key));
    assert!(listed.settings.len() > 10);
    let request = proto::GetSettingRequest { name: names::setting("odd") };
    let mut tenant = nobody.hub.tenant(&nobody.caller);
    let seen = told(tenant.get_setting(request).await);
    assert_eq!(reason(seen), Reason::PermissionDenied);
}

async fn who_may_change_settings_need_not_read_them(ground: Ground) {
    let world = World::open(&ground).await;
    let changer = world.operator_with("changer", &["UPDATE_TENANT_CONFIGURATION"]).await;
    changer.setting("pollingTime", "00:01:00").await;
    let mut tenant = changer.hub.tenant(&changer.caller);
    for name in ["settings/pollingTime", "odd"] {
        let request = proto::GetSettingRequest { name: name.into() };
        let seen = told(tenant.get_setting(request).await);
        assert_eq!(reason(seen), Reason::PermissionDenied, "{name}");
    }
}
