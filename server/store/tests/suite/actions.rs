//! Actions and their histories.

use otahub_domain::action::{Action, ActionType, EntryStatus, MaintenanceWindow, NewAction, State};
use otahub_domain::{ActionId, RolloutGroupId, RolloutId};
use otahub_store::{ActionOrder, ActionQuery, ActionView, AddedEntry, EntryOrder, Error, Page};

use crate::harness::Db;
use crate::world::{NOW, World, entry, later, new_action};

crate::on_each_database!(
    actions_come_back_as_they_were,
    two_changes_of_one_action_conflict,
    a_redelivered_entry_is_not_written_again,
    actions_are_listed_with_names,
    old_actions_can_be_removed,
    the_actions_of_a_set_are_counted_and_come_one_after_the_other,
);

async fn actions_come_back_as_they_were(db: Db) {
    let w = World::new(db.clone()).await;
    let (target, set) = (w.target("t").await, w.set("s", &[]).await);
    let window =
        MaintenanceWindow::parse(Some("0 0 3 ? * *"), Some("01:00:00"), Some("+02:00"), NOW);
    let new = NewAction {
        action_type: ActionType::TimeForced { at: later(3) },
        window: window.unwrap(),
        external_ref: Some("ref".into()),
        rollout: Some(RolloutId(5)),
        rollout_group: Some(RolloutGroupId(6)),
        ..new_action(&target, set.id)
    };
    let made = {
        let new = new.clone();
        db.write(move |s| {
            let new = new.clone();
            Box::pin(async move { s.insert_action(new).await })
        })
        .await
        .unwrap()
    };
    assert_eq!(made, new.into_action(made.id, 1));
    let read = db.store.read();
    assert_eq!(read.action(w.tenant, made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(read.recent_entries(&made, 9).await.unwrap().len(), 1);
    for state in State::ALL {
        let one = w.action_in(state, &target, set.id, 1).await;
        assert_eq!(read.action(w.tenant, one.id).await.unwrap().unwrap().state, state);
    }
    let open = read.open_actions(&target).await.unwrap();
    assert_eq!(open.len(), 5, "four states are active");
    assert_eq!(open[0].action.id, made.id, "the heaviest first");
    let scheduled = read.scheduled_actions(&target).await.unwrap();
    assert_eq!(scheduled.len(), 1);
    assert_eq!(read.count_actions(&target).await.unwrap(), 10);
}

async fn two_changes_of_one_action_conflict(db: Db) {
    let w = World::new(db.clone()).await;
    let (target, set) = (w.target("t").await, w.set("s", &[]).await);
    let action = w.action(&target, set.id, 5).await;
    let save = async |action: Action| {
        let job = db.write(move |s| {
            let action = action.clone();
            Box::pin(async move { s.save_action(&action).await })
        });
        job.await
    };
    let done = Action {
        state: State::Finished,
        last_code: Some(-7),
        retrieved_last: true,
        entries: 3,
        action_type: ActionType::Soft,
        ..action.clone()
    };
    let saved = save(done.clone()).await.unwrap();
    assert_eq!(saved, Action { version: 2, ..done.clone() });
    assert_eq!(db.store.read().action(w.tenant, action.id).await.unwrap(), Some(saved));
    assert_eq!(save(done).await, Err(Error::Conflict));
    assert!(db.store.read().open_actions(&target).await.unwrap().is_empty());
}

async fn a_redelivered_entry_is_not_written_again(db: Db) {
    let w = World::new(db.clone()).await;
    let (target, set) = (w.target("t").await, w.set("s", &[]).await);
    let (one, two) = (w.action(&target, set.id, 5).await, w.action(&target, set.id, 5).await);
    let insert = async |action: &Action, request: Option<&'static str>, message: &'static str| {
        let action = action.clone();
        let job = db.write(move |s| {
            let action = action.clone();
            let request_id = request.map(str::to_owned);
            let added = AddedEntry { action: action.id, entry: entry(message), request_id };
            Box::pin(async move { s.insert_entries(&[added], later(4)).await })
        });
        job.await
    };
    assert_eq!(insert(&one, Some("r1"), "a\n\"b\"").await, Ok(()));
    assert_eq!(insert(&one, Some("r1"), "again").await, Err(Error::Conflict));
    assert_eq!(insert(&two, Some("r1"), "other action").await, Ok(()));
    assert_eq!(insert(&one, None, "c").await, Ok(()));
    assert_eq!(insert(&one, None, "c").await, Ok(()));
    let read = db.store.read();
    let asked = [(one.id, "r1"), (one.id, "r2"), (two.id, "r1")];
    let known = [(one.id, "r1".to_owned()), (two.id, "r1".to_owned())];
    assert_eq!(read.known_requests(&asked).await, Ok(known.into()));
    let gone = Action { id: ActionId(999), ..one.clone() };
    assert_eq!(insert(&gone, None, "c").await, Err(Error::Conflict));

    let page = Page { skip: 1, limit: 2, order: vec![(EntryOrder::Id, true)] };
    let listed = db.store.read().entries(&one, &page).await.unwrap();
    assert_eq!(listed.total, 4);
    let texts: Vec<_> = listed.items.iter().map(|entry| entry.messages[0].as_str()).collect();
    assert_eq!(texts, ["c", "a\n\"b\""]);
    let newest = &db.store.read().recent_entries(&one, 1).await.unwrap()[0];
    assert_eq!((newest.status, newest.occurred_at), (EntryStatus::Running, NOW));
    assert_eq!((newest.reported_at, newest.action), (later(4), one.id));
}

async fn actions_are_listed_with_names(db: Db) {
    let w = World::new(db.clone()).await;
    let (a, b) = (w.target("a").await, w.target("b").await);
    let (s1, s2) = (w.set("s1", &[]).await, w.set("s2", &[]).await);
    let first = w.action(&a, s1.id, 1).await;
    w.action_in(State::Finished, &a, s2.id, 3).await;
    w.action(&b, s2.id, 2).await;
    let any = ActionQuery::default;
    let page = Page { skip: 0, limit: 2, order: vec![(ActionOrder::Weight, true)] };
    for (query, expected) in [
        (any(), "a-s1:1 a-s2:3 b-s2:2"),
        (ActionQuery { target: Some(a.id), ..any() }, "a-s1:1 a-s2:3"),
        (ActionQuery { set: Some(s2.id), ..any() }, "a-s2:3 b-s2:2"),
        (ActionQuery { active: Some(true), ..any() }, "a-s1:1 b-s2:2"),
        (ActionQuery { page, ..any() }, "a-s2:3 b-s2:2"),
    ] {
        let read = db.store.read();
        let listed = read.list_action_views(w.tenant, &query).await.unwrap();
        let found = listed.items.iter().map(|ActionView { action, names }| {
            format!("{}-{}:{}", names.controller_id, names.set_name, action.weight)
        });
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected);
    }
    let read = db.store.read();
    let view = read.action_view(w.tenant, first.id).await.unwrap().unwrap();
    assert_eq!((view.action, view.names.set_version.as_str()), (first, "1"));
    assert_eq!(read.action_view(w.tenant, ActionId(99)).await.unwrap(), None);
}

async fn old_actions_can_be_removed(db: Db) {
    let w = World::new(db.clone()).await;
    let (target, set) = (w.target("t").await, w.set("s", &[]).await);
    let mut actions = Vec::new();
    for _ in 0..5 {
        actions.push(w.action(&target, set.id, 1).await);
    }
    let job = {
        let target = target.clone();
        db.write(move |s| {
            let target = target.clone();
            Box::pin(async move { s.delete_oldest_actions(target.id, 2).await })
        })
    };
    assert_eq!(job.await, Ok(2));
    let (tenant, ids) = (w.tenant, vec![actions[1].id, actions[4].id]);
    let job = db.write(move |s| {
        let ids = ids.clone();
        Box::pin(async move { s.delete_actions(tenant, &ids).await })
    });
    assert_eq!(job.await, Ok(1));
    let left = db.store.read().list_actions(tenant, &ActionQuery::default()).await.unwrap();
    let left: Vec<_> = left.items.iter().map(|action| action.id).collect();
    assert_eq!(left, [actions[2].id, actions[3].id]);
    assert!(db.store.read().recent_entries(&actions[4], 9).await.unwrap().is_empty());
}

async fn the_actions_of_a_set_are_counted_and_come_one_after_the_other(db: Db) {
    let w = World::new(db.clone()).await;
    let (set, other) = (w.set("s", &[]).await, w.set("o", &[]).await);
    let target = w.target("t").await;
    let first = w.action(&target, set.id, 1).await;
    w.action_in(State::Finished, &target, set.id, 1).await;
    w.action(&target, other.id, 1).await;
    let last = w.action(&target, set.id, 1).await;
    let read = db.store.read();
    let counts = read.count_actions_by_state(w.tenant, set.id).await.unwrap();
    assert_eq!(counts, [(State::Finished, 1), (State::Running, 2)]);
    let after =
        async |action| read.active_actions_of_set(w.tenant, set.id, action, 1).await.unwrap();
    assert_eq!(after(ActionId(0)).await, [first.id]);
    assert_eq!(after(first.id).await, [last.id]);
    assert_eq!(after(last.id).await, []);
}
