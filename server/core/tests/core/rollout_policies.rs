//! What rollouts have beyond hawkBit's: pace, retries, deadlines, proofs, dry runs.

use crate::fleet::{Fleet, Wish, counts};
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::told;
use otahub_client::device::{Handling, Outcome, WindowState};
use otahub_client::proto::{self, GroupConditions, RolloutState as State};
use otahub_core::HubOptions;
use std::collections::BTreeSet;
use std::time::Duration;

on_each_database!(
    no_more_than_the_ceiling_are_in_progress_nor_than_the_rate_start,
    what_fails_is_tried_again_as_the_policy_says,
    who_does_not_answer_in_time_has_failed,
    success_needs_the_proof_in_time,
    a_dry_run_tells_the_groups_and_makes_nothing,
    a_random_order_puts_everybody_into_one_group,
    a_group_of_its_own_filter_takes_those_that_meet_it,
    it_starts_at_its_time,
    users_are_asked_where_the_tenant_wants_that,
    devices_install_within_the_rollouts_window,
    a_target_with_all_the_actions_it_may_have_is_left_out_or_makes_room,
);

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn change(
    fleet: &Fleet,
    groups: i32,
    change: impl Fn(&mut proto::Rollout),
) -> proto::CreateRolloutRequest {
    let mut request = fleet.draft(groups);
    change(request.rollout.as_mut().unwrap());
    request
}

async fn no_more_than_the_ceiling_are_in_progress_nor_than_the_rate_start(ground: Ground) {
    let fleet = Fleet::of(&ground, 6).await;
    let pace =
        proto::RolloutPace { targets_per_minute: 4, targets_in_progress: 3, random_order: false };
    let name = fleet.running(change(&fleet, 1, |rollout| rollout.pace = Some(pace))).await;
    let at = |expected| {
        let (fleet, name) = (&fleet, &name);
        async move { fleet.until_that(name, |r| counts(r.target_counts) == expected).await }
    };
    at([0, 3, 3, 0, 0, 0]).await;
    fleet.answer(&["d00", "d01"], Outcome::Succeeded).await;
    // a fourth within the minute, and no fifth
    at([0, 2, 2, 2, 0, 0]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    at([0, 2, 2, 2, 0, 0]).await;
    fleet.world.clock.advance(Duration::from_secs(61));
    at([0, 1, 3, 2, 0, 0]).await;
    let faster = proto::Rollout {
        name: name.clone(),
        pace: Some(proto::RolloutPace::default()),
        ..Default::default()
    };
    let request = proto::UpdateRolloutRequest {
        rollout: Some(faster),
        update_mask: Some(prost_types::FieldMask { paths: vec!["pace".into()] }),
    };
    told(fleet.boss.hub.rollouts(&fleet.boss.caller).update_rollout(request).await).unwrap();
    at([0, 0, 4, 2, 0, 0]).await;
}

async fn what_fails_is_tried_again_as_the_policy_says(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let policy = proto::RetryPolicy { attempts: 2, delay: seconds(30), codes: vec![7] };
    let draft = change(&fleet, 1, |rollout| {
        rollout.retry_policy = Some(policy.clone());
        rollout.conditions =
            Some(GroupConditions { error_threshold_percent: Some(90), ..Default::default() });
    });
    let name = fleet.running(draft).await;
    let fail = |id: &'static str, code| {
        let fleet = &fleet;
        async move {
            let action = fleet.offered(id).await;
            let device = fleet.world.device(id);
            let mut word = device.word(action, Outcome::Failed);
            word.code = Some(code);
            device.say(word).await.unwrap();
            action
        }
    };
    let first = fail("d00", 7).await;
    fail("d01", 8).await;
    let waiting = fleet.see(&name).await;
    assert_eq!(counts(waiting.target_counts), [0, 1, 0, 0, 1, 0]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fleet.world.device("d00").offer().await, None);
    fleet.world.clock.advance(Duration::from_secs(31));
    let second = fleet.offered("d00").await;
    assert_ne!(first, second);
    fleet.answer(&["d00"], Outcome::Succeeded).await;
    let finished = fleet.until(&name, State::Finished).await;
    assert_eq!(counts(finished.target_counts), [0, 0, 0, 1, 1, 0]);
}

