//! Set types, sets and when these are complete.

use otahub_domain::distribution_set::{Set, SetType, SetTypeModule};
use otahub_store::{DeletedMode, Error, SetQuery, SetTypeQuery};

use crate::harness::Db;
use crate::world::{World, audit, set_type_draft};

crate::on_each_database!(
    set_types_keep_their_places,
    sets_become_complete_with_their_modules,
    sets_are_listed_by_what_they_have,
    a_deleted_set_keeps_its_name,
    sets_in_use_stay,
);

async fn save(db: &Db, set: Set) -> Result<Set, Error> {
    db.write(move |s| {
        let set = set.clone();
        Box::pin(async move { s.save_set(&set).await })
    })
    .await
}

async fn set_types_keep_their_places(db: Db) {
    let w = World::new(db.clone()).await;
    let read = db.store.read();
    let places: Vec<_> = w.set_type.modules.iter().map(|place| place.module_type).collect();
    assert_eq!(places, [w.os.id, w.app.id]);
    let found = read.set_type_by_key(w.tenant, "os_app").await.unwrap();
    assert_eq!(found, Some(w.set_type.clone()));
    assert_eq!(read.set_types(w.tenant, &SetTypeQuery::default()).await.unwrap().total, 1);

    let turned = SetType {
        modules: vec![SetTypeModule { module_type: w.app.id, mandatory: true }],
        description: Some("d".into()),
        ..w.set_type.clone()
    };
    let job = {
        let turned = turned.clone();
        db.write(move |s| {
            let turned = turned.clone();
            Box::pin(async move { s.save_set_type(&turned, turned.audit.modified_at).await })
        })
    };
    job.await.unwrap();
    assert_eq!(read.set_type(w.tenant, turned.id).await.unwrap(), Some(turned.clone()));
    assert!(!read.set_type_in_use(&turned).await.unwrap());
    w.set("s", &[]).await;
    assert!(read.set_type_in_use(&turned).await.unwrap());
    let (tenant, id) = (w.tenant, turned.id);
    let used = db.write(move |s| Box::pin(s.delete_set_type(tenant, id))).await;
    assert_eq!(used, Err(Error::Conflict));
    let twice = db.write(move |s| {
        Box::pin(async move {
            s.insert_set_type(tenant, &set_type_draft("os_app"), &[], &audit()).await
        })
    });
    assert_eq!(twice.await.unwrap_err(), Error::Unique("distribution_set_types".into()));
}

async fn sets_become_complete_with_their_modules(db: Db) {
    let w = World::new(db.clone()).await;
    let empty = w.set("empty", &[]).await;
    assert!(!empty.complete);
    let module = w.module("m").await;
    assert!(!module.complete, "its type wants an artifact");
    let set = w.set("s", &[module.id]).await;
    assert!(!set.complete);
    let artifact = w.artifact(&module, "f").await;
    let is_complete =
        async |set: &Set| db.store.read().set(w.tenant, set.id).await.unwrap().unwrap().complete;
    assert!(db.store.read().module(w.tenant, module.id).await.unwrap().unwrap().complete);
    assert!(is_complete(&set).await);
    let replace = async |set: &Set, modules: Vec<_>| {
        let set = set.clone();
        let job = db.write(move |s| {
            let (set, modules) = (set.clone(), modules.clone());
            Box::pin(async move { s.replace_set_modules(&set, &modules).await })
        });
        job.await.unwrap();
    };
    replace(&set, Vec::new()).await;
    assert!(!is_complete(&set).await);
    let second = w.module("m2").await;
    replace(&set, vec![second.id, module.id]).await;
    assert!(!is_complete(&set).await, "one of its modules is not");
    let found = db.store.read().set(w.tenant, set.id).await.unwrap().unwrap();
    assert_eq!(found.modules, [second.id, module.id]);
    let modules = db.store.read().modules_of_set(&found).await.unwrap();
    assert_eq!(modules.iter().map(|one| one.id).collect::<Vec<_>>(), found.modules);
    replace(&set, vec![module.id]).await;
    assert!(is_complete(&set).await);
    db.write(move |s| {
        let artifact = artifact.clone();
        Box::pin(async move { s.delete_artifact(&artifact).await })
    })
    .await
    .unwrap();
    assert!(!is_complete(&set).await);
}

async fn sets_are_listed_by_what_they_have(db: Db) {
    let w = World::new(db.clone()).await;
    let module = w.module("m").await;
    let with = w.set("with", &[module.id]).await;
    w.set("without", &[]).await;
    save(&db, Set { deleted: true, ..w.set("gone", &[]).await }).await.unwrap();
    let any = SetQuery::default;
    for (query, names) in [
        (any(), "with without"),
        (SetQuery { module: Some(module.id), ..any() }, "with"),
        (SetQuery { complete: Some(true), ..any() }, ""),
        (SetQuery { set_type: Some(with.set_type), ..any() }, "with without"),
        (SetQuery { deleted: DeletedMode::Only, ..any() }, "gone"),
        (SetQuery { deleted: DeletedMode::Include, ..any() }, "with without gone"),
    ] {
        let listed = db.store.read().list_sets(w.tenant, &query).await.unwrap();
        let found: Vec<String> = listed.items.into_iter().map(|set| set.name).collect();
        assert_eq!(found.join(" "), names);
    }
}

async fn a_deleted_set_keeps_its_name(db: Db) {
    let w = World::new(db.clone()).await;
    let module = w.module("m").await;
    let set = w.set("s", &[module.id]).await;
    let read = db.store.read();
    let locked = save(&db, Set { locked: true, ..set }).await.unwrap();
    assert_eq!(locked.row_version, 2);
    assert!(read.module_in_locked_set(&module).await.unwrap());
    let deleted = save(&db, Set { deleted: true, ..locked.clone() }).await.unwrap();
    assert!(!read.module_in_locked_set(&module).await.unwrap());
    assert!(read.module_in_use(&module).await.unwrap());
    assert_eq!(save(&db, locked).await, Err(Error::Conflict), "it is of an older version");
    let other = w.set("t", &[]).await;
    let taken = save(&db, Set { name: deleted.name, ..other }).await;
    assert_eq!(taken, Err(Error::Unique("distribution_sets".into())));
}

async fn sets_in_use_stay(db: Db) {
    let w = World::new(db.clone()).await;
    let (used, free) = (w.set("used", &[]).await, w.set("free", &[]).await);
    let target = w.target("t").await;
    w.action(&target, used.id, 1).await;
    let read = db.store.read();
    assert!(read.set_in_use(&used).await.unwrap());
    assert!(!read.set_in_use(&free).await.unwrap());
    let delete = async |set: &Set| {
        let (tenant, id) = (set.tenant, set.id);
        db.write(move |s| Box::pin(s.delete_set(tenant, id))).await
    };
    assert_eq!(delete(&used).await, Err(Error::Conflict));
    assert_eq!(delete(&free).await, Ok(true));
    assert_eq!(delete(&free).await, Ok(false));
    assert_eq!(read.sets_by_ids(w.tenant, &[used.id, free.id]).await.unwrap(), [used]);
}
