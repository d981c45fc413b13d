//! `otahub demo --mqtt`.

use otahub_tests::{Mosquitto, Process, otahub, within};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// How long a demo may take.
const PATIENCE: Duration = Duration::from_secs(200);

/// A demo that ends by itself, in a folder of its own.
fn demo(arguments: &[&str]) -> (TempDir, Command) {
    let folder = TempDir::with_prefix("otahub-demo-").expect("a folder");
    let mut command = Command::new(otahub());
    command.args(["demo", "--mqtt", "--exit", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);
    command.args(arguments).current_dir(folder.path());
    (folder, command)
}

async fn tells_it_all(arguments: &[&str]) -> Vec<String> {
    let (_folder, mut command) = demo(arguments);
    let mut demo = Process::start(&mut command);
    let ended = demo.ended(PATIENCE).await;
    let (said, complaints) = (demo.stdout(), demo.stderr());
    assert!(ended.is_some_and(|status| status.success()), "{said:#?} {complaints:#?}");
    let mut lines = said.iter();
    for expected in [
        "says hello",
        "registered it",
        "is assigned to demo-device",
        "device: Acknowledged",
        "device: Downloading 100 %",
        "device: Success",
        "RETRIEVED",
        "FINISHED",
        "is IN_SYNC",
    ] {
        assert!(lines.any(|line| line.contains(expected)), "{expected}: {said:#?}");
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_starts_a_broker_of_its_own() {
    if Mosquitto::is_available() {
        let said = within(300, tells_it_all(&[])).await;
        assert!(said[0].contains("Mosquitto runs"), "{said:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_takes_a_broker_that_is_there() {
    if Mosquitto::is_available() {
        within(300, async {
            let broker = Mosquitto::start().await;
            let said = tells_it_all(&["--mqtt-url", &broker.url()]).await;
            assert!(said.iter().all(|line| !line.contains("Mosquitto runs")), "{said:#?}");
        })
        .await;
    }
}
