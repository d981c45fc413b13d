//! Rollouts from their making to their end.

use crate::fleet::{Fleet, Wish, counts};
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{reason, told};
use otahub_client::device::{OfferKind, Outcome};
use otahub_client::names;
use otahub_client::proto::{
    self, GroupConditions, Reason, RolloutGroupSpec, RolloutGroupState as Group,
    RolloutState as State, SuccessAction,
};

on_each_database!(
    a_rollout_goes_group_by_group_to_its_end,
    too_many_failures_pause_it,
    success_can_pause_it,
    it_waits_for_approval_where_the_tenant_wants_that,
    only_fitting_wishes_are_granted,
    what_cannot_be_rolled_out_is_refused,
    a_rollout_that_began_is_deleted_softly_and_another_wholly,
    a_dynamic_rollout_takes_in_what_appears,
    failed_targets_can_be_tried_again,
    an_invalid_set_ends_its_rollouts,
);

async fn a_rollout_goes_group_by_group_to_its_end(ground: Ground) {
    let fleet = Fleet::of(&ground, 10).await;
    let mut draft = fleet.draft(2);
    draft.rollout.as_mut().unwrap().conditions =
        Some(GroupConditions { success_threshold_percent: Some(80), ..Default::default() });
    let made = fleet.create(draft).await.unwrap();
    assert_eq!((made.state(), made.target_count), (State::Creating, 10));
    assert_eq!(counts(made.target_counts), [10, 0, 0, 0, 0, 0]);
    let name = made.name;
    let ready = fleet.until(&name, State::Ready).await;
    assert_eq!((ready.target_count, ready.group_count), (10, 2));
    assert_eq!(ready.audit.unwrap().updater, "system");
    let groups = fleet.groups(&name).await;
    assert_eq!(fleet.members(&groups[1]).await, ["d05", "d06", "d07", "d08", "d09"]);
    assert_eq!(groups[0].spec.as_ref().unwrap().display_name, "group-1");

    fleet.wish(&name, Wish::Start).await.unwrap();
    let running = fleet.until(&name, State::Running).await;
    assert_eq!(counts(running.target_counts), [0, 5, 5, 0, 0, 0]);
    assert_eq!(fleet.states(&name).await, [Group::Running, Group::Scheduled]);
    assert_eq!(fleet.world.device("d05").offer().await, None);
    fleet.answer(&["d00", "d01", "d02"], Outcome::Succeeded).await;
    assert_eq!(fleet.states(&name).await, [Group::Running, Group::Scheduled]);
    fleet.answer(&["d03"], Outcome::Succeeded).await;
    fleet.until_groups(&name, &[Group::Running, Group::Running]).await;
    let groups = fleet.groups(&name).await;
    assert_eq!(counts(groups[0].target_counts), [0, 0, 1, 4, 0, 0]);
    assert_eq!(counts(groups[1].target_counts), [0, 0, 5, 0, 0, 0]);
    fleet.answer(&["d04", "d05", "d06", "d07", "d08", "d09"], Outcome::Succeeded).await;
    let finished = fleet.until(&name, State::Finished).await;
    assert_eq!(counts(finished.target_counts), [0, 0, 0, 10, 0, 0]);
    assert_eq!(fleet.states(&name).await, [Group::Finished, Group::Finished]);
    let target = fleet.boss.see("d09").await.unwrap();
    assert_eq!(target.installed_set, names::distribution_set(fleet.set));
}

