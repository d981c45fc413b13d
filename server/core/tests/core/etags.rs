//! Etags: a change counts only for what was read.

use crate::fleet::Fleet;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{draft, reason, told};
use crate::orders::mask;
use crate::world::World;
use otahub_client::proto::{self, Reason};
use otahub_client::{HubError, names};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::Code;

on_each_database!(
    a_stale_etag_is_refused_and_none_goes_through,
    of_changes_at_the_same_time_one_counts,
    what_was_made_again_has_another_etag,
    a_poll_is_no_change,
);

/// Makes a thing and changes it three times: with its etag, with the same one again, without.
macro_rules! checked {
    ($world:ident: $($client:ident $create:ident $Create:ident $update:ident $Update:ident
        $field:ident: $value:expr, $mask:literal;)*) => {$(
        let boss = $world.operator();
        let mut client = boss.hub.$client(&boss.caller);
        let request = proto::$Create { $field: Some($value), ..Default::default() };
        let made = told(client.$create(request).await).unwrap();
        assert_ne!(made.etag, "", stringify!($update));
        let change = |etag: &str, text: &str| {
            let mut changed = made.clone();
            (changed.etag, changed.description) = (etag.into(), text.into());
            let mut request = proto::$Update::default();
            (request.$field, request.update_mask) = (Some(changed), Some(mask($mask)));
            request
        };
        let second = told(client.$update(change(&made.etag, "two")).await).unwrap();
        assert_ne!(second.etag, made.etag, stringify!($update));
        let stale: HubError = told(client.$update(change(&made.etag, "no")).await).unwrap_err();
        assert_eq!((stale.code, stale.reason), (Code::Aborted, Reason::EtagMismatch));
        assert_eq!(stale.details.retry_after, None, "trying again is of no use");
        let third = told(client.$update(change("", "three")).await).unwrap();
        assert_eq!(third.description, "three");
        told(client.$update(change(&third.etag, "four")).await).unwrap();
    )*};
}

async fn a_stale_etag_is_refused_and_none_goes_through(ground: Ground) {
    let world = World::open(&ground).await;
    let text = String::from;
    checked! { world:
        targets create_target CreateTargetRequest update_target UpdateTargetRequest
        target: proto::Target { controller_id: text("d"), ..Default::default() }, "description";
        target_tags create_target_tag CreateTargetTagRequest
        update_target_tag UpdateTargetTagRequest
        target_tag: proto::TargetTag { display_name: text("t"), ..Default::default() },
        "description";
        target_types create_target_type CreateTargetTypeRequest
        update_target_type UpdateTargetTypeRequest
        target_type: proto::TargetType { display_name: text("t"), ..Default::default() },
        "description";
        software create_software_module CreateSoftwareModuleRequest
        update_software_module UpdateSoftwareModuleRequest
        software_module: proto::SoftwareModule {
            type_key: text("os"), display_name: text("m"), version: text("1"), ..Default::default()
        }, "description";
        software_types create_software_module_type CreateSoftwareModuleTypeRequest
        update_software_module_type UpdateSoftwareModuleTypeRequest
        software_module_type: proto::SoftwareModuleType {
            key: text("k"), display_name: text("n"), max_assignments: 1, ..Default::default()
        }, "description";
        distribution_sets create_distribution_set CreateDistributionSetRequest
        update_distribution_set UpdateDistributionSetRequest
        distribution_set: draft("s", &[]), "description";
        distribution_set_types create_distribution_set_type CreateDistributionSetTypeRequest
        update_distribution_set_type UpdateDistributionSetTypeRequest
        distribution_set_type: proto::DistributionSetType {
            key: text("k"), display_name: text("n"), ..Default::default()
        }, "description";
        distribution_set_tags create_distribution_set_tag CreateDistributionSetTagRequest
        update_distribution_set_tag UpdateDistributionSetTagRequest
        distribution_set_tag: proto::DistributionSetTag {
            display_name: text("t"), ..Default::default()
        }, "description";
    }
    others(&ground).await;
}

