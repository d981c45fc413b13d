//! Module types, modules, artifacts and blobs.

use otahub_domain::action::State;
use otahub_domain::software::{
    Artifact, ArtifactDraft, ArtifactKind, Decrypted, Hashes, Module, ModuleType, Relation, Subject,
};
use otahub_domain::target::Target;
use otahub_store::{DeletedMode, Error, ModuleQuery, ModuleTypeQuery, Page, TypeOrder};

use crate::harness::Db;
use crate::world::{NOW, World, artifact_draft, audit, later, module_draft};

crate::on_each_database!(
    module_types_are_kept,
    a_deleted_module_keeps_its_name,
    modules_are_listed_by_type_and_deletion,
    filenames_are_unique_in_any_case,
    what_more_is_known_of_some_artifacts_is_kept,
    devices_get_what_their_actions_need,
    blobs_are_counted,
);

async fn module_types_are_kept(db: Db) {
    let w = World::new(db.clone()).await;
    let read = db.store.read();
    let page = ModuleTypeQuery {
        page: Page { order: vec![(TypeOrder::Key, true)], ..Page::first(10) },
        ..ModuleTypeQuery::default()
    };
    let listed = read.module_types(w.tenant, &page).await.unwrap();
    assert_eq!(listed.items, vec![w.os.clone(), w.app.clone()]);
    assert_eq!(read.module_type_by_key(w.tenant, "os").await.unwrap(), Some(w.os.clone()));
    assert!(read.module_type_in_use(&w.os).await.unwrap());

    let deleted = ModuleType { deleted: true, description: Some("d".into()), ..w.app.clone() };
    let job = {
        let deleted = deleted.clone();
        db.write(move |s| {
            let deleted = deleted.clone();
            Box::pin(async move { s.save_module_type(&deleted, deleted.audit.modified_at).await })
        })
    };
    job.await.unwrap();
    assert_eq!(read.module_types(w.tenant, &page).await.unwrap().items, vec![w.os.clone()]);
    assert_eq!(read.module_type_by_key(w.tenant, "app").await.unwrap(), Some(deleted.clone()));
    assert_eq!(read.module_type(w.tenant, w.app.id).await.unwrap(), Some(deleted.clone()));
    assert_eq!(read.module_types_by_ids(w.tenant, &[w.app.id]).await.unwrap(), vec![deleted]);
    let (tenant, id) = (w.tenant, w.os.id);
    let used = db.write(move |s| Box::pin(s.delete_module_type(tenant, id))).await;
    assert_eq!(used, Err(Error::Conflict));
}

async fn a_deleted_module_keeps_its_name(db: Db) {
    let w = World::new(db.clone()).await;
    let first = w.module("m").await;
    let (tenant, kind) = (w.tenant, w.os.id);
    let again = async || {
        let job = db.write(move |s| {
            Box::pin(
                async move { s.insert_module(tenant, kind, &module_draft("m"), &audit()).await },
            )
        });
        job.await
    };
    assert_eq!(again().await.unwrap_err(), Error::Unique("software_modules".into()));
    let deleted = Module { deleted: true, vendor: Some("v".into()), ..first.clone() };
    let saved = db
        .write(move |s| {
            let deleted = deleted.clone();
            Box::pin(async move { s.save_module(&deleted).await })
        })
        .await
        .unwrap();
    assert_eq!(db.store.read().module(tenant, first.id).await.unwrap(), Some(saved.clone()));
    assert_eq!(again().await.unwrap_err(), Error::Unique("software_modules".into()));
    let stale = db.write(move |s| {
        let first = first.clone();
        Box::pin(async move { s.save_module(&first).await })
    });
    assert_eq!(stale.await, Err(Error::Conflict));
    let id = w.module("other").await.id;
    assert!(db.write(move |s| Box::pin(s.delete_module(tenant, id))).await.unwrap());
    assert_eq!(db.store.read().modules_by_ids(tenant, &[id, saved.id]).await.unwrap(), [saved]);
}