async fn too_many_failures_pause_it(ground: Ground) {
    let fleet = Fleet::of(&ground, 9).await;
    let mut draft = fleet.draft(0);
    draft.rollout.as_mut().unwrap().conditions = Some(GroupConditions {
        success_threshold_percent: Some(100),
        error_threshold_percent: Some(30),
        ..Default::default()
    });
    draft.groups = [("canary", 34.0), ("rest", 100.0)]
        .map(|(name, percent)| RolloutGroupSpec {
            display_name: name.into(),
            target_percent: Some(percent),
            ..Default::default()
        })
        .to_vec();
    let name = fleet.running(draft).await;
    fleet.answer(&["d00"], Outcome::Failed).await;
    let paused = fleet.until(&name, State::Paused).await;
    assert_eq!(counts(paused.target_counts), [0, 6, 2, 0, 1, 0]);
    assert_eq!(fleet.states(&name).await, [Group::Error, Group::Scheduled]);
    assert_eq!(fleet.world.device("d03").offer().await, None);

    let resumed = fleet.wish(&name, Wish::Resume).await.unwrap();
    assert_eq!(resumed.state(), State::Running);
    assert_eq!(fleet.states(&name).await, [Group::Error, Group::Running]);
    fleet.until_that(&name, |rollout| counts(rollout.target_counts)[2] == 8).await;
    fleet.wish(&name, Wish::Stop).await.unwrap();
    let stopped = fleet.until(&name, State::Stopped).await;
    assert_eq!(counts(stopped.target_counts), [0, 0, 8, 0, 1, 0]);
    let (_, kind) = fleet.world.device("d05").offer().await.unwrap();
    assert_eq!(kind, OfferKind::Cancellation);
}

async fn success_can_pause_it(ground: Ground) {
    let fleet = Fleet::of(&ground, 6).await;
    let mut draft = fleet.draft(3);
    draft.rollout.as_mut().unwrap().conditions = Some(GroupConditions {
        success_threshold_percent: Some(100),
        success_action: SuccessAction::Pause.into(),
        ..Default::default()
    });
    let name = fleet.running(draft).await;
    fleet.wish(&name, Wish::Trigger).await.unwrap();
    assert_eq!(fleet.states(&name).await, [Group::Running, Group::Running, Group::Scheduled]);
    fleet.answer(&["d00", "d01", "d02", "d03"], Outcome::Succeeded).await;
    let paused = fleet.until(&name, State::Paused).await;
    assert_eq!(counts(paused.target_counts), [0, 2, 0, 4, 0, 0]);
    assert_eq!(fleet.states(&name).await, [Group::Finished, Group::Finished, Group::Scheduled]);
    fleet.wish(&name, Wish::Resume).await.unwrap();
    assert_eq!(fleet.states(&name).await, [Group::Finished, Group::Finished, Group::Running]);
    fleet.answer(&["d04", "d05"], Outcome::Succeeded).await;
    fleet.until(&name, State::Finished).await;
}

async fn it_waits_for_approval_where_the_tenant_wants_that(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    fleet.boss.switch("rollout.approval.enabled", true).await;
    let name = fleet.create(fleet.draft(1)).await.unwrap().name;
    fleet.until(&name, State::WaitingForApproval).await;
    let early = fleet.wish(&name, Wish::Start).await;
    assert_eq!(reason(early), Reason::RolloutState);
    let approved = fleet.wish(&name, Wish::Approve).await.unwrap();
    assert_eq!(approved.state(), State::Ready);
    assert_eq!((&*approved.approval_decider, &*approved.approval_remark), ("boss", "because"));
    assert_eq!(reason(fleet.wish(&name, Wish::Deny).await), Reason::RolloutState);

    let mut other = fleet.draft(1);
    other.rollout.as_mut().unwrap().display_name = "denied".into();
    let name = fleet.create(other).await.unwrap().name;
    fleet.until(&name, State::WaitingForApproval).await;
    fleet.wish(&name, Wish::Deny).await.unwrap();
    assert_eq!(fleet.see(&name).await.state(), State::ApprovalDenied);
    assert_eq!(reason(fleet.wish(&name, Wish::Start).await), Reason::RolloutState);
}

