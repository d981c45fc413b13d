//! Stored target filters, and which targets their automatic assignments are for.

use otahub_domain::action::{ActionType, State};
use otahub_domain::distribution_set::Set;
use otahub_domain::filter::{self, Filter, Moments, Searchable, TargetField};
use otahub_domain::target::Target;
use otahub_domain::target_filter::{AutoAssignment, Query, TargetFilter, new_target_filter};
use otahub_domain::target_type::{TargetTypeDraft, new_target_type};
use otahub_domain::tenant::Quotas;
use otahub_domain::{SetTypeId, TargetId, TargetTypeId};
use otahub_store::{Eligible, Error, NewEvent, Page, TargetFilterOrder, TargetFilterQuery};

use crate::harness::Db;
use crate::world::{NOW, World, later};

crate::on_each_database!(
    filters_are_kept_with_what_they_assign,
    filters_are_searched_and_sorted,
    a_set_is_taken_out_of_all_filters,
    who_never_had_the_set_is_eligible,
    eligible_targets_come_in_batches_and_among_some,
    events_are_read_by_kind,
);

fn resolved<F: Searchable>(text: &str) -> Filter<F> {
    filter::parse(text).unwrap().resolve(Moments { now: NOW, overdue: NOW }).unwrap()
}

fn draft(name: &str, set: Option<&Set>) -> TargetFilter {
    let query = Query { filter: "group = \"g\"".into(), source: Some("group==g".into()) };
    let auto = |set: &Set| AutoAssignment {
        set: set.id,
        action_type: ActionType::Soft,
        weight: 7,
        confirmation_required: Some(false),
        by: "me".into(),
    };
    TargetFilter {
        auto_assignment: set.map(auto),
        ..new_target_filter(name, &query, "tester", NOW).unwrap()
    }
}

async fn insert(w: &World, filter: TargetFilter) -> Result<TargetFilter, Error> {
    let tenant = w.tenant;
    w.db.write(move |s| {
        let filter = filter.clone();
        Box::pin(async move { s.insert_target_filter(tenant, &filter).await })
    })
    .await
}

async fn save(w: &World, filter: TargetFilter) -> Result<TargetFilter, Error> {
    w.db.write(move |s| {
        let filter = filter.clone();
        Box::pin(async move { s.save_target_filter(&filter).await })
    })
    .await
}

async fn filters_are_kept_with_what_they_assign(db: Db) {
    let w = World::new(db.clone()).await;
    let set = w.set("fw", &[]).await;
    let read = db.store.read();
    let plain = insert(&w, draft("plain", None)).await.unwrap();
    let auto = insert(&w, draft("auto", Some(&set))).await.unwrap();
    assert_eq!(read.target_filter(w.tenant, plain.id).await.unwrap(), Some(plain.clone()));
    assert_eq!(read.target_filter(w.tenant, auto.id).await.unwrap(), Some(auto.clone()));
    assert_eq!(read.assigning_target_filters().await.unwrap(), std::slice::from_ref(&auto));
    assert_eq!(read.count_assigning(w.tenant, set.id).await.unwrap(), 1);
    let taken = insert(&w, draft("auto", None)).await;
    assert_eq!(taken, Err(Error::Unique("target_filters".into())));
    let changed = TargetFilter { auto_assignment: None, name: "a".into(), ..auto.clone() };
    let saved = save(&w, changed.clone()).await.unwrap();
    assert_eq!(saved, TargetFilter { version: 2, ..changed });
    assert_eq!(save(&w, auto.clone()).await, Err(Error::Conflict), "it is another one by now");
    assert_eq!(read.target_filter(w.tenant, auto.id).await.unwrap(), Some(saved));
    let (tenant, id) = (w.tenant, plain.id);
    let delete = || db.write(move |s| Box::pin(s.delete_target_filter(tenant, id)));
    assert_eq!((delete().await, delete().await), (Ok(true), Ok(false)));
}

async fn filters_are_searched_and_sorted(db: Db) {
    let w = World::new(db.clone()).await;
    let (one, two) = (w.set("one", &[]).await, w.set("two", &[]).await);
    for (name, set) in [("b", Some(&one)), ("a", Some(&two)), ("c", None)] {
        insert(&w, draft(name, set)).await.unwrap();
    }
    let read = db.store.read();
    let names = async |query: &TargetFilterQuery| {
        let found = read.target_filters(w.tenant, query).await.unwrap().items;
        found.into_iter().map(|filter| filter.name).collect::<Vec<_>>()
    };
    for (order, wanted) in [
        (TargetFilterOrder::Name, ["a", "b", "c"]),
        (TargetFilterOrder::Id, ["b", "a", "c"]),
        (TargetFilterOrder::Set, ["c", "b", "a"]),
    ] {
        let page = Page { order: vec![(order, false)], ..Page::default() };
        assert_eq!(names(&TargetFilterQuery { page, ..Default::default() }).await, wanted);
    }
    for (text, wanted) in [
        ("display_name = (\"A\" OR \"c\")", vec!["a", "c"]),
        ("auto_assignment.distribution_set.display_name = \"one\"", vec!["b"]),
        ("auto_assignment.distribution_set.version != \"1\"", vec!["c"]),
        ("auto_assignment.distribution_set = null", vec!["c"]),
        ("create_time <= now() AND creator = \"tester\" AND id > 0", vec!["b", "a", "c"]),
    ] {
        let filter = Some(resolved(text));
        assert_eq!(names(&TargetFilterQuery { filter, ..Default::default() }).await, wanted);
    }
    let of_two = TargetFilterQuery { set: Some(two.id), ..Default::default() };
    assert_eq!(names(&of_two).await, ["a"]);
}

