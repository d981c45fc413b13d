//! Edgehog's device runtime as it is published, with a stand-in for RAUC on a D-Bus of its own.

use super::sdk::tool;
use super::{status, with_broker};
use otahub_tests::{
    AstarteField, Database, GATEWAY_KEY, Hub, Process, Software, bytes_of, eventually,
};
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

const ID: &str = "2TBn-jNESuuHamE2Zo1anA";
/// The whole of an update takes a minute or two where much else runs.
const LIMIT: Duration = Duration::from_secs(300);

/// A system with two slots: the bus, the installer and the runtime, until it is "booted" anew.
struct System {
    bus: Process,
    address: String,
    rauc: Process,
    runtime: Process,
}

impl System {
    /// Boots from `slot` into an image of `version`. Nothing if the runtime was not built.
    async fn boot(field: &AstarteField, folder: &Path, slot: &str, version: &str) -> Option<Self> {
        let (runtime, rauc) = (tool("edgehog-device-runtime")?, tool("stand-in-rauc")?);
        let mut command = Command::new("dbus-daemon");
        let bus = Process::start(command.args(["--session", "--nofork", "--print-address=1"]));
        let address = eventually("the bus tells its address", 30, || async {
            bus.stdout().first().cloned().ok_or_else(|| bus.stderr().join("\n"))
        })
        .await;
        let mut command = Command::new(rauc);
        let mut rauc = Process::start(command.arg(slot).env("DBUS_SESSION_BUS_ADDRESS", &address));
        assert!(rauc.says("ready").await, "{:?}", rauc.stderr());
        std::fs::write(folder.join("edgehog.toml"), settings(field, folder)).expect("a file");
        let mut command = Command::new(runtime);
        command
            .arg("--config")
            .arg(folder.join("edgehog.toml"))
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("SSL_CERT_FILE", field.broker.folder().join("ca.pem"))
            .env("EDGEHOG_IMAGE_ID", "image")
            .env("EDGEHOG_IMAGE_VERSION", version)
            .env("DM_NO_REBOOT", "1")
            .env("RUST_LOG", "info");
        Some(Self { bus, address, rauc, runtime: Process::start(&mut command) })
    }

    /// Waits until it ends itself to be booted anew; what was installed.
    async fn reboots(mut self) -> Vec<String> {
        let ended = self.runtime.ended(LIMIT).await;
        let said = || [self.runtime.stdout(), self.runtime.stderr()].concat().join("\n");
        assert!(ended.is_some_and(|status| status.success()), "{ended:?}\n{}", said());
        assert!(!self.address.is_empty() && self.bus.pid() > 0);
        let mut installed = self.rauc.stdout();
        installed.retain(|line| line != "ready");
        installed
    }
}

fn settings(field: &AstarteField, folder: &Path) -> String {
    let (pairing, at) = (field.hub.http().url("/pairing"), folder.display());
    format!(
        "astarte_library = \"astarte-device-sdk\"\nstore_directory = \"{at}/store\"\n\
         download_directory = \"{at}/download\"\n\
         [astarte_device_sdk]\nrealm = \"default\"\ndevice_id = \"{ID}\"\n\
         pairing_url = \"{pairing}\"\npairing_token = \"{GATEWAY_KEY}\"\n\
         [ota]\nenabled = true\n[ota.rauc]\ndbus_socket = \"session\"\n"
    )
}

/// Gives the device software that it installs and "reboots" for; the action.
async fn updates(field: &AstarteField, folder: &Path) -> Option<i64> {
    let system = System::boot(field, folder, "A", "0.9").await?;
    eventually("the hub knows what it runs", 120, || async {
        let seen = field.hub.admin().get(&format!("/targets/{ID}/attributes")).await;
        if seen.text().contains("\"0.9\"") { Ok(()) } else { Err(seen.seen()) }
    })
    .await;
    let software = Software::create(&field.hub, "image", "image.bin", bytes_of(3, 90_000)).await;
    let done = software.assign(&field.hub, &[ID]).await;
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    assert_eq!(system.reboots().await.len(), 1, "one bundle is installed, once");
    Some(action)
}

/// Waits until the history has a status whose messages contain `words`.
async fn told(field: &AstarteField, action: i64, words: &str) {
    eventually(words, 120, || async {
        let path = format!("/targets/{ID}/actions/{action}/status?limit=500");
        let told = field.hub.admin().get(&path).await.text();
        if told.contains(words) { Ok(()) } else { Err(told) }
    })
    .await;
}

async fn edgehogs_runtime_finishes_an_update(database: Database) {
    let field = AstarteField::start(Hub::on(database)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(action) = updates(&field, folder.path()).await else { return };
    for words in ["retrieved update action", "Downloading", "Deploying", "Deployed", "Rebooting"] {
        told(&field, action, words).await;
    }
    // it loses the word that all went well, and tells which image it runs
    let _system = System::boot(&field, folder.path(), "B", "1.0.0").await;
    status(&field.hub, ID, action, "finished").await;
    told(&field, action, "inferred from its base image").await;
}
with_broker!(edgehogs_runtime_finishes_an_update within 900 s);

async fn a_rollback_of_edgehogs_runtime_is_a_failure(database: Database) {
    let field = AstarteField::start(Hub::on(database)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(action) = updates(&field, folder.path()).await else { return };
    let _system = System::boot(&field, folder.path(), "A", "0.9").await;
    status(&field.hub, ID, action, "error").await;
    told(&field, action, "SystemRollback").await;
}
with_broker!(a_rollback_of_edgehogs_runtime_is_a_failure within 900 s);