async fn only_fitting_wishes_are_granted(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let name = fleet.ready(fleet.draft(1)).await;
    for wish in [Wish::Pause, Wish::Resume, Wish::Trigger, Wish::Approve] {
        assert_eq!(reason(fleet.wish(&name, wish).await), Reason::RolloutState, "{wish:?}");
    }
    assert_eq!(reason(fleet.wish(&name, Wish::Retry).await), Reason::InvalidField);
    assert_eq!(reason(fleet.wish("rollouts/999", Wish::Start).await), Reason::NotFound);
    fleet.wish(&name, Wish::Start).await.unwrap();
    fleet.until(&name, State::Running).await;
    for wish in [Wish::Start, Wish::Resume, Wish::Trigger] {
        assert_eq!(reason(fleet.wish(&name, wish).await), Reason::RolloutState, "{wish:?}");
    }
    fleet.wish(&name, Wish::Pause).await.unwrap();
    fleet.answer(&["d00", "d01"], Outcome::Succeeded).await;
    assert_eq!(fleet.see(&name).await.state(), State::Paused);
    fleet.wish(&name, Wish::Resume).await.unwrap();
    fleet.until(&name, State::Finished).await;
    let weak = fleet.world.operator_with("weak", &["READ_ROLLOUT"]).await;
    let request = proto::StopRolloutRequest { name: "rollouts/999".into(), ..Default::default() };
    let refused = told(weak.hub.rollouts(&weak.caller).stop_rollout(request).await);
    assert_eq!(reason(refused), Reason::PermissionDenied);
}

async fn what_cannot_be_rolled_out_is_refused(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let wrong = |change: &dyn Fn(&mut proto::CreateRolloutRequest, &mut proto::Rollout)| {
        let mut request = fleet.draft(1);
        let mut rollout = request.rollout.take().unwrap();
        change(&mut request, &mut rollout);
        proto::CreateRolloutRequest { rollout: Some(rollout), ..request }
    };
    let group = |name: &str, percent| RolloutGroupSpec {
        display_name: name.into(),
        target_percent: Some(percent),
        ..Default::default()
    };
    let refusals = [
        (wrong(&|_, r| r.display_name.clear()), Reason::InvalidField),
        (wrong(&|_, r| r.target_filter.clear()), Reason::InvalidField),
        (wrong(&|_, r| r.target_filter = "name = nobody".into()), Reason::InvalidField),
        (wrong(&|_, r| r.target_filter = "name =".into()), Reason::InvalidField),
        (wrong(&|_, r| r.distribution_set = "distributionSets/999".into()), Reason::NotFound),
        (wrong(&|_, r| r.weight = Some(1001)), Reason::InvalidField),
        (wrong(&|q, _| q.group_count = 0), Reason::InvalidField),
        (wrong(&|q, _| q.group_count = -1), Reason::InvalidField),
        (wrong(&|q, _| q.group_count = 501), Reason::QuotaExceeded),
        (wrong(&|q, _| q.groups = vec![group("g", 100.0)]), Reason::InvalidField),
        (
            wrong(&|q, _| (q.group_count, q.groups) = (0, vec![group("g", 101.0)])),
            Reason::InvalidField,
        ),
        (
            wrong(&|q, _| (q.group_count, q.groups) = (0, vec![group("g", 50.0)])),
            Reason::InvalidField,
        ),
    ];
    for (request, expected) in refusals {
        let shown = format!("{request:?}");
        assert_eq!(reason(fleet.create(request).await), expected, "{shown}");
    }
    fleet.ready(fleet.draft(1)).await;
    assert_eq!(reason(fleet.create(fleet.draft(1)).await), Reason::AlreadyExists);
}

