//! What RAUC is to Edgehog's device runtime: the installer on a private D-Bus, without a disk.
//!
//! `stand-in-rauc SLOT` speaks for a system that was booted from SLOT, on the bus of
//! `DBUS_SESSION_BUS_ADDRESS`, and writes `ready` when it can be called, then each bundle that it
//! installs. Names and signatures are those of RAUC's D-Bus API.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{connection, interface};

/// Which hardware both the system and every bundle are for.
const COMPATIBLE: &str = "stand-in";
/// How far an installation is when it says so, in percent.
const STEPS: [i32; 4] = [20, 40, 60, 80];
/// How long a step takes.
const STEP: Duration = Duration::from_millis(50);

struct Installer {
    booted: String,
    primary: String,
    operation: &'static str,
    progress: (i32, String, i32),
}

/// A slot's status, as RAUC lists it.
type Slot = (String, HashMap<String, OwnedValue>);

#[interface(name = "de.pengutronix.rauc.Installer")]
impl Installer {
    async fn install_bundle(
        &mut self,
        source: String,
        _args: HashMap<String, OwnedValue>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        #[zbus(object_server)] server: &zbus::ObjectServer,
    ) -> zbus::fdo::Result<()> {
        println!("{source}");
        self.operation = "installing";
        let (emitter, server) = (emitter.to_owned(), server.clone());
        tokio::spawn(async move {
            if let Err(error) = install(&server, &emitter).await {
                eprintln!("{error}");
            }
        });
        Ok(())
    }

    fn info(&self, _bundle: String) -> (String, String) {
        (COMPATIBLE.into(), "1".into())
    }

    fn mark(&self, state: String, slot: String) -> (String, String) {
        let marked = if slot == "booted" { self.booted.clone() } else { slot };
        (marked.clone(), format!("{marked} is {state} now"))
    }

    fn get_slot_status(&self) -> Vec<Slot> {
        Vec::new()
    }

    fn get_primary(&self) -> String {
        self.primary.clone()
    }

    #[zbus(property)]
    fn operation(&self) -> String {
        self.operation.into()
    }

    #[zbus(property)]
    fn last_error(&self) -> String {
        String::new()
    }

    #[zbus(property)]
    fn progress(&self) -> (i32, String, i32) {
        self.progress.clone()
    }

    #[zbus(property)]
    fn compatible(&self) -> String {
        COMPATIBLE.into()
    }

    #[zbus(property)]
    fn variant(&self) -> String {
        String::new()
    }

    #[zbus(property)]
    fn boot_slot(&self) -> String {
        self.booted.clone()
    }

    #[zbus(signal)]
    async fn completed(emitter: &SignalEmitter<'_>, result: i32) -> zbus::Result<()>;
}

/// Does as if it installed, in the background, as RAUC does.
async fn install(server: &zbus::ObjectServer, emitter: &SignalEmitter<'_>) -> zbus::Result<()> {
    let installer = server.interface::<_, Installer>("/").await?;
    for percent in STEPS {
        tokio::time::sleep(STEP).await;
        let mut state = installer.get_mut().await;
        state.progress = (percent, format!("written to {percent} %"), 1);
        state.progress_changed(emitter).await?;
    }
    tokio::time::sleep(STEP).await;
    installer.get_mut().await.operation = "idle";
    emitter.completed(0).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let slot = std::env::args().nth(1).ok_or("usage: stand-in-rauc SLOT")?;
    let installer = Installer {
        booted: slot.clone(),
        primary: slot,
        operation: "idle",
        progress: (0, String::new(), 0),
    };
    let _connection = connection::Builder::session()?
        .name("de.pengutronix.rauc")?
        .serve_at("/", installer)?
        .build()
        .await?;
    println!("ready");
    std::future::pending().await
}
