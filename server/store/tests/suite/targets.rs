//! Targets, their attributes, metadata, lists and polls.

use otahub_domain::software::Metadata;
use otahub_domain::target::{AutoConfirmation, Target, UpdateStatus};
use otahub_domain::{Entity, Error as Refusal, TenantId};
use otahub_store::{Error, Page, Poll, TargetOrder, TargetQuery};

use crate::harness::Db;
use crate::world::{NOW, World, fresh, later};

crate::on_each_database!(
    targets_come_back_as_they_were,
    two_changes_of_one_version_conflict,
    many_targets_are_added_at_once,
    lists_are_sorted_and_paged,
    lists_are_filtered,
    attributes_are_written_where_they_differ,
    metadata_is_kept_by_owner,
    polls_are_recorded_at_once,
    the_last_poll_counts,
);

async fn targets_come_back_as_they_were(db: Db) {
    let w = World::new(db.clone()).await;
    let made = w.target("dev/1%ä").await;
    assert_eq!(made.version, 1);
    let set = w.set("s", &[]).await;
    let changed = Target {
        name: "n".into(),
        description: Some("d".into()),
        address: Some("amqp://x".into()),
        group: Some("a/b".into()),
        update_status: UpdateStatus::InSync,
        assigned_set: Some(set.id),
        installed_set: Some(set.id),
        installed_at: Some(NOW),
        request_attributes: false,
        auto_confirmation: Some(AutoConfirmation {
            initiator: Some("i".into()),
            remark: None,
            activated_at: NOW,
            activated_by: "b".into(),
        }),
        ..made.clone()
    };
    let saved = {
        let changed = changed.clone();
        db.write(move |s| {
            let changed = changed.clone();
            Box::pin(async move { s.save_target(&changed).await })
        })
        .await
        .unwrap()
    };
    assert_eq!(saved, Target { version: 2, ..changed });
    let read = db.store.read();
    assert_eq!(read.target(w.tenant, "dev/1%ä").await.unwrap(), Some(saved.clone()));
    assert_eq!(read.target_by_id(w.tenant, made.id).await.unwrap(), Some(saved));
    assert_eq!(read.target(TenantId(99), "dev/1%ä").await.unwrap(), None);

    let (tenant, id) = (w.tenant, made.id);
    assert!(!db.write(move |s| Box::pin(s.delete_target(TenantId(99), id))).await.unwrap());
    assert!(db.write(move |s| Box::pin(s.delete_target(tenant, id))).await.unwrap());
    assert_eq!(read.target_by_id(w.tenant, made.id).await.unwrap(), None);
}

async fn two_changes_of_one_version_conflict(db: Db) {
    let w = World::new(db.clone()).await;
    let target = w.target("one").await;
    let changes = (0..8).map(|number| {
        let target = Target { name: format!("n{number}"), ..target.clone() };
        db.write(move |s| {
            let target = target.clone();
            Box::pin(async move { s.save_target(&target).await })
        })
    });
    let results = futures::future::join_all(changes).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == Err(Error::Conflict)).count(), 7);
    assert_eq!(Refusal::from(Error::Conflict), Refusal::Conflict);
}

async fn many_targets_are_added_at_once(db: Db) {
    let w = World::new(db.clone()).await;
    let many: Vec<Target> = (0..1234).map(|number| fresh(&format!("d{number}"))).collect();
    let before = db.store.statements();
    let tenant = w.tenant;
    let made = {
        let many = many.clone();
        db.write(move |s| {
            let many = many.clone();
            Box::pin(async move { s.insert_targets(tenant, &many).await })
        })
        .await
        .unwrap()
    };
    assert!(db.store.statements() - before < 10, "not one statement a target");
    let ids = |targets: &[Target]| -> Vec<String> {
        targets.iter().map(|target| target.controller_id.clone()).collect()
    };
    assert_eq!(ids(&made), ids(&many));
    let twice = db.write(move |s| {
        let again = vec![fresh("new"), fresh("d7")];
        Box::pin(async move { s.insert_targets(tenant, &again).await })
    });
    let error = twice.await.unwrap_err();
    assert_eq!(error, Error::Unique("targets".into()));
    assert_eq!(Refusal::from(error), Refusal::AlreadyExists { entity: Entity::Target });
    assert_eq!(db.store.read().target(tenant, "new").await.unwrap(), None);
}

