//! Reports of many devices at once: each is taken as if it were alone.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason};
use crate::world::World;
use futures::future::join_all;
use otahub_client::device::{CancelOutcome, Outcome, ReportFeedbackRequest};
use otahub_client::proto::{ActionState, Reason, UpdateStatus};

on_each_database!(
    a_crowd_is_heard_as_each_would_be_alone,
    a_crowd_costs_few_statements,
    what_one_says_is_heard_in_its_order,
);

/// Devices with an action each.
async fn crowd(world: &World, boss: &Operator, count: usize) -> Vec<(Device, i64)> {
    let set = boss.set("s").await;
    let mut all = Vec::with_capacity(count);
    for n in 0..count {
        let device = world.device(&format!("d{n}"));
        device.poll().await;
        let action = boss.assign(&format!("d{n}"), set).await;
        all.push((device, action));
    }
    all
}

async fn a_crowd_is_heard_as_each_would_be_alone(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let all = crowd(&world, &boss, 60).await;
    for (_, action) in all.iter().skip(4).step_by(6) {
        boss.cancel(*action).await.unwrap();
    }
    for (device, action) in all.iter().skip(5).step_by(6) {
        device.report(*action, Outcome::Succeeded).await.unwrap();
    }
    let told = join_all(all.iter().enumerate().map(|(n, (device, action))| {
        let foreign = all[0].1;
        async move {
            match n % 6 {
                0 => device.report(*action, Outcome::Proceeding).await,
                1 => device.report(*action, Outcome::Succeeded).await,
                2 => device.report(*action, Outcome::Failed).await,
                // an action of another device
                3 => device.report(foreign, Outcome::Succeeded).await,
                4 => device.answer_cancel(*action, CancelOutcome::Accepted).await,
                // over already
                _ => device.report(*action, Outcome::Succeeded).await,
            }
        }
    }))
    .await;
    for (n, (told, (_, action))) in told.into_iter().zip(&all).enumerate() {
        let state = boss.action(*action).await.state();
        let history = boss.history(*action).await.len();
        let told = told.map_err(|error| reason::<()>(Err(error)));
        match n % 6 {
            0 => assert_eq!((told, state, history), (Ok(true), ActionState::Running, 2)),
            1 => assert_eq!((told, state, history), (Ok(false), ActionState::Finished, 2)),
            2 => assert_eq!((told, state, history), (Ok(false), ActionState::Failed, 2)),
            3 => {
                assert!(told.is_err());
                assert_eq!((state, history), (ActionState::Running, 1));
            }
            4 => assert_eq!((told.is_ok(), state), (true, ActionState::Canceled)),
            _ => {
                assert_eq!(told, Err(Reason::ActionClosed));
                assert_eq!((state, history), (ActionState::Finished, 2));
            }
        }
    }
    assert_eq!(boss.see("d1").await.unwrap().update_status(), UpdateStatus::InSync);
}

async fn a_crowd_costs_few_statements(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let all = crowd(&world, &boss, 200).await;
    // so that none has to be looked up
    for (device, _) in &all {
        device.poll().await;
    }
    let before = world.hub.statements();
    let told = join_all(all.iter().map(|(device, action)| {
        let id = format!("once {action}");
        let word = device.word(*action, Outcome::Proceeding);
        device.say(ReportFeedbackRequest { request_id: id, ..word })
    }));
    assert!(told.await.into_iter().all(|told| told.is_ok()));
    let sent = world.hub.statements() - before;
    assert!(sent < 3 * 200, "{sent} statements for 200 reports");
}

async fn what_one_says_is_heard_in_its_order(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let all = crowd(&world, &boss, 4).await;
    // futures of one task are begun in their order
    let words = (0..20).flat_map(|n| all.iter().map(move |one| (n, one)));
    let told = join_all(words.map(|(n, (device, action))| {
        let outcome = if n == 19 { Outcome::Succeeded } else { Outcome::Proceeding };
        let messages = vec![format!("word {n}")];
        device.say(ReportFeedbackRequest { messages, ..device.word(*action, outcome) })
    }));
    assert!(told.await.into_iter().all(|told| told.is_ok()));
    for (_, action) in &all {
        let history = boss.history(*action).await;
        assert_eq!(history.len(), 21, "{history:?}");
        assert_eq!(boss.action(*action).await.state(), ActionState::Finished);
    }
}
