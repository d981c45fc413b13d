//! The curl manual, run as its readers run it: bash, curl, python3 and the coreutils.

use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of};
use std::path::Path;
use tempfile::TempDir;
use tokio::process::Command;

/// Above 1 MiB, because the manual resumes its download there.
const SIZE: usize = 1_500_000;

struct Manual {
    hub: Hub,
    work: TempDir,
}

impl Manual {
    async fn on(database: Database) -> Self {
        Self { hub: Hub::on(database).start().await, work: TempDir::new().expect("a folder") }
    }

    /// Runs one of the scripts; what it printed. Fails, and shows all of it, if the script does.
    async fn run(&self, script: &str, variables: &[(&str, String)]) -> String {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/manual");
        let output = Command::new("bash")
            .arg(scripts.join(script))
            .env("HOST", self.hub.url())
            .env("WORK", self.work.path())
            .envs(variables.iter().cloned())
            .kill_on_drop(true)
            .output()
            .await
            .expect("bash runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {}\n{said}\n{complaint}", output.status);
        said
    }
}

async fn the_life_cycle_of_section_12_works_as_written(database: Database) {
    let manual = Manual::on(database).await;
    allow_gateway(&manual.hub).await;
    let software = Software::create(&manual.hub, "r3576", "update.zip", bytes_of(1, 195_411)).await;
    let device = "test-curl-001";
    let ids = [("CID", device.to_owned()), ("DS", software.set.to_string())];
    let said = manual.run("script.sh", &ids).await;
    assert!(said.contains("update.zip: OK"), "{said}");
    let action = said.lines().find_map(|l| l.strip_prefix("Action ID: ")?.parse().ok());
    let action: i64 = action.expect("the script names its action");
    assert!(said.contains(&format!("Done! Action {action} is now finished.")), "{said}");
    let history = manual.hub.admin().history(device, action).await;
    let expected =
        ["finished", "running", "downloaded", "download", "download", "retrieved", "running"];
    assert_eq!(history, expected, "as in the manual's 11.4");
}
on_both!(the_life_cycle_of_section_12_works_as_written within 120 s);

async fn every_command_of_sections_1_to_11_works(database: Database) {
    let manual = Manual::on(database).await;
    let first = Software::create(&manual.hub, "first", "update.zip", bytes_of(2, SIZE)).await;
    let second = Software::create(&manual.hub, "second", "update.zip", bytes_of(3, 999)).await;
    let third = Software::create(&manual.hub, "third", "update.zip", bytes_of(4, 999)).await;
    let ids = [
        ("CID", "test-curl-001".to_owned()),
        ("DS", first.set.to_string()),
        ("SM", first.module.to_string()),
        ("SIZE", SIZE.to_string()),
        ("DS2", second.set.to_string()),
        ("DS3", third.set.to_string()),
    ];
    let said = manual.run("commands.sh", &ids).await;
    assert!(said.ends_with("every command of the manual works\n"), "{said}");
}
on_both!(every_command_of_sections_1_to_11_works within 180 s);
