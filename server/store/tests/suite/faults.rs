//! What happens when the database refuses.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use otahub_store::{Backend, Error, Lane, Store};
use tokio::sync::Notify;

use crate::harness::{Db, options};

crate::on_each_database!(
    a_commit_that_fails_stores_nothing,
    a_database_that_is_not_there_is_unavailable,
);

/// A tenant of the name POISON is taken by every statement and refused by the commit.
async fn poison(db: &Db) {
    let table = "CREATE TABLE poison (id bigint REFERENCES tenants (id) DEFERRABLE INITIALLY \
                 DEFERRED)";
    db.raw(table).await;
    let trigger = match db.store.backend() {
        Backend::Sqlite => {
            "CREATE TRIGGER poison AFTER INSERT ON tenants WHEN NEW.name = 'POISON'
             BEGIN INSERT INTO poison VALUES (-1); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO poison VALUES (-1); RETURN NEW; END $$;
             CREATE TRIGGER poison AFTER INSERT ON tenants FOR EACH ROW
             WHEN (NEW.name = 'POISON') EXECUTE FUNCTION poison()"
        }
    };
    db.raw(trigger).await;
}

async fn a_commit_that_fails_stores_nothing(db: Db) {
    poison(&db).await;
    let lane = Lane::exclusive("all of one writer");
    let insert = |name: &'static str| {
        let store = db.store.clone();
        async move {
            let job = store.write(lane, move |s| {
                Box::pin(async move { s.insert_tenant(name).await.map(|_| ()) })
            });
            job.await as Result<(), Error>
        }
    };
    assert!(matches!(insert("POISON").await, Err(Error::Unavailable(_))));

    let gate = Arc::new(Notify::new());
    let hold = {
        let (store, gate) = (db.store.clone(), gate.clone());
        tokio::spawn(async move {
            let job = store.write(lane, move |_| {
                let gate = gate.clone();
                Box::pin(async move {
                    gate.notified().await;
                    Ok(())
                })
            });
            job.await as Result<(), Error>
        })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let jobs: Vec<_> =
        ["A", "POISON", "B"].map(|name| tokio::spawn(insert(name))).into_iter().collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    gate.notify_one();
    hold.await.unwrap().unwrap();
    for result in join_all(jobs).await {
        assert!(matches!(result.unwrap(), Err(Error::Unavailable(_))));
    }
    assert_eq!(db.store.read().tenants().await, Ok(Vec::new()));
    assert_eq!(insert("C").await, Ok(()), "the writer goes on");
    assert_eq!(db.store.read().tenants().await.unwrap().len(), 1);
}

async fn a_database_that_is_not_there_is_unavailable(db: Db) {
    let url = match db.store.backend() {
        Backend::Sqlite => "sqlite:///no/such/folder/hub.db",
        Backend::Postgres => "postgres://hub@127.0.0.1:1/hub",
    };
    let mut options = options(url);
    options.acquire_timeout = Duration::from_millis(300);
    for url in [url, "mysql://host/hub"] {
        let error = Store::open(&otahub_store::StoreOptions { url: url.into(), ..options.clone() })
            .await
            .err();
        assert!(matches!(error, Some(Error::Unavailable(_))), "{url}: {error:?}");
    }
}
