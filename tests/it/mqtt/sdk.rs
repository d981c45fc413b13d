//! A device on the Astarte SDK as it is published, built apart from this workspace
//! (`tests/astarte`).

use super::{status, with_broker};
use otahub_tests::{
    AstarteField, Database, GATEWAY_KEY, Hub, Software, bytes_of, eventually, otahub, skip,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const ID: &str = "DL9JHK-UTp2BP-vuv7hWpg";

/// A program of the devices' world, if it was built: `tests/run` does, in the target folder.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let target = otahub().ancestors().nth(2).map(Path::to_owned);
    let folder = target.unwrap_or_default().join("astarte");
    let path = ["bin", "debug"].map(|place| folder.join(place).join(name));
    if let Some(path) = path.into_iter().find(|path| path.is_file()) {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{name} is missing, which CI demands");
    skip(&format!("no {name}: tests/run astarte edgehog builds it"));
    None
}

struct Device {
    _child: Child,
    input: ChildStdin,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Device {
    async fn start(program: &Path, field: &AstarteField, folder: &Path, version: &str) -> Self {
        let interfaces = concat!(env!("CARGO_MANIFEST_DIR"), "/astarte/interfaces");
        let mut child = Command::new(program)
            .args([&field.hub.http().url("/pairing"), "default", ID, GATEWAY_KEY])
            .arg(folder)
            .arg(interfaces)
            .env("SSL_CERT_FILE", field.broker.folder().join("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the device starts");
        let input = child.stdin.take().expect("an input");
        let mut output = BufReader::new(child.stdout.take().expect("an output")).lines();
        let lines = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn({
            let lines = lines.clone();
            async move {
                while let Ok(Some(line)) = output.next_line().await {
                    lines.lock().expect("a lock").push(line);
                }
            }
        });
        let mut device = Self { _child: child, input, lines };
        eventually("the SDK connects", 120, || async {
            let lines = device.lines.lock().expect("a lock").clone();
            if lines.iter().any(|line| line == "connected") {
                Ok(())
            } else {
                Err(lines.join("\n"))
            }
        })
        .await;
        device.property("BaseImage", "/version", json!(version)).await;
        device.property("HardwareInfo", "/mem/totalBytes", json!(1_i64 << 40)).await;
        device
    }

    async fn say(&mut self, document: Value) {
        let line = format!("{document}\n");
        self.input.write_all(line.as_bytes()).await.expect("the device listens");
    }

    async fn property(&mut self, interface: &str, path: &str, value: Value) {
        self.say(json!({"property": {"interface": interface, "path": path, "value": value}})).await;
    }

    async fn event(&mut self, request: &str, status: &str, progress: i32) {
        self.say(json!({"event": {"requestUUID": request, "status": status,
            "statusProgress": progress, "statusCode": "", "message": ""}}))
            .await;
    }

    fn requests(&self) -> Vec<Value> {
        let lines = self.lines.lock().expect("a lock").clone();
        let requests = lines.iter().filter(|line| line.starts_with('{'));
        requests.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    async fn requested(&self) -> Value {
        eventually("the SDK gets a request", 120, || async {
            self.requests().first().cloned().ok_or_else(|| "none".to_owned())
        })
        .await
    }
}

async fn the_published_sdk_updates_a_device(database: Database) {
    let Some(program) = tool("astarte-device") else { return };
    let field = AstarteField::start(Hub::on(database)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut device = Device::start(&program, &field, folder.path(), "0.9").await;
    eventually("the hub knows what it runs", 120, || async {
        let seen = field.hub.admin().get(&format!("/targets/{ID}/attributes")).await;
        if seen.text().contains("1099511627776") { Ok(()) } else { Err(seen.seen()) }
    })
    .await;
    let software = Software::create(&field.hub, "image", "image.bin", bytes_of(3, 9000)).await;
    let done = software.assign(&field.hub, &[ID]).await;
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    let request = device.requested().await;
    assert_eq!(request["operation"], "Update");
    let url = request["url"].as_str().expect("a link");
    assert_eq!(field.hub.http().get(url).await.expect(200).body.len(), 9000);
    let id = request["uuid"].as_str().expect("a UUID").to_owned();
    device.event(&id, "Acknowledged", 0).await;
    device.event(&id, "Downloading", 100).await;
    device.event(&id, "Deployed", 0).await;
    device.event(&id, "Rebooting", 0).await;
    eventually("it restarts", 120, || async {
        let path = format!("/targets/{ID}/actions/{action}/status?limit=500");
        let told = field.hub.admin().get(&path).await.text();
        if told.contains("Rebooting") { Ok(()) } else { Err(told) }
    })
    .await;
    drop(device);
    // with the same secret and certificate, and without the word that the update went well
    let device = Device::start(&program, &field, folder.path(), "1.0.0").await;
    status(&field.hub, ID, action, "finished").await;
    assert!(device.requests().is_empty());
}
with_broker!(the_published_sdk_updates_a_device within 400 s);
