//! A fresh database and a fresh folder for each test: copies of a template that is made once.

use otahub_store::{Backend, Store, StoreOptions};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use tempfile::TempDir;
use tokio::sync::{Mutex, RwLock};

/// The database of one test, and the folder of its artifacts. Gone when the last clone is.
#[derive(Clone)]
pub(crate) struct Ground(Arc<Place>);

struct Place {
    url: String,
    folder: TempDir,
    server: Option<(String, String)>,
    /// How many nodes were opened on it.
    nodes: AtomicU32,
    /// Keeps the template for the next test.
    _template: Option<Arc<Place>>,
}

impl Ground {
    /// Where the database is.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Where artifacts are kept.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.0.folder.path().join("artifacts")
    }

    /// The number of another node on it, from 1 on.
    pub(crate) fn next_node(&self) -> u32 {
        self.0.nodes.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A second ground in the same state as this one once was.
    pub(crate) async fn another(&self) -> Self {
        let server = self.0.server.as_ref().map(|(server, _)| server.clone());
        Self(Arc::new(Place::copy(server).await))
    }
}

impl Place {
    fn new(server: Option<String>, template: Option<Arc<Self>>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let Some(server) = server else {
            let file = folder.path().join("hub.db");
            if let Some(template) = &template {
                std::fs::copy(template.folder.path().join("hub.db"), &file).unwrap();
            }
            return Self {
                url: Backend::sqlite_url(&file),
                folder,
                server: None,
                nodes: AtomicU32::new(0),
                _template: template,
            };
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("otahub_core_{}_{number}", std::process::id());
        let of = template.as_ref().and_then(|t| t.server.as_ref());
        let of = of.map_or(String::new(), |(_, name)| format!(" TEMPLATE {name}"));
        psql(&server, &format!("CREATE DATABASE {name}{of}"));
        let (base, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{base}/{name}"),
            folder,
            server: Some((server, name)),
            nodes: AtomicU32::new(0),
            _template: template,
        }
    }

    async fn copy(server: Option<String>) -> Self {
        static SQLITE: Mutex<Weak<Place>> = Mutex::const_new(Weak::new());
        static POSTGRES: Mutex<Weak<Place>> = Mutex::const_new(Weak::new());
        let shared = if server.is_some() { &POSTGRES } else { &SQLITE };
        let mut known = shared.lock().await;
        let template = match known.upgrade() {
            Some(template) => template,
            None => {
                let made = Arc::new(Self::new(server.clone(), None));
                otahub_migrations::up(&made.url).await.unwrap();
                crate::world::populate(&made.url, made.folder.path()).await;
                *known = Arc::downgrade(&made);
                made
            }
        };
        Self::new(server, Some(template))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Options that are quick: a test need not survive a power cut.
pub(crate) async fn open_store(url: &str) -> Store {
    let options = StoreOptions { durable: false, ..StoreOptions::new(url) };
    Store::open(&options).await.unwrap()
}

/// Runs a test on SQLite.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl Fn(Ground) -> F) {
    test(Ground(Arc::new(Place::copy(None).await))).await;
}

/// Runs a test on PostgreSQL, if there is a server.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(test: impl Fn(Ground) -> F) {
    let Ok(server) = std::env::var("OTAHUB_TEST_POSTGRES_URL") else {
        assert!(std::env::var_os("CI").is_none(), "CI needs OTAHUB_TEST_POSTGRES_URL");
        println!("skipped: OTAHUB_TEST_POSTGRES_URL is not set");
        return;
    };
    test(Ground(Arc::new(Place::copy(Some(server)).await))).await;
}

/// Taken for reading while databases are made and dropped, which holds up everything that waits
/// for older transactions of the server. Whoever measures such waiting takes it for writing.
pub(crate) static QUIET: RwLock<()> = RwLock::const_new(());

fn psql(server: &str, statement: &str) {
    // unconstrained, for this thread may have used up what tokio lets a task do at once
    let _busy = futures::executor::block_on(tokio::task::unconstrained(QUIET.read()));
    let output = Command::new("psql")
        .args(["-q", "-d", server, "-c", statement])
        .output()
        .expect("psql is needed to make databases");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{statement}: {said}");
}

/// Every file below a folder, with its size.
pub(crate) fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let size = entry.metadata().map_or(0, |m| m.len());
            found.push((path.display().to_string(), size));
        }
    }
    found.sort();
    found
}
