//! A broker of the demo's own: Mosquitto, on a free port of this host, with a folder of its own.

use crate::demo::until;
use anyhow::Context;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// Where the program is: Debian puts it where only root looks.
const PLACES: [&str; 3] = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);
/// What to do without one.
const MISSING: &str = "the demo needs an MQTT broker: install Mosquitto \
    (apt-get install mosquitto, brew install mosquitto), or say where there is one \
    (--mqtt-url mqtt://HOST)";

/// A running broker. It ends when this is dropped.
pub(in crate::demo) struct Mosquitto {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Mosquitto {
    /// Starts one that lets in everybody on this host.
    pub(in crate::demo) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the broker")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let port = listener.local_addr().context("no free port")?.port();
        drop(listener);
        let settings = folder.path().join("mosquitto.conf");
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\n");
        std::fs::write(&settings, text).context("no settings for the broker")?;
        let process = PLACES
            .iter()
            .find_map(|place| {
                let mut command = Command::new(place);
                command.arg("-c").arg(&settings).stdin(Stdio::null());
                command.stdout(Stdio::null()).stderr(Stdio::null());
                command.spawn().ok()
            })
            .context(MISSING)?;
        let broker = Self { port, process, _folder: folder };
        let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok();
        timeout(PATIENCE, until(listens)).await.context("mosquitto does not listen")?;
        Ok(broker)
    }

    /// The port on 127.0.0.1 that it listens on.
    pub(in crate::demo) fn port(&self) -> u16 {
        self.port
    }

    /// Where it is.
    pub(in crate::demo) fn url(&self) -> anyhow::Result<Url> {
        Url::parse(&format!("mqtt://127.0.0.1:{}", self.port)).context("no URL")
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
