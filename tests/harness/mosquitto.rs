//! A real MQTT broker: Mosquitto, on a free port with a folder of its own, and devices that speak
//! to it with its own small programs.

use crate::{Hub, HubPlan, Process, eventually, free_port};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;

/// Where Debian puts the broker, which is not on everybody's path.
const PLACES: [&str; 3] = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];

/// A running broker. Killed when dropped.
#[derive(Debug)]
pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    process: Option<Process>,
}

impl Mosquitto {
    /// Whether Mosquitto can be had here. Without it a test is skipped, with one line that says
    /// so; in CI it fails.
    ///
    /// # Panics
    /// In CI, if it is missing.
    #[must_use]
    pub fn is_available() -> bool {
        let has = |name: &str| {
            let asked = std::process::Command::new(name).arg("-h").output();
            asked.is_ok()
        };
        if binary().is_some() && has("mosquitto_pub") && has("mosquitto_sub") {
            return true;
        }
        assert!(std::env::var_os("CI").is_none(), "mosquitto is missing, which CI demands");
        crate::skip("no mosquitto, mosquitto_pub or mosquitto_sub");
        false
    }

    /// A broker that lets everybody in.
    pub async fn start() -> Self {
        let mut broker = Self::new();
        broker.configure("allow_anonymous true\n");
        broker.run().await;
        broker
    }

    /// A broker that does not run yet.
    ///
    /// # Panics
    /// If there is no room for its folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("otahub-broker-").expect("a folder for the broker");
        Self { folder, port: free_port(), process: None }
    }

    /// What its settings are besides the port.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn configure(&self, more: &str) {
        let folder = self.folder.path().display();
        let text = format!(
            "user root\nper_listener_settings false\nlistener {} 127.0.0.1\npersistence true\n\
             persistence_location {folder}/\nmax_queued_messages 0\n\
             max_inflight_messages 1000\n{more}",
            self.port
        );
        std::fs::write(self.folder.path().join("mosquitto.conf"), text).expect("settings");
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// If it does not.
    pub async fn run(&mut self) {
        let program = binary().expect("asked for only where it is available");
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.path().join("mosquitto.conf"));
        self.process = Some(Process::start(&mut command));
        let port = self.port;
        eventually("the broker listens", 20, || async move {
            let tried = TcpStream::connect(("127.0.0.1", port)).await;
            tried.map(|_| ()).map_err(|error| error.to_string())
        })
        .await;
    }

    /// Its process.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("it runs")
    }

    /// Ends it in an orderly way: it keeps what it has for the next start.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::TERM);
            process.ended(Duration::from_secs(20)).await.expect("the broker ends");
        }
    }

    /// A plan's arguments for a hub with this broker.
    #[must_use]
    pub fn bridged(&self, plan: HubPlan) -> HubPlan {
        plan.args(["--mqtt-url", &self.url()])
    }
}

impl Default for Mosquitto {
    fn default() -> Self {
        Self::new()
    }
}

fn binary() -> Option<PathBuf> {
    let runs = |name: &&&str| std::process::Command::new(name).arg("-h").output().is_ok();
    PLACES.iter().find(runs).map(PathBuf::from)
}