async fn some_targets(db: &Db) -> World {
    let w = World::new(db.clone()).await;
    for name in ["b", "a", "B", "a_1", "aX1", "c"] {
        w.target(name).await;
    }
    w
}

async fn list(w: &World, query: TargetQuery) -> (String, u64) {
    let read = w.db.store.read();
    let listed = read.list_targets(w.tenant, &query).await.unwrap();
    let ids: Vec<String> = listed.items.into_iter().map(|one| one.controller_id).collect();
    (ids.join(" "), listed.total)
}

async fn lists_are_sorted_and_paged(db: Db) {
    let w = some_targets(&db).await;
    let sorted = |desc, skip, limit| TargetQuery {
        page: Page { skip, limit, order: vec![(TargetOrder::ControllerId, desc)] },
        ..TargetQuery::default()
    };
    for (query, ids) in [
        (TargetQuery::default(), "b a B a_1 aX1 c"),
        (sorted(false, 0, 50), "B a aX1 a_1 b c"),
        (sorted(true, 1, 2), "b a_1"),
        (sorted(true, 4, 2), "a B"),
        (sorted(true, 9, 2), ""),
        (sorted(true, u64::MAX, 2), ""),
        (sorted(true, 0, 0), ""),
    ] {
        assert_eq!(list(&w, query).await, (ids.into(), 6));
    }
}

async fn lists_are_filtered(db: Db) {
    let w = some_targets(&db).await;
    let prefix = |prefix: &str| TargetQuery {
        controller_id_prefix: Some(prefix.into()),
        ..TargetQuery::default()
    };
    assert_eq!(list(&w, prefix("a_")).await, ("a_1".into(), 1));
    assert_eq!(list(&w, prefix("b")).await, ("b".into(), 1));
    assert_eq!(list(&w, prefix("")).await.1, 6);

    let set = w.set("s", &[]).await.id;
    let target = db.store.read().target(w.tenant, "c").await.unwrap().unwrap();
    let target = Target { assigned_set: Some(set), ..target };
    db.write(move |s| {
        let target = target.clone();
        Box::pin(async move { s.save_target(&target).await })
    })
    .await
    .unwrap();
    let assigned = TargetQuery { assigned_set: Some(set), ..TargetQuery::default() };
    assert_eq!(list(&w, assigned).await, ("c".into(), 1));
    let installed = TargetQuery { installed_set: Some(set), ..TargetQuery::default() };
    assert_eq!(list(&w, installed).await, (String::new(), 0));
}

async fn attributes_are_written_where_they_differ(db: Db) {
    let w = World::new(db.clone()).await;
    let target = w.target("one").await;
    let replace = async |pairs: &[(&str, &str)]| {
        let attributes: otahub_domain::target::Attributes =
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let target = target.clone();
        let job = db.write(move |s| {
            let (target, attributes) = (target.clone(), attributes.clone());
            Box::pin(async move { s.replace_attributes(&target, &attributes).await })
        });
        job.await.unwrap()
    };
    assert_eq!(replace(&[("a", "1"), ("b", "2")]).await, 2);
    assert_eq!(replace(&[("a", "1"), ("b", "2")]).await, 0);
    assert_eq!(replace(&[("b", "3"), ("c", "4")]).await, 3);
    let found = db.store.read().attributes(&target).await.unwrap();
    let found: Vec<_> = found.iter().map(|(key, value)| format!("{key}{value}")).collect();
    assert_eq!(found, ["b3", "c4"]);
    assert_eq!(replace(&[]).await, 2);
}

