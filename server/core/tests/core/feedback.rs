//! Feedback that comes twice changes nothing the second time.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason, told};
use crate::world::World;
use otahub_client::device::{self as proto, CancelOutcome, Consent, Outcome};
use otahub_client::proto::Reason;

on_each_database!(
    repeated_feedback_is_answered_alike_and_stored_once,
    a_repeated_final_word_without_an_id_is_refused_and_changes_nothing,
    repeated_answers_to_a_cancellation_are_stored_once,
    a_repeated_confirmation_is_stored_once,
    the_same_id_at_the_same_time_is_stored_once,
    fetching_again_writes_nothing,
);

async fn running(ground: &Ground) -> (World, Operator, Device, i64) {
    let world = World::with_gateway(ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    (world, boss, device, action)
}

fn once(device: &Device, action: i64, outcome: Outcome, id: &str) -> proto::ReportFeedbackRequest {
    proto::ReportFeedbackRequest { request_id: id.into(), ..device.word(action, outcome) }
}

async fn repeated_feedback_is_answered_alike_and_stored_once(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    let working = once(&device, action, Outcome::Proceeding, "a");
    for _ in 0..3 {
        assert!(device.say(working.clone()).await.unwrap());
    }
    assert_eq!(boss.history(action).await.len(), 2);
    let last = once(&device, action, Outcome::Succeeded, "b");
    assert!(!device.say(last.clone()).await.unwrap());
    let (target, before) = (boss.see("d1").await.unwrap(), boss.action(action).await);
    for _ in 0..3 {
        assert!(!device.say(last.clone()).await.unwrap());
        // a late copy of an earlier word: the action is over by now
        assert!(!device.say(working.clone()).await.unwrap());
    }
    assert_eq!(boss.history(action).await.len(), 3);
    assert_eq!(boss.see("d1").await.unwrap(), target);
    assert_eq!(boss.action(action).await, before);
    let long = once(&device, action, Outcome::Succeeded, &"x".repeat(65));
    assert_eq!(reason(device.say(long).await), Reason::InvalidField);
}

async fn a_repeated_final_word_without_an_id_is_refused_and_changes_nothing(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    assert!(!device.report(action, Outcome::Failed).await.unwrap());
    let (target, before) = (boss.see("d1").await.unwrap(), boss.action(action).await);
    let history = boss.history(action).await;
    for outcome in [Outcome::Failed, Outcome::Succeeded, Outcome::Proceeding] {
        let late = device.report(action, outcome).await;
        assert_eq!(reason(late), Reason::ActionClosed);
    }
    assert_eq!(boss.see("d1").await.unwrap(), target);
    assert_eq!(boss.action(action).await, before);
    assert_eq!(boss.history(action).await, history);
}

async fn repeated_answers_to_a_cancellation_are_stored_once(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    boss.cancel(action).await.unwrap();
    let answer = |outcome: CancelOutcome, id: &str| proto::ReportCancellationRequest {
        device: Some(device.who.clone()),
        action,
        outcome: outcome.into(),
        request_id: id.into(),
        ..Default::default()
    };
    let mut api = device.hub.device(&device.caller);
    for (outcome, id, active) in [
        (CancelOutcome::Proceeding, "a", true),
        (CancelOutcome::Proceeding, "a", true),
        (CancelOutcome::Accepted, "b", false),
        (CancelOutcome::Accepted, "b", false),
        (CancelOutcome::Proceeding, "a", false),
    ] {
        let said = told(api.report_cancellation(answer(outcome, id)).await);
        assert_eq!(said.unwrap().active, active);
    }
    assert_eq!(boss.history(action).await.len(), 4);
}

async fn a_repeated_confirmation_is_stored_once(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    boss.switch("user.confirmation.flow.enabled", true).await;
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let request = proto::ReportConfirmationRequest {
        device: Some(device.who.clone()),
        action,
        consent: Consent::Confirmed.into(),
        request_id: "a".into(),
        ..Default::default()
    };
    let mut api = device.hub.device(&device.caller);
    for _ in 0..3 {
        told(api.report_confirmation(request.clone()).await).unwrap();
    }
    assert_eq!(boss.history(action).await.len(), 2);
}

async fn the_same_id_at_the_same_time_is_stored_once(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    for round in 0..10 {
        let id = format!("same {round}");
        let all = (0..8).map(|_| device.say(once(&device, action, Outcome::Proceeding, &id)));
        for said in futures::future::join_all(all).await {
            assert!(said.unwrap());
        }
    }
    assert_eq!(boss.history(action).await.len(), 11);
}

async fn fetching_again_writes_nothing(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    for _ in 0..3 {
        device.deployment(action).await.unwrap();
    }
    assert_eq!(boss.history(action).await.len(), 2);
    device.report(action, Outcome::Proceeding).await.unwrap();
    device.deployment(action).await.unwrap();
    let fetched = boss.history(action).await;
    assert_eq!(fetched.len(), 4);
    device.report(action, Outcome::Succeeded).await.unwrap();
    device.deployment(action).await.unwrap();
    device.installed(action).await.unwrap();
    assert_eq!(boss.history(action).await.len(), 5);
}