/// Filters have no description, and a rollout changes of itself.
async fn others(ground: &Ground) {
    let fleet = Fleet::of(&ground.another().await, 1).await;
    let boss = &fleet.boss;
    let mut filters = boss.hub.target_filters(&boss.caller);
    let filter = proto::TargetFilter {
        display_name: "f".into(),
        filter: "controller_id = \"d*\"".into(),
        ..Default::default()
    };
    let request =
        proto::CreateTargetFilterRequest { target_filter: Some(filter), ..Default::default() };
    let made = told(filters.create_target_filter(request).await).unwrap();
    let rename = |etag: &str| proto::UpdateTargetFilterRequest {
        target_filter: Some(proto::TargetFilter {
            etag: etag.into(),
            display_name: "g".into(),
            ..made.clone()
        }),
        update_mask: Some(mask("display_name")),
    };
    told(filters.update_target_filter(rename(&made.etag)).await).unwrap();
    let stale = told(filters.update_target_filter(rename(&made.etag)).await);
    assert_eq!(reason(stale), Reason::EtagMismatch);

    let name = fleet.ready(fleet.draft(1)).await;
    let read = fleet.see(&name).await;
    let mut rollouts = boss.hub.rollouts(&boss.caller);
    let rename = |etag: &str| proto::UpdateRolloutRequest {
        rollout: Some(proto::Rollout {
            etag: etag.into(),
            display_name: "renamed".into(),
            ..read.clone()
        }),
        update_mask: Some(mask("display_name")),
    };
    told(rollouts.update_rollout(rename(&read.etag)).await).unwrap();
    let stale = told(rollouts.update_rollout(rename(&read.etag)).await);
    assert_eq!(reason(stale), Reason::EtagMismatch);
}

async fn of_changes_at_the_same_time_one_counts(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d").await;
    let tag = proto::TargetTag { display_name: "t".into(), ..Default::default() };
    let request = proto::CreateTargetTagRequest { target_tag: Some(tag), ..Default::default() };
    let tag = told(boss.hub.target_tags(&boss.caller).create_target_tag(request).await).unwrap();
    for _ in 0..5 {
        let target = boss.see("d").await.unwrap();
        let get = proto::GetTargetTagRequest { name: tag.name.clone() };
        let read = told(boss.hub.target_tags(&boss.caller).get_target_tag(get).await).unwrap();
        let mut calls = JoinSet::new();
        for number in 0..6 {
            let (hub, caller) = (world.near(), boss.caller.clone());
            let (mut target, mut read) = (target.clone(), read.clone());
            calls.spawn(async move {
                target.description = format!("by {number}");
                let request = proto::UpdateTargetRequest {
                    target: Some(target),
                    update_mask: Some(mask("description")),
                    ..Default::default()
                };
                let target = told(hub.targets(&caller).update_target(request).await);
                read.description = format!("by {number}");
                let request = proto::UpdateTargetTagRequest {
                    target_tag: Some(read),
                    update_mask: Some(mask("description")),
                };
                let tag = told(hub.target_tags(&caller).update_target_tag(request).await);
                (target.map(|_| ()), tag.map(|_| ()))
            });
        }
        let (targets, tags): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().unzip();
        for answers in [targets, tags] {
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            let refused = answers.into_iter().filter_map(Result::err);
            assert!(refused.into_iter().all(|error| error.reason == Reason::EtagMismatch));
        }
    }
}

async fn what_was_made_again_has_another_etag(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d").await;
    let read = boss.see("d").await.unwrap();
    boss.delete_target("d").await;
    boss.target("d").await;
    assert_ne!(boss.see("d").await.unwrap().etag, read.etag);
    let request = proto::DeleteTargetRequest {
        name: names::target("d"),
        etag: read.etag,
        ..Default::default()
    };
    let mut targets = boss.hub.targets(&boss.caller);
    let stale = told(targets.delete_target(request.clone()).await);
    assert_eq!(reason(stale), Reason::EtagMismatch);
    let etag = boss.see("d").await.unwrap().etag;
    told(targets.delete_target(proto::DeleteTargetRequest { etag, ..request }).await).unwrap();
    assert_eq!(reason(boss.see("d").await), Reason::NotFound);
}

async fn a_poll_is_no_change(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let device = world.device("d");
    device.poll().await;
    let read = boss.see("d").await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    device.poll().await;
    let now = boss.see("d").await.unwrap();
    assert_ne!(now.poll_status, read.poll_status);
    assert_eq!(now.etag, read.etag);
}
