//! One hub: the real binary, on ports and with data of its own.

use crate::database::{Database, Place};
use crate::people::{Admin, Device};
use crate::{Adapter, Apart, Http, Process, free_port, otahub};
use rustix::process::Signal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, timeout};

const READY_LIMIT: Duration = Duration::from_secs(60);

/// How a hub is to be started.
#[derive(Debug)]
pub struct HubPlan {
    database: Database,
    server: Option<String>,
    beside: Option<String>,
    binary: PathBuf,
    https: Option<SocketAddr>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    apart: Option<Apart>,
}

impl HubPlan {
    /// Adds arguments of `otahub serve`.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable of the hub.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The hub serves HTTPS, too; the files come as environment or arguments.
    #[must_use]
    pub fn https(mut self) -> Self {
        self.https = Some(SocketAddr::from(([127, 0, 0, 1], free_port())));
        self
    }

    /// The adapters of DDI and the Management API run in a process of their own, which is what
    /// the hub's HTTP address then leads to.
    #[must_use]
    pub fn apart(mut self) -> Self {
        let apart = Apart::new();
        self.arguments.extend(apart.hub());
        self.apart = Some(apart);
        self
    }

    /// Whether they do.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        self.apart.is_some()
    }

    /// Another PostgreSQL server than the one that the environment names.
    #[must_use]
    pub fn server(mut self, url: String) -> Self {
        self.server = Some(url);
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get ready; what it said is in the message.
    pub async fn start(self) -> Hub {
        let folder = TempDir::with_prefix("otahub-test-").expect("a folder for the hub's data");
        let place = match &self.beside {
            Some(url) => Place::of(url),
            None => self.database.create(folder.path(), self.server.as_deref()),
        };
        let address = || SocketAddr::from(([127, 0, 0, 1], free_port()));
        let (http, grpc) = (address(), address());
        let core = if self.apart.is_some() { address() } else { http };
        let mut command = command(&self, core, grpc);
        let mut process = Process::start(add_place(&mut command, folder.path(), &place));
        let ready_after = await_ready(&mut process).await;
        let front = match &self.apart {
            Some(apart) => Some(apart.adapter("ddi,mgmt").http(http).start().await),
            None => None,
        };
        Hub { plan: self, process, front, place, folder, http, core, grpc, ready_after }
    }
}

fn command(plan: &HubPlan, http: SocketAddr, grpc: SocketAddr) -> Command {
    let mut command = Command::new(&plan.binary);
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|n| n.to_string_lossy().starts_with("OTAHUB_")) {
        command.env_remove(name);
    }
    command.args(["serve", "--http", &http.to_string(), "--grpc", &grpc.to_string()]);
    if let Some(https) = plan.https {
        command.args(["--https", &https.to_string()]);
    }
    command.args(&plan.arguments).envs(plan.environment.iter().cloned());
    command
}

fn add_place<'a>(command: &'a mut Command, folder: &Path, place: &Place) -> &'a mut Command {
    command.current_dir(folder).arg("--data-dir").arg(folder).args(["--database-url", &place.url])
}

async fn await_ready(process: &mut Process) -> Duration {
    let start = Instant::now();
    match timeout(READY_LIMIT, process.says("ready")).await {
        Ok(true) => start.elapsed(),
        Ok(false) => {
            process.ended(Duration::from_secs(5)).await;
            panic!("the hub ended before it was ready:\n{}", process.stderr().join("\n"))
        }
        Err(_) => panic!("the hub is not ready in time:\n{}", process.stderr().join("\n")),
    }
}

/// A running hub. Killed, and its data removed, when dropped; its log is printed if a test fails.
#[derive(Debug)]
pub struct Hub {
    plan: HubPlan,
    // Before `place`: the process ends before its database goes.
    process: Process,
    front: Option<Adapter>,
    place: Place,
    folder: TempDir,
    http: SocketAddr,
    core: SocketAddr,
    grpc: SocketAddr,
    ready_after: Duration,
}