async fn modules_are_listed_by_type_and_deletion(db: Db) {
    let w = World::new(db.clone()).await;
    let (kept, gone) = (w.module("kept").await, w.module("gone").await);
    db.write(move |s| {
        let gone = Module { deleted: true, ..gone.clone() };
        Box::pin(async move { s.save_module(&gone).await })
    })
    .await
    .unwrap();
    for (deleted, names) in [
        (DeletedMode::Exclude, vec!["kept"]),
        (DeletedMode::Include, vec!["kept", "gone"]),
        (DeletedMode::Only, vec!["gone"]),
    ] {
        let query = ModuleQuery { deleted, module_type: Some(w.os.id), ..ModuleQuery::default() };
        let listed = db.store.read().list_modules(w.tenant, &query).await.unwrap();
        let found: Vec<&str> = listed.items.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(found, names);
    }
    let query = ModuleQuery { module_type: Some(w.app.id), ..ModuleQuery::default() };
    assert_eq!(db.store.read().list_modules(w.tenant, &query).await.unwrap().total, 0);
    assert!(!db.store.read().module_in_use(&kept).await.unwrap());
}

async fn filenames_are_unique_in_any_case(db: Db) {
    let w = World::new(db.clone()).await;
    let module = w.module("m").await;
    let artifact = w.artifact(&module, "Boot.IMG").await;
    let read = db.store.read();
    assert!(read.filename_exists(&module, "boot.img").await.unwrap());
    assert_eq!(read.artifact_by_filename(&module, "boot.img").await.unwrap(), None);
    let found = read.artifact_by_filename(&module, "Boot.IMG").await.unwrap();
    assert_eq!(found, Some(artifact.clone()));
    assert_eq!(read.artifact(w.tenant, artifact.id).await.unwrap(), Some(artifact.clone()));
    assert_eq!(read.artifacts(&module).await.unwrap(), vec![artifact.clone()]);
    let twice = {
        let module = module.clone();
        db.write(move |s| {
            let module = module.clone();
            Box::pin(async move {
                s.insert_artifact(&module, &artifact_draft("BOOT.img"), &audit()).await
            })
        })
    };
    assert_eq!(twice.await.unwrap_err(), Error::Unique("artifacts".into()));
    w.artifact(&module, "other").await;
    assert_eq!(read.count_artifacts(&module).await.unwrap(), 2);
    assert_eq!(read.storage_used(w.tenant).await.unwrap(), 14);
    let delete = db.write(move |s| {
        let artifact = artifact.clone();
        Box::pin(async move { s.delete_artifact(&artifact).await })
    });
    assert!(delete.await.unwrap());
    assert_eq!(read.storage_used(w.tenant).await.unwrap(), 7);
}

async fn what_more_is_known_of_some_artifacts_is_kept(db: Db) {
    let w = World::new(db.clone()).await;
    let module = w.module("m").await;
    let plain = w.artifact(&module, "plain").await;
    let decrypted = Decrypted {
        size: 5,
        hashes: Hashes { md5: "1".into(), sha1: "2".into(), sha256: "3".into() },
        scheme: "s-1".into(),
        key_id: "k".into(),
    };
    let subject = Subject { filename: "plain".into(), sha256: "hash-of-plain".into() };
    let relation = Relation {
        kind: ArtifactKind::Delta,
        subject: Some(subject),
        format: Some("vcdiff".into()),
        base_version: Some("1".into()),
        base_sha256: None,
    };
    let draft = ArtifactDraft {
        decrypted: Some(decrypted),
        relation: relation.clone(),
        ..artifact_draft("delta")
    };
    let made = {
        let module = module.clone();
        db.write(move |s| {
            let (module, draft) = (module.clone(), draft.clone());
            Box::pin(async move { s.insert_artifact(&module, &draft, &audit()).await })
        })
    };
    let delta = made.await.unwrap();
    let read = db.store.read();
    assert_eq!(read.artifacts(&module).await.unwrap(), vec![plain.clone(), delta.clone()]);
    assert_eq!(read.artifact(w.tenant, delta.id).await.unwrap(), Some(delta.clone()));
    for relation in [
        Relation::default(),
        Relation { base_sha256: Some("4".into()), format: None, ..relation },
        Relation { kind: ArtifactKind::Signature, ..Relation::default() },
        Relation::default(),
    ] {
        let mut changed = Artifact { relation, ..delta.clone() };
        changed.audit.touch("other", later(1));
        let saved = changed.clone();
        let save = db.write(move |s| {
            let saved = saved.clone();
            Box::pin(async move { s.save_artifact(&saved).await })
        });
        save.await.unwrap();
        assert_eq!(read.artifact(w.tenant, delta.id).await.unwrap(), Some(changed));
        assert_eq!(read.artifact(w.tenant, plain.id).await.unwrap(), Some(plain.clone()));
    }
    let (gone, id) = (delta.clone(), module.id);
    let delete = db.write(move |s| {
        let (gone, tenant) = (gone.clone(), gone.tenant);
        Box::pin(async move {
            s.delete_module(tenant, id).await?;
            s.save_artifact(&gone).await
        })
    });
    assert_eq!(delete.await, Err(Error::Conflict));
}

