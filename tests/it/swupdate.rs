//! Debian's `swupdate`, unmodified, takes a signed image from a hub.

use crate::cpio::archive;
use otahub_tests::{Database, Hub, Process, Software, allow_gateway, bytes_of, eventually, skip};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

const DEVICE: &str = "swupdate-1";

/// Where the pieces of the image and the device's files lie.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(TempDir::with_prefix("otahub-swupdate-").expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file");
    }

    async fn run(&self, program: &str, arguments: &str) {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).args(arguments.split_whitespace());
        let output = command.kill_on_drop(true).output().await.expect("the program runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments}: {complaint}");
    }

    /// A signed image that puts `payload` at the path `installed`.
    async fn image(&self, payload: &[u8]) -> Vec<u8> {
        self.write("sw-description", description(payload, &self.path("out/installed.bin")));
        let subject = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=otahub-test \
            -keyout key.pem -out cert.pem -addext keyUsage=digitalSignature \
            -addext extendedKeyUsage=emailProtection";
        self.run("openssl", subject).await;
        let sign = "cms -sign -in sw-description -out sw-description.sig -signer cert.pem \
            -inkey key.pem -outform DER -nosmimecap -binary";
        self.run("openssl", sign).await;
        let read = |name: &str| std::fs::read(self.path(name)).expect("a piece of the image");
        archive(&[
            ("sw-description", &read("sw-description")),
            ("sw-description.sig", &read("sw-description.sig")),
            ("payload.bin", payload),
        ])
    }

    fn start(&self, hub: &Hub) -> Process {
        std::fs::create_dir(self.path("sockets")).expect("a folder");
        self.write("swupdate.cfg", configuration(&self.path("cert.pem"), &hub.url()));
        let mut command = Command::new("swupdate");
        command.current_dir(self.0.path()).env("TMPDIR", self.path("sockets"));
        Process::start(command.args(["-f", "swupdate.cfg", "-H", "board:1.0", "-u", ""]))
    }

    /// Tells the running daemon something, once it listens.
    async fn tell(&self, arguments: &[&str], daemon: &Process) {
        eventually("swupdate listens", 20, || async {
            let mut command = Command::new("swupdate-ipc");
            command.env("TMPDIR", self.path("sockets")).args(arguments).kill_on_drop(true);
            let output = command.output().await.map_err(|e| e.to_string())?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(log_of(daemon) + &said) }
        })
        .await;
    }
}

fn description(payload: &[u8], target: &Path) -> String {
    let sha256 = hex::encode(Sha256::digest(payload));
    format!(
        "software =\n{{\n  version = \"1.0.0\";\n  hardware-compatibility: [ \"1.0\" ];\n  \
         files: ( {{\n    filename = \"payload.bin\";\n    path = \"{}\";\n    \
         type = \"rawfile\";\n    sha256 = \"{sha256}\";\n    \
         properties: {{ create-destination = \"true\"; }};\n  }} );\n}}\n",
        target.display()
    )
}

fn configuration(certificate: &Path, url: &str) -> String {
    format!(
        "globals :\n{{\n  public-key-file = \"{}\";\n  loglevel = 5;\n  verbose = true;\n}};\n\
         identify : ( {{ name = \"board\"; value = \"test\"; }} );\n\
         suricatta :\n{{\n  tenant = \"DEFAULT\";\n  id = \"{DEVICE}\";\n  url = \"{url}\";\n  \
         polldelay = 2;\n  gatewaytoken = \"my-gateway-key\";\n}};\n",
        certificate.display()
    )
}

fn log_of(daemon: &Process) -> String {
    let mut lines = daemon.stdout();
    lines.extend(daemon.stderr());
    let from = lines.len().saturating_sub(25);
    lines[from..].join("\n")
}

/// Whether swupdate can run here: installed, and we are root.
fn is_possible() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).any(|folder| folder.join("swupdate").is_file());
    let possible = installed && rustix::process::geteuid().is_root();
    assert!(possible || std::env::var_os("CI").is_none(), "CI needs swupdate, and root to run it");
    if !possible {
        skip("swupdate is not installed, or this is not root");
    }
    possible
}

