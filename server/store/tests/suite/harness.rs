//! A fresh database for each test.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;
use otahub_store::{Error, Lane, Session, Store, StoreOptions};
use sea_orm::{ConnectionTrait as _, Database};

/// What a test gets.
#[derive(Clone)]
pub(crate) struct Db {
    /// The open store.
    pub(crate) store: Store,
    /// Where it is.
    pub(crate) url: String,
}

impl Db {
    async fn open(url: String) -> Self {
        otahub_migrations::up(&url).await.unwrap();
        let store = Store::open(&options(&url)).await.unwrap();
        Self { store, url }
    }

    /// Runs a job whose failures are the store's.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        F: for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<T, Error>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.store.write(Lane::ANY, job).await
    }

    /// Runs SQL behind the store's back.
    pub(crate) async fn raw(&self, sql: &str) {
        admin(&self.url, sql).await;
    }
}

/// Options that are quick: a test need not survive a power cut.
pub(crate) fn options(url: &str) -> StoreOptions {
    StoreOptions { durable: false, ..StoreOptions::new(url) }
}

/// Runs a test on SQLite.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl Fn(Db) -> F) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(format!("sqlite://{}", dir.path().join("hub.db").display())).await;
    test(db.clone()).await;
    db.store.close().await;
}

/// Runs a test on PostgreSQL, if there is a server.
pub(crate) async fn on_postgres<F>(test: impl Fn(Db) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("OTAHUB_TEST_POSTGRES_URL") else {
        assert!(std::env::var_os("CI").is_none(), "CI needs OTAHUB_TEST_POSTGRES_URL");
        println!("skipped: OTAHUB_TEST_POSTGRES_URL is not set");
        return;
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("otahub_store_{}_{number}", std::process::id());
    admin(&server, &format!("CREATE DATABASE {name}")).await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let db = Db::open(format!("{base}/{name}")).await;
    let end = tokio::spawn(test(db.clone())).await;
    db.store.close().await;
    admin(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = end {
        std::panic::resume_unwind(panic.into_panic());
    }
}

async fn admin(url: &str, sql: &str) {
    let database = Database::connect(url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}
