//! What a poll sees.

use otahub_domain::TenantId;
use otahub_domain::action::State;
use otahub_domain::distribution_set::Set;
use otahub_domain::target::Target;

use crate::harness::Db;
use crate::world::World;

crate::on_each_database!(a_poll_takes_one_statement, unknown_devices_are_none);

async fn a_poll_takes_one_statement(db: Db) {
    let w = World::new(db.clone()).await;
    let target = w.target("t").await;
    let (old, new) = (w.set("old", &[]).await, w.set("new", &[]).await);
    w.action_in(State::Finished, &target, old.id, 9).await;
    let last = w.action_in(State::Finished, &target, old.id, 9).await;
    w.action_in(State::Finished, &target, new.id, 9).await;
    let light = w.action(&target, new.id, 1).await;
    let heavy = w.action(&target, old.id, 7).await;
    let same = w.action(&target, new.id, 7).await;
    let target = install_step(&db, old.clone(), &target).await;

    let before = db.store.statements();
    let device = db.store.read().device(w.tenant, "t").await.unwrap().unwrap();
    assert_eq!(db.store.statements() - before, 1);
    assert_eq!(device.target, target);
    assert_eq!(device.installed_action, Some(last.id));
    let open: Vec<_> =
        device.open.iter().map(|open| (open.action.id, open.migration_step)).collect();
    assert_eq!(open, [(heavy.id, true), (same.id, false), (light.id, false)]);
    assert_eq!(db.store.read().open_actions(&target).await.unwrap(), device.open);
    assert_eq!(device.open[0].action, heavy);
}

/// Makes a set a migration step, and the one that a target has.
async fn install_step(db: &Db, set: Set, target: &Target) -> Target {
    let installed = Target { installed_set: Some(set.id), ..target.clone() };
    let step = Set { required_migration_step: true, ..set };
    let job = db.write(move |s| {
        let (step, installed) = (step.clone(), installed.clone());
        Box::pin(async move {
            s.save_set(&step).await?;
            s.save_target(&installed).await
        })
    });
    job.await.unwrap()
}

async fn unknown_devices_are_none(db: Db) {
    let w = World::new(db.clone()).await;
    let target = w.target("t").await;
    let read = db.store.read();
    let alone = read.device(w.tenant, "t").await.unwrap().unwrap();
    assert_eq!((alone.target, alone.open.len()), (target, 0));
    assert_eq!(read.device(w.tenant, "other").await.unwrap(), None);
    assert_eq!(read.device(TenantId(99), "t").await.unwrap(), None);
}
