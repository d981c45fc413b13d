//! Many at once: every word is kept, and nobody's change is lost.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::Operator;
use crate::orders::{mask, wish};
use crate::world::World;
use otahub_client::device::Outcome;
use otahub_client::names;
use otahub_client::proto::{self, ActionState, Reason, UpdateStatus};

on_each_database!(
    feedback_of_many_targets_at_once_is_all_stored,
    changes_of_one_target_at_once_are_all_kept,
    of_final_words_at_once_one_is_taken,
    cancel_and_success_at_once_end_in_one_way,
    devices_that_appear_twice_at_once_are_registered_once,
);

async fn feedback_of_many_targets_at_once_is_all_stored(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let ids: Vec<String> = (0..100).map(|n| format!("d{n}")).collect();
    let polls = ids.iter().map(|id| {
        let device = world.device(id);
        async move { device.poll().await }
    });
    futures::future::join_all(polls).await;
    let wishes = ids.iter().map(|id| wish(id, set)).collect();
    let assigned = boss.assign_all(wishes).await.unwrap().assigned_actions;
    assert_eq!(assigned.len(), 100);
    let mut said = tokio::task::JoinSet::new();
    for one in assigned.clone() {
        let device = world.device(&one.controller_id);
        said.spawn(async move {
            for outcome in [Outcome::Proceeding, Outcome::Downloaded] {
                assert!(device.report(one.action, outcome).await.unwrap());
            }
            assert!(!device.report(one.action, Outcome::Succeeded).await.unwrap());
            assert_eq!(device.poll().await.installed_action, one.action);
        });
    }
    said.join_all().await;
    for one in assigned {
        assert_eq!(boss.history(one.action).await.len(), 4);
        let seen = boss.see(&one.controller_id).await.unwrap();
        assert_eq!(seen.update_status(), UpdateStatus::InSync);
    }
}

/// Sets metadata, so that every change is one that can be seen.
async fn put(boss: Operator, key: String) {
    let request = proto::UpdateTargetMetadataRequest {
        parent: names::target("d1"),
        metadata: Some(proto::Metadata { key, value: "v".into(), target_visible: false }),
    };
    let mut targets = boss.hub.targets(&boss.caller);
    targets.update_target_metadata(request).await.unwrap();
}

async fn changes_of_one_target_at_once_are_all_kept(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    world.device("d1").poll().await;
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..30 {
        changes.spawn(put(boss.clone(), format!("key{number}")));
        let device = world.device("d1");
        changes.spawn(async move {
            let key = format!("attribute{number}");
            device.attribute(&key, "v").await.unwrap();
        });
        let boss = boss.clone();
        changes.spawn(async move {
            let request = proto::UpdateTargetRequest {
                target: Some(proto::Target {
                    name: names::target("d1"),
                    description: format!("description {number}"),
                    ..Default::default()
                }),
                update_mask: Some(mask("description")),
                ..Default::default()
            };
            let mut targets = boss.hub.targets(&boss.caller);
            targets.update_target(request).await.unwrap();
        });
    }
    changes.join_all().await;
    let parent = names::target("d1");
    let mut targets = boss.hub.targets(&boss.caller);
    let request = proto::ListTargetMetadataRequest { parent: parent.clone(), ..Default::default() };
    let kept = targets.list_target_metadata(request).await.unwrap();
    assert_eq!(kept.into_inner().metadata.len(), 30);
    let request = proto::GetTargetAttributesRequest { name: parent };
    let kept = targets.get_target_attributes(request).await.unwrap();
    assert_eq!(kept.into_inner().attributes.len(), 30);
}

async fn of_final_words_at_once_one_is_taken(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let words = [Outcome::Succeeded, Outcome::Failed].repeat(8);
    let all = words.iter().map(|outcome| device.report(action, *outcome));
    let answers = futures::future::join_all(all).await;
    let taken = answers.iter().filter(|a| a.is_ok()).count();
    let late = answers
        .iter()
        .filter_map(|a| a.as_ref().err())
        .filter(|error| error.reason == Reason::ActionClosed)
        .count();
    assert_eq!((taken, late), (1, 15), "{answers:?}");
    assert_eq!(boss.history(action).await.len(), 2);
}

async fn cancel_and_success_at_once_end_in_one_way(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let sets = [boss.set("s1").await, boss.set("s2").await];
    for round in 0..10 {
        let action = boss.assign("d1", sets[round % 2]).await;
        let (cancelled, reported) =
            tokio::join!(boss.cancel(action), device.report(action, Outcome::Succeeded));
        assert!(!reported.unwrap());
        if let Err(error) = cancelled {
            assert_eq!(error.reason, Reason::ActionNotCancelable);
        }
        assert_eq!(boss.state(action).await, ActionState::Finished);
        assert_eq!(device.offer().await, None);
        world.clock.advance(std::time::Duration::from_secs(1));
    }
}

async fn devices_that_appear_twice_at_once_are_registered_once(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    for number in 0..10 {
        let device = world.device(&format!("d{number}"));
        let polls = (0..6).map(|_| device.try_poll());
        for answer in futures::future::join_all(polls).await {
            answer.unwrap();
        }
    }
    let mut targets = boss.hub.targets(&boss.caller);
    let listed = targets.list_targets(proto::ListTargetsRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().total_size, 10);
}