async fn who_does_not_answer_in_time_has_failed(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    let draft = change(&fleet, 1, |rollout| rollout.answer_timeout = seconds(600));
    let name = fleet.running(draft).await;
    fleet.answer(&["d00"], Outcome::Succeeded).await;
    fleet.world.clock.advance(Duration::from_secs(601));
    let finished = fleet.until(&name, State::Finished).await;
    assert_eq!(counts(finished.target_counts), [0, 0, 0, 1, 1, 0]);
    assert_eq!(fleet.world.device("d01").offer().await, None);
    let target = fleet.boss.see("d01").await.unwrap();
    assert_eq!(target.update_status(), proto::UpdateStatus::Error);
}

async fn success_needs_the_proof_in_time(ground: Ground) {
    let fleet = Fleet::of(&ground, 3).await;
    let proof = proto::SuccessProof {
        attribute: "version".into(),
        value: "2".into(),
        timeout: seconds(600),
    };
    let draft = change(&fleet, 1, |rollout| rollout.success_proof = Some(proof.clone()));
    let name = fleet.running(draft).await;
    fleet.world.device("d00").attribute("version", "2").await.unwrap();
    fleet.answer(&["d00", "d01", "d02"], Outcome::Succeeded).await;
    assert_eq!(counts(fleet.see(&name).await.target_counts), [0, 0, 2, 1, 0, 0]);
    fleet.world.device("d01").attribute("version", "1").await.unwrap();
    assert_eq!(counts(fleet.see(&name).await.target_counts), [0, 0, 2, 1, 0, 0]);
    fleet.world.device("d01").attribute("version", "2").await.unwrap();
    assert_eq!(counts(fleet.see(&name).await.target_counts), [0, 0, 1, 2, 0, 0]);
    fleet.world.clock.advance(Duration::from_secs(601));
    let finished = fleet.until(&name, State::Finished).await;
    assert_eq!(counts(finished.target_counts), [0, 0, 0, 2, 1, 0]);
}

async fn a_dry_run_tells_the_groups_and_makes_nothing(ground: Ground) {
    let fleet = Fleet::of(&ground, 9).await;
    let mut draft = fleet.draft(0);
    draft.groups = [("canary", 34.0), ("rest", 50.0)]
        .map(|(name, percent)| proto::RolloutGroupSpec {
            display_name: name.into(),
            target_percent: Some(percent),
            conditions: Some(GroupConditions {
                success_threshold_percent: Some(80),
                ..Default::default()
            }),
            ..Default::default()
        })
        .to_vec();
    let request = proto::PlanRolloutRequest { rollout: Some(draft) };
    let mut client = fleet.boss.hub.rollouts(&fleet.boss.caller);
    let plan = told(client.plan_rollout(request).await).unwrap();
    let told_of: Vec<_> = plan
        .groups
        .iter()
        .map(|group| (group.target_count, group.successes_needed, group.errors_tolerated))
        .collect();
    assert_eq!(told_of, [(3, 3, 1), (5, 4, 2)]);
    assert_eq!(plan.ungrouped_target_count, 1);
    let listed = client.list_rollouts(proto::ListRolloutsRequest::default()).await;
    assert_eq!(told(listed).unwrap().total_size, 0);
}

async fn a_random_order_puts_everybody_into_one_group(ground: Ground) {
    let fleet = Fleet::of(&ground, 12).await;
    let pace = proto::RolloutPace { random_order: true, ..Default::default() };
    let name = fleet.ready(change(&fleet, 3, |rollout| rollout.pace = Some(pace))).await;
    let mut all = BTreeSet::new();
    for group in fleet.groups(&name).await {
        let members = fleet.members(&group).await;
        assert_eq!(members.len(), 4);
        all.extend(members);
    }
    assert_eq!(all.len(), 12);
}

