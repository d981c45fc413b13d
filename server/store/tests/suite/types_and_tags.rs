//! Target types, tags and groups, and which types are listed where.

use otahub_domain::tag::{TagDraft, TargetTag};
use otahub_domain::target::Target;
use otahub_domain::target_type::{TargetType, TargetTypeDraft, new_target_type};
use otahub_domain::tenant::Quotas;
use otahub_domain::{SetTypeId, TargetTypeId};
use otahub_store::{
    DeletedMode, Error, GroupQuery, ModuleTypeQuery, Page, SetQuery, SetTypeQuery, TagOrder,
    TagQuery, TargetQuery, TargetTypeQuery, TypeOrder,
};

use crate::harness::Db;
use crate::world::{NOW, World, audit, fresh, later};

crate::on_each_database!(
    target_types_keep_their_set_types,
    a_target_type_in_use_stays,
    targets_are_found_by_their_tags,
    sets_are_found_by_their_tags,
    tags_are_listed_in_any_order_with_unique_names,
    groups_are_found_in_any_case_and_with_those_below,
    types_are_listed_by_deletion_and_by_who_has_them,
);

fn valve(set_types: &[SetTypeId]) -> TargetType {
    let draft = TargetTypeDraft {
        key: Some("valve".into()),
        set_types: set_types.to_vec(),
        ..TargetTypeDraft::default()
    };
    new_target_type(&draft, &Quotas::default(), "tester", NOW).unwrap()
}

async fn insert(w: &World, target_type: TargetType) -> Result<TargetType, Error> {
    let tenant = w.tenant;
    let made = w.db.write(move |s| {
        let target_type = target_type.clone();
        Box::pin(async move { s.insert_target_type(tenant, &target_type).await })
    });
    made.await
}

