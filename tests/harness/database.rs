//! The two databases: SQLite in the hub's own folder, PostgreSQL where the environment says.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const VARIABLE: &str = "OTAHUB_TEST_POSTGRES_URL";
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Which database a hub stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file in the hub's data folder.
    Sqlite,
    /// A database of its own on the server that `OTAHUB_TEST_POSTGRES_URL` names.
    Postgres,
}

impl Database {
    /// Whether it can be had here. Without PostgreSQL a test is skipped, with one line that says
    /// so; in CI it fails.
    ///
    /// # Panics
    /// In CI, if `OTAHUB_TEST_POSTGRES_URL` is not set.
    #[must_use]
    pub fn is_available(self) -> bool {
        if self == Self::Sqlite || std::env::var_os(VARIABLE).is_some() {
            return true;
        }
        assert!(std::env::var_os("CI").is_none(), "{VARIABLE} is not set, which CI demands");
        crate::skip("no PostgreSQL: OTAHUB_TEST_POSTGRES_URL is not set");
        false
    }

    pub(crate) fn create(self, folder: &Path, server: Option<&str>) -> Place {
        if self == Self::Sqlite {
            let file = folder.join("otahub.db");
            return Place { url: format!("sqlite://{}", file.display()), drop: None };
        }
        let named = || std::env::var(VARIABLE).expect("asked for only where it is available");
        Place::on(server.map_or_else(named, ToOwned::to_owned))
    }
}

/// A database that is there for one hub.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) url: String,
    drop: Option<(String, String)>,
}

impl Place {
    /// Somebody else's.
    pub(crate) fn of(url: &str) -> Self {
        Self { url: url.to_owned(), drop: None }
    }

    fn on(server: String) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("otahub_test_{}_{number}", std::process::id());
        sql(&server, &format!("create database {name}"));
        let mut url = reqwest::Url::parse(&server).expect("the server's address is a URL");
        url.set_path(&name);
        Self { url: url.to_string(), drop: Some((server, name)) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.drop {
            sql(server, &format!("drop database if exists {name} with (force)"));
        }
    }
}

fn sql(server: &str, statement: &str) {
    let output = Command::new("psql").args(["-q", "-d", server, "-c", statement]).output();
    match output {
        Ok(o) if o.status.success() => {}
        Ok(o) => println!("psql: {statement}: {}", String::from_utf8_lossy(&o.stderr)),
        Err(e) => println!("psql cannot be run: {e}"),
    }
}