async fn a_group_of_its_own_filter_takes_those_that_meet_it(ground: Ground) {
    let fleet = Fleet::of(&ground, 4).await;
    let mut draft = fleet.draft(0);
    let group = |name: &str, filter: &str| proto::RolloutGroupSpec {
        display_name: name.into(),
        target_filter: filter.into(),
        ..Default::default()
    };
    draft.groups = vec![group("last", r#"controller_id = ("d02" OR "d03")"#), group("others", "")];
    let name = fleet.ready(draft).await;
    let groups = fleet.groups(&name).await;
    assert_eq!(fleet.members(&groups[0]).await, ["d02", "d03"]);
    assert_eq!(fleet.members(&groups[1]).await, ["d00", "d01"]);
}

async fn it_starts_at_its_time(ground: Ground) {
    let fleet = Fleet::of(&ground, 1).await;
    let start = crate::world::START / 1000 + 60;
    let at = prost_types::Timestamp { seconds: start, nanos: 0 };
    let name = fleet.ready(change(&fleet, 1, |rollout| rollout.start_time = Some(at))).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fleet.see(&name).await.state(), State::Ready);
    fleet.world.clock.advance(Duration::from_secs(61));
    fleet.until(&name, State::Running).await;
}

async fn users_are_asked_where_the_tenant_wants_that(ground: Ground) {
    let fleet = Fleet::of(&ground, 2).await;
    fleet.boss.switch("user.confirmation.flow.enabled", true).await;
    let mut draft = fleet.draft(0);
    let group = |name: &str, filter: &str, required| proto::RolloutGroupSpec {
        display_name: name.into(),
        target_filter: filter.into(),
        confirmation_required: Some(required),
        ..Default::default()
    };
    draft.groups = vec![
        group("asked", "controller_id = d00", true),
        group("not asked", "controller_id = d01", false),
    ];
    let name = fleet.running(draft).await;
    fleet.wish(&name, Wish::Trigger).await.unwrap();
    fleet.until_that(&name, |rollout| counts(rollout.target_counts)[2] == 2).await;
    use otahub_client::device::OfferKind;
    let kind = |id: &'static str| async { fleet.world.device(id).offer().await.unwrap().1 };
    assert_eq!(kind("d00").await, OfferKind::Confirmation);
    assert_eq!(kind("d01").await, OfferKind::Deployment);
}

async fn devices_install_within_the_rollouts_window(ground: Ground) {
    let fleet = Fleet::of(&ground, 1).await;
    // tests begin at 22:13:20 of that day, so it opens in 2800 s
    let tonight = proto::MaintenanceWindow {
        schedule: "0 0 23 14 11 ? 2023".into(),
        duration: "01:00:00".into(),
        timezone: "Z".into(),
    };
    let draft = change(&fleet, 1, |rollout| rollout.maintenance_window = Some(tonight.clone()));
    let name = fleet.running(draft).await;
    let device = fleet.world.device("d00");
    let action = fleet.offered("d00").await;
    let closed = device.deployment(action).await.unwrap();
    assert_eq!((closed.update(), closed.window()), (Handling::Skip, WindowState::Unavailable));
    fleet.world.clock.advance(Duration::from_secs(2900));
    let open = device.deployment(action).await.unwrap();
    assert_eq!((open.update(), open.window()), (Handling::Forced, WindowState::Available));
    fleet.answer(&["d00"], Outcome::Succeeded).await;
    fleet.until(&name, State::Finished).await;
}

async fn a_target_with_all_the_actions_it_may_have_is_left_out_or_makes_room(ground: Ground) {
    let mut options = HubOptions::default();
    options.quotas.actions_per_target = 2;
    let fleet = Fleet::with(&ground, 2, options).await;
    for set in ["one", "two"] {
        let set = fleet.boss.set(set).await;
        fleet.boss.assign("d00", set).await;
    }
    let name = fleet.running(fleet.draft(1)).await;
    fleet.until_that(&name, |r| counts(r.target_counts) == [0, 0, 1, 0, 0, 0]).await;
    fleet.wish(&name, Wish::Stop).await.unwrap();
    fleet.boss.number("action.cleanup.onQuotaHit.percent", 50).await;
    let another = change(&fleet, 1, |rollout| rollout.display_name = "another".into());
    let name = fleet.running(another).await;
    // the other one has the set already
    fleet.until_that(&name, |r| counts(r.target_counts) == [0, 0, 1, 1, 0, 0]).await;
}