/// What swupdate is to install, from the hub's side.
struct Order {
    hub: Hub,
    payload: Vec<u8>,
    action: i64,
}

impl Order {
    async fn place(database: Database, bench: &Bench) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        let payload = bytes_of(31, 3_000_000);
        let image = bench.image(&payload).await;
        let software = Software::create(&hub, "firmware", "firmware.swu", image).await;
        let device = hub.device(DEVICE);
        device.poll().await;
        software.assign(&hub, &[DEVICE]).await;
        let action = device.offered("deploymentBase").await;
        Self { hub, payload, action }
    }

    async fn await_installed(&self, file: &Path, daemon: &Process) {
        eventually("the file is installed", 60, || async {
            let found = std::fs::read(file).map_err(|_| log_of(daemon))?;
            let is_whole = found == self.payload;
            is_whole.then_some(()).ok_or(format!("{} bytes", found.len()))
        })
        .await;
        let path = format!("/targets/{DEVICE}/actions/{}/status", self.action);
        eventually("swupdate says so", 30, || async {
            let seen = self.hub.admin().get(&path).await.seen();
            let is_told = seen.contains("SUCCESS") || seen.contains("nstalled");
            is_told.then_some(()).ok_or(seen)
        })
        .await;
    }

    async fn await_finished(&self) {
        let path = format!("/targets/{DEVICE}/actions/{}", self.action);
        eventually("the action is finished", 30, || async {
            let action = self.hub.admin().get(&path).await.expect(200).json();
            let is_finished = action["status"] == "finished";
            is_finished.then_some(()).ok_or(action.to_string())
        })
        .await;
        let path = format!("/targets/{DEVICE}");
        let target = self.hub.admin().get(&path).await.expect(200).json();
        assert_eq!(target["updateStatus"], "in_sync", "{target}");
        let path = format!("/targets/{DEVICE}/attributes");
        let attributes = self.hub.admin().get(&path).await.expect(200).json();
        assert_eq!(attributes["board"], "test", "{attributes}");
    }
}

async fn swupdate_installs_a_signed_image(database: Database) {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let order = Order::place(database, &bench).await;
    let mut daemon = bench.start(&order.hub);
    bench.tell(&["hawkbitcfg", "-p", "1"], &daemon).await;
    bench.tell(&["hawkbitcfg", "-t"], &daemon).await;
    order.await_installed(&bench.path("out/installed.bin"), &daemon).await;
    let number = order.action.to_string();
    let done = ["sendtohawkbit", &number, "2", "success", "closed", "installed"];
    bench.tell(&done, &daemon).await;
    order.await_finished().await;
    daemon.signal(rustix::process::Signal::TERM);
    let ended = daemon.ended(std::time::Duration::from_secs(20)).await;
    assert!(ended.is_some(), "swupdate ends: {}", log_of(&daemon));
}
on_both!(swupdate_installs_a_signed_image within 180 s);

#[tokio::test(flavor = "multi_thread")]
async fn the_image_is_one_that_swupdate_takes() {
    if !is_possible() {
        return;
    }
    otahub_tests::within(60, async {
        let (bench, payload) = (Bench::new(), bytes_of(32, 10_000));
        let image = bench.image(&payload).await;
        bench.write("image.swu", image);
        let mut command = Command::new("swupdate");
        command.current_dir(bench.0.path()).env("TMPDIR", bench.0.path());
        command.args(["-k", "cert.pem", "-H", "board:1.0", "-i", "image.swu"]);
        let mut swupdate = Process::start(&mut command);
        swupdate.ended(std::time::Duration::from_secs(30)).await;
        let installed = std::fs::read(bench.path("out/installed.bin")).unwrap_or_default();
        assert!(installed == payload, "{}", log_of(&swupdate));
    })
    .await;
}