async fn a_set_is_taken_out_of_all_filters(db: Db) {
    let w = World::new(db.clone()).await;
    let (gone, kept) = (w.set("gone", &[]).await, w.set("kept", &[]).await);
    let one = insert(&w, draft("one", Some(&gone))).await.unwrap();
    let two = insert(&w, draft("two", Some(&gone))).await.unwrap();
    let other = insert(&w, draft("other", Some(&kept))).await.unwrap();
    let (tenant, set) = (w.tenant, gone.id);
    let withdraw =
        || db.write(move |s| Box::pin(s.withdraw_auto_assignments(tenant, set, "me", later(5))));
    assert_eq!(withdraw().await.unwrap(), [one.id, two.id]);
    assert_eq!(withdraw().await.unwrap(), []);
    let read = db.store.read();
    let left = read.target_filter(w.tenant, one.id).await.unwrap().unwrap();
    assert_eq!((left.auto_assignment, left.version), (None, 2));
    assert_eq!((left.audit.modified_by.as_str(), left.audit.modified_at), ("me", later(5)));
    assert_eq!(read.assigning_target_filters().await.unwrap(), [other]);
}

async fn typed(w: &World, target: Target, takes: &[SetTypeId]) -> TargetTypeId {
    let draft = TargetTypeDraft {
        key: Some(target.controller_id.clone()),
        set_types: takes.to_vec(),
        ..TargetTypeDraft::default()
    };
    let kind = new_target_type(&draft, &Quotas::default(), "tester", NOW).unwrap();
    let tenant = w.tenant;
    w.db.write(move |s| {
        let (kind, target) = (kind.clone(), target.clone());
        Box::pin(async move {
            let kind = s.insert_target_type(tenant, &kind).await?.id;
            s.save_target(&Target { target_type: Some(kind), ..target }).await?;
            Ok(kind)
        })
    })
    .await
    .unwrap()
}

async fn eligible(w: &World, set: &Set, text: &str) -> Vec<String> {
    let filter: Filter<TargetField> = resolved(text);
    let wanted = Eligible { filter: &filter, set, among: None };
    let read = w.db.store.read();
    let found = read.eligible_targets(w.tenant, &wanted, TargetId(0), 100).await.unwrap();
    let count = read.count_eligible(w.tenant, &wanted).await.unwrap();
    assert_eq!(count, found.len() as u64);
    found.into_iter().map(|target| target.controller_id).collect()
}

async fn who_never_had_the_set_is_eligible(db: Db) {
    let w = World::new(db.clone()).await;
    let (set, other) = (w.set("fw", &[]).await, w.set("other", &[]).await);
    let states = [State::Running, State::Finished, State::Canceled, State::Error, State::Scheduled];
    for (n, state) in states.into_iter().enumerate() {
        let target = w.target(&format!("had{n}")).await;
        w.action_in(state, &target, set.id, 1).await;
    }
    let another = w.target("another").await;
    w.action(&another, other.id, 1).await;
    w.target("fresh").await;
    let refuses = w.target("refuses").await;
    typed(&w, refuses, &[]).await;
    let takes = w.target("takes").await;
    typed(&w, takes, &[w.set_type.id]).await;
    let mut assigned = w.target("assigned").await;
    assigned.assigned_set = Some(set.id);
    db.write(move |s| {
        let assigned = assigned.clone();
        Box::pin(async move { s.save_target(&assigned).await })
    })
    .await
    .unwrap();
    assert_eq!(eligible(&w, &set, "id = \"*\"").await, ["another", "fresh", "takes"]);
    assert_eq!(eligible(&w, &set, "id = \"*e*\" AND id != \"fresh\"").await, ["another", "takes"]);
}

async fn eligible_targets_come_in_batches_and_among_some(db: Db) {
    let w = World::new(db.clone()).await;
    let set = w.set("fw", &[]).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(w.target(&format!("t{n}")).await.id);
    }
    let filter: Filter<TargetField> = resolved("id != \"t1\"");
    let read = db.store.read();
    let all = Eligible { filter: &filter, set: &set, among: None };
    let found = async |wanted: &Eligible<'_>, after, limit| {
        let found = read.eligible_targets(w.tenant, wanted, after, limit).await.unwrap();
        found.into_iter().map(|target| target.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&all, TargetId(0), 2).await, [ids[0], ids[2]]);
    assert_eq!(found(&all, ids[2], 9).await, ids[3..]);
    let some = [ids[1], ids[4]];
    let among = Eligible { among: Some(&some), ..all };
    assert_eq!(found(&among, TargetId(0), 9).await, [ids[4]]);
    assert_eq!(read.count_eligible(w.tenant, &among).await.unwrap(), 1);
}

async fn events_are_read_by_kind(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    let kinds = ["a", "b", "a", "c", "a"];
    db.write(move |s| {
        Box::pin(async move {
            for (n, kind) in kinds.into_iter().enumerate() {
                let event = NewEvent {
                    tenant,
                    kind: kind.into(),
                    target: None,
                    controller_id: None,
                    action: None,
                    payload: n.to_string(),
                };
                s.append_event(&event, NOW).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let read = db.store.read();
    let found = async |range, kinds: &[&str], limit| {
        let found = read.events_of_kinds(range, kinds, limit).await.unwrap();
        found.into_iter().map(|event| (event.payload, event.seq)).collect::<Vec<_>>()
    };
    let all = found((0, i64::MAX), &["a", "c"], 9).await;
    let payloads: Vec<&str> = all.iter().map(|(payload, _)| payload.as_str()).collect();
    assert_eq!(payloads, ["0", "2", "3", "4"]);
    assert_eq!(found((0, i64::MAX), &["a"], 2).await, [all[0].clone(), all[1].clone()]);
    assert_eq!(found((all[0].1, all[2].1), &["a"], 9).await, [all[1].clone()]);
}
