//! Actions that are to stop: the device does, does not, or is not asked any more.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason};
use crate::world::World;
use otahub_client::device::{CancelOutcome, OfferKind, Outcome};
use otahub_client::names;
use otahub_client::proto::{ActionState, EntryStatus, Reason, UpdateStatus};

on_each_database!(
    a_device_stops,
    a_device_refuses_to_stop,
    a_device_finishes_instead_of_stopping,
    a_cancellation_is_forced_to_an_end,
    what_was_cancelled_gives_way_to_what_was_installed,
);

async fn running(ground: &Ground) -> (World, Operator, Device, i64) {
    let world = World::with_gateway(ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    device.poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    device.deployment(action).await.unwrap();
    (world, boss, device, action)
}

async fn a_device_stops(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    let early = device.cancellation(action).await;
    assert_eq!(reason(early), Reason::ActionNotCanceling);
    assert_eq!(reason(boss.force_quit(action).await), Reason::ActionNotForceQuitable);
    let wanted = boss.cancel(action).await.unwrap();
    assert_eq!(wanted.state(), ActionState::Canceling);
    assert!(wanted.active);
    assert_eq!(reason(boss.cancel(action).await), Reason::ActionNotCancelable);
    assert_eq!(device.offer().await, Some((action, OfferKind::Cancellation)));
    let gone = device.deployment(action).await;
    assert_eq!(reason(gone), Reason::ActionCanceling);
    let asked = device.cancellation(action).await.unwrap();
    assert_eq!((asked.id, asked.stop_action), (action, action));
    let words = boss.words(action).await.len();
    device.cancellation(action).await.unwrap();
    assert_eq!(boss.words(action).await.len(), words);
    let working = device.answer_cancel(action, CancelOutcome::Proceeding);
    assert!(working.await.unwrap());
    let done = device.answer_cancel(action, CancelOutcome::Accepted).await;
    assert!(!done.unwrap());
    assert_eq!(device.offer().await, None);
    assert_eq!(boss.state(action).await, ActionState::Canceled);
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::InSync);
    assert_eq!(seen.assigned_set, "");
    let late = device.report(action, Outcome::Succeeded).await;
    assert_eq!(reason(late), Reason::ActionClosed);
}

async fn a_device_refuses_to_stop(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    for outcome in [CancelOutcome::Refused, CancelOutcome::Failed] {
        boss.cancel(action).await.unwrap();
        assert!(device.answer_cancel(action, outcome).await.unwrap());
        assert_eq!(boss.state(action).await, ActionState::Running);
        assert_eq!(device.offer().await, Some((action, OfferKind::Deployment)));
    }
    let nobody = device.answer_cancel(action, CancelOutcome::Accepted).await;
    assert_eq!(reason(nobody), Reason::ActionNotCanceling);
    let unsaid = device.answer_cancel(action, CancelOutcome::Unspecified);
    assert_eq!(reason(unsaid.await), Reason::InvalidField);
    let words = boss.words(action).await;
    assert!(words.contains(&EntryStatus::CancelRejected));
    assert!(!device.report(action, Outcome::Failed).await.unwrap());
    assert_eq!(boss.state(action).await, ActionState::Failed);
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::Error);
}

async fn a_device_finishes_instead_of_stopping(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    boss.cancel(action).await.unwrap();
    assert!(!device.report(action, Outcome::Succeeded).await.unwrap());
    assert_eq!(boss.state(action).await, ActionState::Finished);
    let late = device.answer_cancel(action, CancelOutcome::Accepted).await;
    assert_eq!(reason(late), Reason::ActionNotCanceling);
    assert_eq!(device.offer().await, None);
}

async fn a_cancellation_is_forced_to_an_end(ground: Ground) {
    let (_world, boss, device, action) = running(&ground).await;
    boss.cancel(action).await.unwrap();
    let quit = boss.force_quit(action).await.unwrap();
    assert_eq!(quit.state(), ActionState::Canceled);
    assert!(!quit.active);
    assert_eq!(device.offer().await, None);
    assert_eq!(reason(boss.force_quit(action).await), Reason::ActionNotForceQuitable);
    assert_eq!(reason(device.installed(action).await), Reason::ActionCanceling);
}

async fn what_was_cancelled_gives_way_to_what_was_installed(ground: Ground) {
    let (_world, boss, device, first) = running(&ground).await;
    device.report(first, Outcome::Succeeded).await.unwrap();
    let installed = boss.see("d1").await.unwrap().installed_set;
    let set = boss.set("next").await;
    let second = boss.assign("d1", set).await;
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.assigned_set, names::distribution_set(set));
    boss.cancel(second).await.unwrap();
    boss.force_quit(second).await.unwrap();
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.assigned_set, installed);
    assert_eq!(seen.update_status(), UpdateStatus::InSync);
    let poll = device.poll().await;
    assert_eq!((poll.offer, poll.installed_action), (None, first));
}