/// Waits until a hub is connected to its broker.
pub async fn bridged(hub: &Hub) {
    eventually("the hub has the bridge", 40, || async {
        match hub.metric("otahub_mqtt_connected").await {
            Some(1.0) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

/// A device that speaks with `mosquitto_pub` and hears with `mosquitto_sub`.
#[derive(Debug)]
pub struct MqttDevice {
    id: String,
    arguments: Vec<String>,
    ears: Process,
}

impl MqttDevice {
    /// The device `id` of the tenant DEFAULT, speaking version `5` or `311`.
    pub async fn connect(broker: &Mosquitto, id: &str, version: &str) -> Self {
        let port = broker.port.to_string();
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-V", version, "-q", "1"];
        Self::with(id, arguments.iter().map(ToString::to_string).collect()).await
    }

    /// As [`MqttDevice::connect`] with the programs' arguments.
    ///
    /// # Panics
    /// If it cannot subscribe.
    pub async fn with(id: &str, arguments: Vec<String>) -> Self {
        // line by line, though nobody looks at it on a terminal
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "mosquitto_sub"]);
        let topics = ["request", "notice"].map(|leaf| format!("ota/v1/DEFAULT/{id}/{leaf}"));
        command.args(&arguments).args(["-d", "-F", "> %t %p"]);
        for topic in topics {
            command.args(["-t", &topic]);
        }
        let ears = Process::start(&mut command);
        let device = Self { id: id.to_owned(), arguments, ears };
        eventually("the device hears", 20, || async {
            let said = device.ears.stdout().join("\n");
            if said.contains("SUBACK") || said.contains("Subscribed") { Ok(()) } else { Err(said) }
        })
        .await;
        device
    }

    /// Publishes a document on a topic of its own.
    ///
    /// # Panics
    /// If the broker does not take it.
    pub async fn say(&self, leaf: &str, document: &Value) {
        self.publish(&format!("ota/v1/DEFAULT/{}/{leaf}", self.id), &document.to_string()).await;
    }

    /// As [`MqttDevice::say`], again and again until the broker has taken it.
    ///
    /// # Panics
    /// If the broker does not take it for long.
    pub async fn insist(&self, leaf: &str, document: &Value) {
        let topic = format!("ota/v1/DEFAULT/{}/{leaf}", self.id);
        let payload = document.to_string();
        eventually("the broker takes it", 120, || async {
            let mut command = Command::new("mosquitto_pub");
            let output = command.args(&self.arguments).args(["-t", &topic, "-m", &payload]);
            let output = output.output().await.expect("mosquitto_pub runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(said) }
        })
        .await;
    }

    /// Publishes anything anywhere.
    ///
    /// # Panics
    /// If the broker does not take it.
    pub async fn publish(&self, topic: &str, payload: &str) {
        let mut command = Command::new("mosquitto_pub");
        let output = command.args(&self.arguments).args(["-t", topic, "-m", payload]).output();
        let output = output.await.expect("mosquitto_pub runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Says hello.
    pub async fn hello(&self) {
        self.say("hello", &json!({"agent": "test", "agentVersion": "1"})).await;
    }

    /// Reports on a request.
    pub async fn event(&self, request: &str, status: &str, progress: i32, words: (&str, &str)) {
        let (code, message) = words;
        let document = json!({"requestUUID": request, "status": status,
            "statusProgress": progress, "statusCode": code, "message": message});
        self.say("event", &document).await;
    }

    /// Reports phases one after the other.
    pub async fn events(&self, request: &str, phases: &[&str]) {
        for status in phases {
            self.event(request, status, 0, ("", "")).await;
        }
    }

    /// What it heard so far on a topic of its own.
    ///
    /// # Panics
    /// If it was no JSON.
    #[must_use]
    pub fn heard(&self, leaf: &str) -> Vec<Value> {
        let topic = format!("> ota/v1/DEFAULT/{}/{leaf} ", self.id);
        let lines = self.ears.stdout();
        let documents = lines.iter().filter_map(|line| line.strip_prefix(&topic));
        documents.map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }

    /// Waits for the `count`th document on a topic.
    pub async fn hears(&self, leaf: &str, count: usize) -> Value {
        self.waits(&format!("hears {count} on {leaf}"), count, || self.heard(leaf)).await
    }

    /// Waits until it was told of `count` things that it said wrongly, and gives them.
    pub async fn complaints(&self, count: usize) -> Vec<Value> {
        let all = || {
            let mut notices = self.heard("notice");
            notices.retain(|notice| notice["code"] != "AttributesRequested");
            notices
        };
        self.waits(&format!("hears {count} complaints"), count, all).await;
        all()
    }

    async fn waits(&self, what: &str, count: usize, all: impl Fn() -> Vec<Value>) -> Value {
        eventually(&format!("{} {what}", self.id), 60, || async {
            let heard = all();
            heard.get(count - 1).cloned().ok_or_else(|| format!("{heard:?}"))
        })
        .await
    }

    /// Waits for the `count`th request, and gives its UUID with it.
    ///
    /// # Panics
    /// If it has no UUID.
    pub async fn requested(&self, count: usize) -> (String, Value) {
        let request = self.hears("request", count).await;
        (request["uuid"].as_str().expect("a request has a uuid").to_owned(), request)
    }
}