async fn target_types_keep_their_set_types(db: Db) {
    let w = World::new(db.clone()).await;
    let made = insert(&w, valve(&[w.set_type.id])).await.unwrap();
    let read = db.store.read();
    assert_eq!(read.target_type(w.tenant, made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(insert(&w, valve(&[])).await, Err(Error::Unique("target_types".into())));
    assert!(
        insert(&w, {
            let named = valve(&[SetTypeId(999)]);
            TargetType { key: "k".into(), name: "n".into(), ..named }
        })
        .await
        .is_err()
    );
    let mut audit = audit();
    audit.touch("me", later(1));
    let changed = TargetType { name: "Valve".into(), set_types: Vec::new(), audit, ..made.clone() };
    let saved = changed.clone();
    db.write(move |s| {
        let saved = saved.clone();
        Box::pin(async move { s.save_target_type(&saved, NOW).await })
    })
    .await
    .unwrap();
    let all = TargetTypeQuery::default();
    let listed = read.target_types(w.tenant, &all).await.unwrap();
    assert_eq!(listed.items, vec![changed]);
}

async fn a_target_type_in_use_stays(db: Db) {
    let w = World::new(db.clone()).await;
    let made = insert(&w, valve(&[])).await.unwrap();
    let read = db.store.read();
    assert!(!read.target_type_in_use(&made).await.unwrap());
    let target = w.target("t").await;
    let typed = Target { target_type: Some(made.id), ..target };
    db.write(move |s| {
        let typed = typed.clone();
        Box::pin(async move { s.save_target(&typed).await })
    })
    .await
    .unwrap();
    assert!(read.target_type_in_use(&made).await.unwrap());
    let (tenant, none) = (w.tenant, TargetTypeId(made.id.0 + 1));
    let gone = db.write(move |s| Box::pin(s.delete_target_type(tenant, none))).await;
    assert_eq!(gone, Ok(false));
}

async fn tag(w: &World, name: &str) -> Result<TargetTag, Error> {
    let (tenant, name) = (w.tenant, name.to_owned());
    let made = w.db.write(move |s| {
        let draft = TagDraft { name: name.clone(), ..TagDraft::default() };
        Box::pin(async move { s.insert_target_tag(tenant, &draft, &audit()).await })
    });
    made.await
}

async fn targets_are_found_by_their_tags(db: Db) {
    let w = World::new(db.clone()).await;
    let pilot = tag(&w, "pilot").await.unwrap();
    let (a, b) = (w.target("a").await, w.target("b").await);
    w.target("c").await;
    let (ids, given) = ([a.id, b.id], pilot.clone());
    db.write(move |s| {
        let given = given.clone();
        Box::pin(async move {
            s.tag_targets(&given, &ids).await?;
            s.tag_targets(&given, &ids[..1]).await?;
            s.untag_targets(&given, &ids[1..]).await
        })
    })
    .await
    .unwrap();
    let read = db.store.read();
    let tagged = TargetQuery { tag: Some(pilot.id), ..TargetQuery::default() };
    let found = read.list_targets(w.tenant, &tagged).await.unwrap();
    assert_eq!((found.total, found.items[0].id), (1, a.id));
    let of = async |owner| {
        let query = TagQuery { filter: None, owner: Some(owner), page: Page::default() };
        read.target_tags(w.tenant, &query).await.unwrap().items
    };
    assert_eq!(of(a.id).await, vec![pilot.clone()]);
    assert_eq!(of(b.id).await, vec![]);
    let (tenant, id) = (w.tenant, pilot.id);
    assert!(db.write(move |s| Box::pin(s.delete_target_tag(tenant, id))).await.unwrap());
    assert_eq!(of(a.id).await, vec![]);
}

async fn sets_are_found_by_their_tags(db: Db) {
    let w = World::new(db.clone()).await;
    let set = w.set("s", &[]).await;
    w.set("t", &[]).await;
    let (tenant, id) = (w.tenant, set.id);
    let tag = db
        .write(move |s| {
            Box::pin(async move {
                let draft = TagDraft { name: "skip-implicit-lock".into(), ..TagDraft::default() };
                let tag = s.insert_set_tag(tenant, &draft, &audit()).await?;
                s.tag_sets(&tag, &[id]).await?;
                Ok(tag)
            })
        })
        .await
        .unwrap();
    let read = db.store.read();
    let query = SetQuery { tag: Some(tag.id), ..SetQuery::default() };
    assert_eq!(read.list_sets(tenant, &query).await.unwrap().items, [set]);
    assert_eq!(read.tag_names_of_set(tenant, id).await.unwrap(), ["skip-implicit-lock"]);
}

async fn tags_are_listed_in_any_order_with_unique_names(db: Db) {
    let w = World::new(db.clone()).await;
    let first = tag(&w, "b").await.unwrap();
    let second = tag(&w, "a").await.unwrap();
    assert_eq!(tag(&w, "a").await, Err(Error::Unique("target_tags".into())));
    let query = TagQuery {
        filter: None,
        owner: None,
        page: Page { order: vec![(TagOrder::Name, false)], ..Page::first(5) },
    };
    let read = db.store.read();
    let listed = read.target_tags(w.tenant, &query).await.unwrap();
    assert_eq!(listed.items, [second.clone(), first]);
    let renamed = TargetTag { name: "b".into(), ..second };
    let taken = db.write(move |s| {
        let renamed = renamed.clone();
        Box::pin(async move { s.save_target_tag(&renamed, NOW).await })
    });
    assert_eq!(taken.await, Err(Error::Unique("target_tags".into())));
}

async fn groups_are_found_in_any_case_and_with_those_below(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    let groups = [Some("North"), Some("north/lab"), Some("northern"), None];
    let targets: Vec<Target> = groups
        .iter()
        .enumerate()
        .map(|(n, group)| Target { group: group.map(Into::into), ..fresh(&format!("t{n}")) })
        .collect();
    db.write(move |s| {
        let targets = targets.clone();
        Box::pin(async move {
            let made = s.insert_targets(tenant, &targets).await?;
            s.set_target_group(&made[3..], Some("south"), "me", later(1)).await
        })
    })
    .await
    .unwrap();
    let read = db.store.read();
    assert_eq!(
        read.target_groups(tenant).await.unwrap(),
        ["North", "north/lab", "northern", "south"]
    );
    for (name, subgroups, expected) in [
        ("NORTH", false, &["t0"][..]),
        ("north", true, &["t0", "t1"]),
        ("south", true, &["t3"]),
        ("nor", true, &[]),
    ] {
        let query = TargetQuery {
            group: Some(GroupQuery { name: name.into(), subgroups }),
            ..TargetQuery::default()
        };
        let found = read.list_targets(tenant, &query).await.unwrap().items;
        let found: Vec<_> = found.iter().map(|t| t.controller_id.as_str()).collect();
        assert_eq!(found, expected, "{name}");
    }
    let moved = read.target(tenant, "t3").await.unwrap().unwrap();
    assert_eq!((moved.version, moved.audit.modified_by.as_str()), (2, "me"));
}

async fn types_are_listed_by_deletion_and_by_who_has_them(db: Db) {
    let w = World::new(db.clone()).await;
    let made = insert(&w, valve(&[w.set_type.id])).await.unwrap();
    let mut gone = w.os.clone();
    gone.deleted = true;
    let (app, kind) = (w.app.clone(), w.set_type.id);
    db.write(move |s| {
        let gone = gone.clone();
        Box::pin(async move { s.save_module_type(&gone, NOW).await })
    })
    .await
    .unwrap();
    let read = db.store.read();
    let listed = async |deleted, set_type| {
        let query = ModuleTypeQuery {
            filter: None,
            set_type,
            deleted,
            page: Page { order: vec![(TypeOrder::Key, false)], ..Page::first(5) },
        };
        let found = read.module_types(w.tenant, &query).await.unwrap().items;
        found.into_iter().map(|t| t.key).collect::<Vec<_>>()
    };
    assert_eq!(listed(DeletedMode::Exclude, None).await, [app.key]);
    assert_eq!(listed(DeletedMode::Only, None).await, ["os"]);
    assert_eq!(listed(DeletedMode::Include, Some(kind)).await, ["app", "os"]);
    let taken = async || {
        let query = SetTypeQuery { target_type: Some(made.id), ..SetTypeQuery::default() };
        read.set_types(w.tenant, &query).await.unwrap().total
    };
    assert_eq!(taken().await, 1);
    db.write(move |s| Box::pin(s.drop_from_target_types(kind))).await.unwrap();
    assert_eq!(taken().await, 0);
}