async fn devices_get_what_their_actions_need(db: Db) {
    let w = World::new(db.clone()).await;
    let module = w.module("m").await;
    let artifact = w.artifact(&module, "f").await;
    let set = w.set("s", &[module.id]).await;
    let target = w.target("t").await;
    let asked = async || {
        let read = db.store.read();
        read.artifact_for_device(w.tenant, target.id, module.id, "f").await.unwrap()
    };
    assert_eq!(asked().await, None);
    w.action_in(State::Canceling, &target, set.id, 1).await;
    w.action_in(State::Finished, &target, set.id, 1).await;
    assert_eq!(asked().await, None, "it was installed once, but is not any more");

    let installed = Target { installed_set: Some(set.id), ..target.clone() };
    db.write(move |s| {
        let installed = installed.clone();
        Box::pin(async move { s.save_target(&installed).await })
    })
    .await
    .unwrap();
    let finished = asked().await.unwrap();
    assert_eq!(finished.artifact, artifact);
    let running = w.action(&target, set.id, 1).await;
    assert_eq!(asked().await.unwrap().action, Some(running.id));
    assert!(finished.action.unwrap() < running.id);
    let read = db.store.read();
    let other = read.artifact_for_device(w.tenant, target.id, module.id, "F").await.unwrap();
    assert_eq!(other, None);
}

async fn blobs_are_counted(db: Db) {
    let w = World::new(db.clone()).await;
    let hash = artifact_draft("f").hashes.sha256;
    let job = |what: &'static str| {
        let (hash, db) = (hash.clone(), db.clone());
        async move {
            db.write(move |s| {
                let hash = hash.clone();
                Box::pin(async move {
                    match what {
                        "claim" => s.claim_blob(&hash, 7, NOW).await.map(|()| true),
                        "release" => s.release_blob(&hash).await.map(|()| true),
                        "orphan" => s.mark_orphaned(&[hash], later(1)).await.map(|()| true),
                        "drop" => s.drop_claims(&hash, later(1)).await,
                        "lock" => s.lock_blob_if_unreferenced(&hash).await,
                        _ => s.delete_blob(&hash).await,
                    }
                })
            })
            .await
            .unwrap()
        }
    };
    job("claim").await;
    job("claim").await;
    let blob = async || db.store.read().blob(&hash).await.unwrap().unwrap();
    let unreferenced = async || db.store.read().unreferenced_blobs(9).await.unwrap().len();
    assert_eq!(blob().await.pending, 2);
    assert_eq!(db.store.read().stale_pending(NOW).await.unwrap().len(), 0);
    assert_eq!(db.store.read().stale_pending(later(1)).await.unwrap().len(), 1);
    job("release").await;
    assert!(!job("lock").await);
    let module = w.module("m").await;
    let artifact = w.artifact(&module, "f").await;
    job("release").await;
    assert_eq!((blob().await.pending, unreferenced().await), (0, 0));
    assert!(db.store.read().is_referenced(&hash).await.unwrap());

    db.write(move |s| {
        let artifact = artifact.clone();
        Box::pin(async move { s.delete_artifact(&artifact).await })
    })
    .await
    .unwrap();
    assert_eq!(unreferenced().await, 1);
    job("orphan").await;
    assert_eq!(blob().await.orphaned_at, Some(later(1)));
    job("claim").await;
    assert_eq!((blob().await.orphaned_at, unreferenced().await), (None, 0));
    assert!(job("drop").await);
    assert!(job("lock").await);
    assert!(job("delete").await);
    assert!(!job("lock").await);
}
