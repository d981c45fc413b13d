//! Consent: actions that wait, and standing consents.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason, told};
use crate::orders::wish;
use crate::world::World;
use otahub_client::device::{Consent, OfferKind, Outcome};
use otahub_client::names;
use otahub_client::proto::{self, ActionState, EntryStatus, Reason};

on_each_database!(
    an_action_waits_until_the_device_confirms,
    an_operator_confirms_or_denies_for_the_device,
    a_standing_consent_confirms_what_waits_and_what_comes,
    an_operator_gives_a_standing_consent,
    an_initiator_may_confirm_in_advance,
);

async fn asking(ground: &Ground) -> (World, Operator) {
    let world = World::with_gateway(ground).await;
    let boss = world.operator();
    boss.switch("user.confirmation.flow.enabled", true).await;
    world.device("d1").poll().await;
    (world, boss)
}

async fn an_action_waits_until_the_device_confirms(ground: Ground) {
    let (world, boss) = asking(&ground).await;
    let device = world.device("d1");
    let action = boss.assign("d1", boss.set("s").await).await;
    let waits = Some((action, OfferKind::Confirmation));
    assert_eq!(device.offer().await, waits);
    let early = device.deployment(action).await;
    assert_eq!(reason(early), Reason::ActionWaiting);
    let early = device.report(action, Outcome::Succeeded).await;
    assert_eq!(reason(early), Reason::ActionWaiting);
    let shown = device.confirmation(action).await.unwrap();
    assert_eq!(shown.chunks.len(), 1);
    device.consent(action, Consent::Denied).await.unwrap();
    assert_eq!(device.offer().await, waits);
    let unsaid = device.consent(action, Consent::Unspecified).await;
    assert_eq!(reason(unsaid), Reason::InvalidField);
    device.consent(action, Consent::Confirmed).await.unwrap();
    assert_eq!(device.offer().await, Some((action, OfferKind::Deployment)));
    let late = device.consent(action, Consent::Confirmed).await;
    assert_eq!(reason(late), Reason::ActionNotWaiting);
    let words = boss.words(action).await;
    let wanted =
        [EntryStatus::WaitForConfirmation, EntryStatus::WaitForConfirmation, EntryStatus::Running];
    assert_eq!(words, wanted);
    device.report(action, Outcome::Succeeded).await.unwrap();
    let late = device.consent(action, Consent::Confirmed).await;
    assert_eq!(reason(late), Reason::ActionClosed);
}

async fn an_operator_confirms_or_denies_for_the_device(ground: Ground) {
    let (world, boss) = asking(&ground).await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let request = proto::DenyActionRequest {
        name: names::action(action),
        code: Some(3),
        ..Default::default()
    };
    let mut actions = boss.hub.actions(&boss.caller);
    let denied = told(actions.deny_action(request).await).unwrap();
    assert_eq!(denied.state(), ActionState::WaitingForConfirmation);
    assert_eq!(denied.last_code, Some(3));
    let confirmed = boss.confirm(action).await.unwrap();
    assert_eq!(confirmed.state(), ActionState::Running);
    let offered = world.device("d1").offer().await;
    assert_eq!(offered, Some((action, OfferKind::Deployment)));
    let again = boss.confirm(action).await;
    assert_eq!(reason(again), Reason::ActionNotWaiting);
}

async fn a_standing_consent_confirms_what_waits_and_what_comes(ground: Ground) {
    let (world, boss) = asking(&ground).await;
    let device = world.device("d1");
    let waiting = boss.assign("d1", boss.set("s1").await).await;
    let given = device.consent_to_all().await.unwrap();
    assert!(given.active);
    assert_eq!(device.offer().await, Some((waiting, OfferKind::Deployment)));
    let twice = device.consent_to_all().await;
    assert_eq!(reason(twice), Reason::AutoConfirmationActive);
    device.report(waiting, Outcome::Succeeded).await.unwrap();
    let next = boss.assign("d1", boss.set("s2").await).await;
    assert_eq!(device.offer().await, Some((next, OfferKind::Deployment)));
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.auto_confirmation_active, Some(true));
    device.report(next, Outcome::Succeeded).await.unwrap();
    assert!(!device.take_consent_back().await.unwrap().active);
    assert!(!device.take_consent_back().await.unwrap().active);
    let last = boss.assign("d1", boss.set("s3").await).await;
    assert_eq!(device.offer().await, Some((last, OfferKind::Confirmation)));
}

async fn an_operator_gives_a_standing_consent(ground: Ground) {
    let (world, boss) = asking(&ground).await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let request = proto::ActivateTargetAutoConfirmationRequest {
        name: names::target("d1"),
        initiator: "the owner".into(),
        remark: "by phone".into(),
        ..Default::default()
    };
    let mut targets = boss.hub.targets(&boss.caller);
    let given = targets.activate_target_auto_confirmation(request.clone());
    let given = told(given.await).unwrap();
    assert_eq!(given.initiator, "the owner");
    let twice = told(targets.activate_target_auto_confirmation(request).await);
    assert_eq!(reason(twice), Reason::AutoConfirmationActive);
    let offered = world.device("d1").offer().await;
    assert_eq!(offered, Some((action, OfferKind::Deployment)));
    let history = boss.history(action).await;
    assert!(history.last().unwrap().messages[0].contains("by phone"));
}

async fn an_initiator_may_confirm_in_advance(ground: Ground) {
    let (world, boss) = asking(&ground).await;
    let mut wish = wish("d1", boss.set("s").await);
    wish.confirmation_required = Some(false);
    let action = boss.assign_with(wish).await.unwrap();
    let offered = world.device("d1").offer().await;
    assert_eq!(offered, Some((action, OfferKind::Deployment)));
}