impl Hub {
    /// A plan for a hub on `database`, with nothing else said.
    #[must_use]
    pub fn on(database: Database) -> HubPlan {
        Self::of(otahub(), database)
    }

    /// A plan for a hub of another binary than the one beside the test.
    #[must_use]
    pub fn of(binary: PathBuf, database: Database) -> HubPlan {
        HubPlan {
            database,
            server: None,
            beside: None,
            binary,
            https: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            apart: None,
        }
    }

    /// A plan for a further node on the database of `first`, which has to outlive it.
    #[must_use]
    pub fn beside(first: &Self) -> HubPlan {
        let plan = Self::on(first.plan.database);
        HubPlan { beside: Some(first.place.url.clone()), ..plan }
    }

    /// The certificates for adapters.
    ///
    /// # Panics
    /// If the plan does not set them apart.
    #[must_use]
    pub fn adapters(&self) -> &Apart {
        self.plan.apart.as_ref().expect("the plan sets adapters apart")
    }

    /// The process of the adapters for HTTP.
    ///
    /// # Panics
    /// If the plan does not set them apart.
    #[must_use]
    pub fn front(&self) -> &Adapter {
        self.front.as_ref().expect("the plan sets adapters apart")
    }

    /// Talks to the core's own HTTP port: health and metrics.
    #[must_use]
    pub fn core(&self) -> Http {
        Http::new(&format!("http://{}", self.core))
    }

    /// Where it listens for HTTP.
    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where it listens for gRPC, as a URL.
    #[must_use]
    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Where it listens for gRPC.
    #[must_use]
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc
    }

    /// What its URLs begin with.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// What its URLs over TLS begin with.
    ///
    /// # Panics
    /// If it does not serve HTTPS.
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://{}", self.plan.https.expect("the plan says https"))
    }

    /// Its data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.place.url
    }

    /// How long it took from its start to the line `ready`.
    #[must_use]
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Talks to it without a credential.
    #[must_use]
    pub fn http(&self) -> Http {
        Http::new(&self.url())
    }

    /// Talks to it as `admin:admin`.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.http())
    }

    /// Talks to it as the device `id` with the gateway token.
    #[must_use]
    pub fn device(&self, id: &str) -> Device {
        Device::with_gateway(self.http(), id)
    }

    /// The sum of a counter or gauge over all its labels; nothing if the hub does not have it.
    ///
    /// # Panics
    /// If the hub does not give its metrics.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let metrics = self.http().get("/metrics").await.expect(200).text();
        let of_name =
            |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
        let values =
            metrics.lines().filter(of_name).filter_map(|l| l.rsplit(' ').next()?.parse().ok());
        values.reduce(|sum: f64, value: f64| sum + value)
    }

    /// Sends SIGTERM and waits for its end; the exit status and how long it took.
    ///
    /// # Panics
    /// If it has not ended after `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.process.signal(Signal::TERM);
        let status = self.process.ended(limit).await;
        let Some(status) = status else { panic!("still running {limit:?} after SIGTERM") };
        (status, start.elapsed())
    }

    /// Kills it, so that it cannot do anything more.
    ///
    /// # Panics
    /// If it does not die.
    pub async fn kill(&mut self) {
        self.process.signal(Signal::KILL);
        self.process.ended(Duration::from_secs(20)).await.expect("a killed process ends");
    }

    /// Starts it again on the same data and addresses; it must have ended.
    ///
    /// # Panics
    /// If it does not get ready.
    pub async fn start_again(&mut self) {
        let mut command = command(&self.plan, self.core, self.grpc);
        add_place(&mut command, self.folder.path(), &self.place);
        self.process = Process::start(&mut command);
        self.ready_after = await_ready(&mut self.process).await;
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (name, lines) in [("out", self.process.stdout()), ("log", self.process.stderr())] {
                let from = lines.len().saturating_sub(60);
                lines[from..].iter().for_each(|line| println!("hub {name}: {line}"));
            }
        }
    }
}