async fn a_rollout_that_began_is_deleted_softly_and_another_wholly(ground: Ground) {
    let fleet = Fleet::of(&ground, 3).await;
    let name = fleet.ready(fleet.draft(1)).await;
    fleet.delete(&name).await.unwrap();
    let gone = async {
        while fleet.try_see(&name).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.unwrap();
    assert_eq!(reason(fleet.try_see(&name).await), Reason::NotFound);

    let name = fleet.running(fleet.draft(1)).await;
    fleet.answer(&["d00"], Outcome::Succeeded).await;
    fleet.delete(&name).await.unwrap();
    let deleted = fleet.until(&name, State::Deleted).await;
    assert!(deleted.deleted);
    assert_eq!(counts(deleted.target_counts), [0, 0, 0, 1, 0, 2]);
    assert_eq!(fleet.world.device("d01").offer().await, None);
    assert_eq!(reason(fleet.delete(&name).await), Reason::Deleted);
    let request = proto::ListRolloutsRequest::default();
    let listed = fleet.boss.hub.rollouts(&fleet.boss.caller).list_rollouts(request).await;
    assert_eq!(told(listed).unwrap().total_size, 0);
}

async fn a_dynamic_rollout_takes_in_what_appears(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let mut draft = fleet.draft(1);
    let rollout = draft.rollout.as_mut().unwrap();
    rollout.dynamic = true;
    rollout.dynamic_group_template =
        Some(proto::DynamicGroupTemplate { name_suffix: "-more".into(), target_count: 2 });
    let name = fleet.running(draft).await;
    let groups = fleet.groups(&name).await;
    assert_eq!(groups[1].spec.as_ref().unwrap().display_name, "group-2-more");
    assert!(groups[1].dynamic);
    for id in ["d02", "d03", "d04"] {
        fleet.join(id).await;
    }
    fleet.world.clock.advance(std::time::Duration::from_secs(61));
    fleet.until_that(&name, |rollout| rollout.target_count == 5).await;
    fleet.answer(&["d00", "d01"], Outcome::Succeeded).await;
    fleet.until_groups(&name, &[Group::Finished, Group::Running, Group::Scheduled]).await;
    fleet.answer(&["d02", "d03"], Outcome::Succeeded).await;
    fleet.until_groups(&name, &[Group::Finished, Group::Finished, Group::Running]).await;
    fleet.answer(&["d04"], Outcome::Succeeded).await;
    assert_eq!(fleet.see(&name).await.state(), State::Running);
    fleet.wish(&name, Wish::Stop).await.unwrap();
    let stopped = fleet.until(&name, State::Stopped).await;
    assert_eq!(counts(stopped.target_counts), [0, 0, 0, 5, 0, 0]);
}

async fn failed_targets_can_be_tried_again(ground: Ground) {
    let fleet = Fleet::of(&ground, 4).await;
    let mut draft = fleet.draft(1);
    draft.rollout.as_mut().unwrap().conditions =
        Some(GroupConditions { error_threshold_percent: Some(100), ..Default::default() });
    let name = fleet.running(draft).await;
    fleet.answer(&["d00", "d01"], Outcome::Failed).await;
    fleet.answer(&["d02", "d03"], Outcome::Succeeded).await;
    fleet.until(&name, State::Finished).await;
    let retry = fleet.wish(&name, Wish::Retry).await.unwrap();
    assert_eq!((&*retry.display_name, retry.target_count), ("campaign_retry", 2));
    assert_eq!(reason(fleet.wish(&name, Wish::Retry).await), Reason::AlreadyExists);
    fleet.until(&retry.name, State::Ready).await;
    let group = &fleet.groups(&retry.name).await[0];
    assert_eq!(fleet.members(group).await, ["d00", "d01"]);
    fleet.wish(&retry.name, Wish::Start).await.unwrap();
    fleet.answer(&["d00", "d01"], Outcome::Succeeded).await;
    fleet.until(&retry.name, State::Finished).await;
}

async fn an_invalid_set_ends_its_rollouts(ground: Ground) {
    use proto::CancelationMode;
    for (mode, end) in
        [(CancelationMode::Soft, State::Stopped), (CancelationMode::Force, State::Deleted)]
    {
        let fleet = Fleet::of(&ground.another().await, 2).await;
        let name = fleet.running(fleet.draft(2)).await;
        let request = proto::InvalidateDistributionSetRequest {
            name: names::distribution_set(fleet.set),
            cancelation_mode: mode.into(),
        };
        let mut sets = fleet.boss.hub.distribution_sets(&fleet.boss.caller);
        told(sets.invalidate_distribution_set(request).await).unwrap();
        fleet.until(&name, end).await;
        let again = fleet.create(fleet.draft(1)).await;
        assert!(matches!(reason(again), Reason::SetInvalid | Reason::AlreadyExists));
    }
}