async fn metadata_is_kept_by_owner(db: Db) {
    let w = World::new(db.clone()).await;
    let (target, module, set) = (w.target("t").await, w.module("m").await, w.set("s", &[]).await);
    let one = |value: &str| Metadata {
        key: "k".into(),
        value: value.into(),
        target_visible: value == "2",
    };
    let job = {
        let (target, module, set) = (target.clone(), module.clone(), set.clone());
        db.write(move |s| {
            let (target, module, set) = (target.clone(), module.clone(), set.clone());
            Box::pin(async move {
                s.insert_metadata(&target, &one("1")).await?;
                s.put_metadata(&module, &one("1")).await?;
                s.put_metadata(&module, &one("2")).await?;
                s.put_metadata(&set, &one("3")).await
            })
        })
    };
    job.await.unwrap();
    let read = db.store.read();
    assert_eq!(read.metadata(&target).await.unwrap(), vec![one("1")]);
    assert_eq!(read.metadata(&module).await.unwrap(), vec![one("2")]);
    assert_eq!(read.metadata(&set).await.unwrap(), vec![one("3")]);
    let twice = db.write(move |s| {
        let target = target.clone();
        Box::pin(async move { s.insert_metadata(&target, &one("9")).await })
    });
    assert_eq!(twice.await, Err(Error::Unique("target_metadata".into())));
    let delete = async || {
        let set = set.clone();
        let job = db.write(move |s| {
            let set = set.clone();
            Box::pin(async move { s.delete_metadata(&set, "k").await })
        });
        job.await.unwrap()
    };
    assert!(delete().await);
    assert!(!delete().await);
}

async fn record(db: &Db, polls: Vec<Poll>) {
    let job = db.write(move |s| {
        let polls = polls.clone();
        Box::pin(async move { s.record_polls(&polls).await })
    });
    job.await.unwrap();
}

fn poll(target: &Target, millis: i64, address: Option<&str>) -> Poll {
    Poll { target: target.id, at: later(millis), address: address.map(str::to_owned) }
}

async fn polls_are_recorded_at_once(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    let many: Vec<Target> = (0..1500).map(|number| fresh(&format!("d{number}"))).collect();
    let targets = db
        .write(move |s| {
            let many = many.clone();
            Box::pin(async move { s.insert_targets(tenant, &many).await })
        })
        .await
        .unwrap();
    let before = db.store.statements();
    record(&db, targets.iter().map(|target| poll(target, 5, None)).collect()).await;
    assert_eq!(db.store.statements() - before, 4, "begin, two of 1000 rows, commit");
    let last = db.store.read().target(tenant, "d1499").await.unwrap().unwrap();
    assert_eq!(last.last_poll_at, Some(later(5)));
    let unseen = Target { last_poll_at: None, ..last };
    assert_eq!(unseen, targets[1499], "neither version nor audit changes");
    record(&db, Vec::new()).await;
}

async fn the_last_poll_counts(db: Db) {
    let w = World::new(db.clone()).await;
    let target = w.target("t").await;
    let seen = async || {
        let found = db.store.read().target(w.tenant, "t").await.unwrap().unwrap();
        (found.last_poll_at, found.address)
    };
    let polls = vec![
        poll(&target, 5, Some("http://1")),
        poll(&target, 9, None),
        poll(&target, 1, Some("http://2")),
    ];
    record(&db, polls).await;
    assert_eq!(seen().await, (Some(later(9)), Some("http://1".into())));
    record(&db, vec![poll(&target, 2, Some("http://3"))]).await;
    assert_eq!(seen().await, (Some(later(9)), Some("http://1".into())), "time does not go back");
    record(&db, vec![poll(&target, 10, Some("http://4"))]).await;
    assert_eq!(seen().await, (Some(later(10)), Some("http://4".into())));
}
