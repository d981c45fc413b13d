//! A hub whose adapters are processes of their own, with the certificates that both show.

use crate::{Authority, Http, Process, eventually, free_port, otahub};
use rcgen::ExtendedKeyUsagePurpose;
use rustix::process::Signal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// Where a hub listens for adapters, and who vouches for whom.
pub struct Apart {
    folder: TempDir,
    authority: Authority,
    address: SocketAddr,
}

/// The name that adapters have to have.
const NAME: &str = "adapter";

impl Default for Apart {
    fn default() -> Self {
        Self::new()
    }
}

impl Apart {
    /// Certificates for a hub and its adapters.
    ///
    /// # Panics
    /// If they cannot be written.
    #[must_use]
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("otahub-apart-").expect("a folder for certificates");
        let authority = Authority::new("fleet");
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let apart = Self { folder, authority, address };
        std::fs::write(apart.folder().join("ca.pem"), apart.authority.pem()).expect("a file");
        apart.authority.server(apart.folder());
        apart.issue(NAME, "adapter");
        apart
    }

    /// Where the certificates are: `ca.pem`, `server.pem`, `adapter.pem`, and keys.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who vouches for all.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where the hub listens for adapters.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Writes a client's certificate with a common name, `FILE.pem` and `FILE.key`.
    ///
    /// # Panics
    /// If the files cannot be written.
    pub fn issue(&self, name: &str, file: &str) {
        write(&self.authority, self.folder(), name, file);
    }

    /// The arguments of the hub.
    #[must_use]
    pub fn hub(&self) -> Vec<String> {
        [
            ("--role", "hub".to_owned()),
            ("--adapter-grpc", self.address.to_string()),
            ("--adapter-tls-cert", self.file("server.pem")),
            ("--adapter-tls-key", self.file("server.key")),
            ("--adapter-client-ca", self.file("ca.pem")),
            ("--adapter-names", NAME.to_owned()),
        ]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect()
    }

    /// A plan for an adapter with these roles.
    #[must_use]
    pub fn adapter(&self, roles: &str) -> AdapterPlan {
        let arguments = [
            ("--role", roles.to_owned()),
            ("--hub-url", self.url()),
            ("--hub-ca", self.file("ca.pem")),
        ];
        AdapterPlan {
            http: SocketAddr::from(([127, 0, 0, 1], free_port())),
            certificates: self.folder().join("adapter"),
            arguments: arguments
                .into_iter()
                .flat_map(|(flag, value)| [flag.to_owned(), value])
                .collect(),
        }
    }

    fn file(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }
}

/// Writes a certificate that `authority` issues for a client.
fn write(authority: &Authority, folder: &Path, name: &str, file: &str) {
    let (certificate, key) = authority.issue(name, ExtendedKeyUsagePurpose::ClientAuth);
    std::fs::write(folder.join(format!("{file}.key")), key).expect("a file");
    std::fs::write(folder.join(format!("{file}.pem")), certificate).expect("a file");
}

impl std::fmt::Debug for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apart").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How an adapter is to be started.
#[derive(Debug)]
pub struct AdapterPlan {
    http: SocketAddr,
    certificates: PathBuf,
    arguments: Vec<String>,
}

impl AdapterPlan {
    /// Adds arguments of `otahub serve`.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Another address for HTTP than any free one.
    #[must_use]
    pub fn http(self, http: SocketAddr) -> Self {
        Self { http, ..self }
    }

    /// Shows the certificate `FILE.pem` of this folder with the key `FILE.key`.
    #[must_use]
    pub fn shows(self, folder: &Path, file: &str) -> Self {
        Self { certificates: folder.join(file), ..self }
    }

    /// Starts it and waits until it listens, which it does without a hub, too.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start(self) -> Adapter {
        let folder = TempDir::with_prefix("otahub-adapter-").expect("a folder for the adapter");
        let mut command = Command::new(otahub());
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|n| n.to_string_lossy().starts_with("OTAHUB_")) {
            command.env_remove(name);
        }
        command.current_dir(folder.path()).args(["serve", "--http", &self.http.to_string()]);
        command.arg("--hub-cert").arg(self.certificates.with_extension("pem"));
        command.arg("--hub-key").arg(self.certificates.with_extension("key"));
        let mut process = Process::start(command.args(&self.arguments));
        let ready = process.says("ready").await;
        assert!(ready, "the adapter is not ready:\n{}", process.stderr().join("\n"));
        Adapter { process, folder, http: self.http }
    }
}

/// A running adapter. Killed when dropped; its log is printed if a test fails.
#[derive(Debug)]
pub struct Adapter {
    process: Process,
    folder: TempDir,
    http: SocketAddr,
}

impl Adapter {
    /// The process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The folder it was started in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What its URLs begin with.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Talks to it without a credential.
    #[must_use]
    pub fn http(&self) -> Http {
        Http::new(&self.url())
    }

    /// Sends SIGTERM and waits for its end.
    ///
    /// # Panics
    /// If it has not ended after `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> ExitStatus {
        self.process.signal(Signal::TERM);
        let status = self.process.ended(limit).await;
        let Some(status) = status else { panic!("still running {limit:?} after SIGTERM") };
        status
    }

    /// Waits until it says on `/readyz` what `wanted` is a part of.
    ///
    /// # Panics
    /// If it does not for long.
    pub async fn await_state(&self, wanted: &str) {
        let http = self.http();
        eventually(&format!("the adapter says {wanted}"), 120, async || {
            let said = http.get("/readyz").await.text();
            if said.contains(wanted) { Ok(()) } else { Err(said) }
        })
        .await;
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.process.stderr();
            let from = lines.len().saturating_sub(60);
            lines[from..].iter().for_each(|line| println!("adapter log: {line}"));
        }
    }
}
