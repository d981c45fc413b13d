//! Databases for one test each.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};

/// A database that goes away after the test.
pub(crate) struct Scratch {
    /// Where it is.
    pub(crate) url: String,
    admin: Option<(String, String)>,
    _dir: Option<tempfile::TempDir>,
}

impl Scratch {
    /// A file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("hub.db").display());
        Self { url, admin: None, _dir: Some(dir) }
    }

    /// A new database on the server of `OTAHUB_TEST_POSTGRES_URL`; none without that variable,
    /// except in CI, where it must be there.
    pub(crate) async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("OTAHUB_TEST_POSTGRES_URL") else {
            assert!(std::env::var_os("CI").is_none(), "CI needs OTAHUB_TEST_POSTGRES_URL");
            println!("skipped: OTAHUB_TEST_POSTGRES_URL is not set");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("otahub_schema_{}_{number}", std::process::id());
        admin(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        Some(Self { url: format!("{base}/{name}"), admin: Some((server, name)), _dir: None })
    }

    /// Removes the database from its server.
    pub(crate) async fn drop(self) {
        if let Some((server, name)) = &self.admin {
            admin(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn admin(server: &str, sql: &str) {
    let database = Database::connect(server).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}
