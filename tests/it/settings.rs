//! Bad settings: one plain sentence, and no hub.

use otahub_tests::{Process, free_port, otahub, within};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs `otahub serve` with `arguments` in a folder of its own; what it complained of.
async fn refused(arguments: &[&str]) -> String {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("a-file"), "x").expect("a file");
    std::fs::write(folder.path().join("unknown.toml"), "no_such_setting = 1\n").expect("a file");
    std::fs::write(folder.path().join("broken.toml"), "= = =\n").expect("a file");
    let (http, grpc) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let mut command = Command::new(otahub());
    command.current_dir(folder.path()).arg("serve").env_remove("RUST_BACKTRACE");
    let given = |flag: &str| arguments.contains(&flag);
    for (flag, value) in [("--http", &http), ("--grpc", &grpc)] {
        if !given(flag) {
            command.args([flag, value]);
        }
    }
    let mut process = Process::start(command.args(arguments));
    let status = process.ended(Duration::from_secs(30)).await;
    let said = process.stderr().join("\n");
    let status = status.unwrap_or_else(|| panic!("{arguments:?}: it runs:\n{said}"));
    assert!(!status.success(), "{arguments:?}: exit status 0:\n{said}");
    assert!(!process.stdout().iter().any(|l| l == "ready"), "{arguments:?}: ready");
    said
}

/// One sentence: no panic, no backtrace, no structs; at most what a command line parser adds.
fn check_plain(said: &str, arguments: &[&str]) {
    let lines: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty()).collect();
    let ugly = ["panicked", "backtrace", "stack", "Error {", "Err(", "Os {", "Caused by"];
    let is_plain = (1..=3).contains(&lines.len()) && !ugly.iter().any(|u| said.contains(u));
    assert!(is_plain, "{arguments:?}: not one plain sentence:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_setting_is_told_in_one_plain_sentence() {
    within(240, async {
        for (arguments, hint) in [
            (["--http", "nonsense"], "nonsense"),
            (["--grpc", "127.0.0.1:99999"], "99999"),
            (["--database-url", "mysql://localhost/x"], "mysql"),
            (["--database-url", "postgres://nobody@127.0.0.1:1/none"], "database"),
            (["--artifact-url", "ftp://example.org/x"], "ftp"),
            (["--data-dir", "a-file"], "a-file"),
            (["--config", "missing.toml"], "missing.toml"),
            (["--config", "unknown.toml"], "no_such_setting"),
            (["--config", "broken.toml"], "broken.toml"),
            (["--rate-limit", "fast"], "rate"),
            (["--public-url", "not a url"], "public"),
        ] {
            let said = refused(&arguments).await;
            check_plain(&said, &arguments);
            assert!(said.to_lowercase().contains(hint), "{arguments:?}: no {hint:?} in\n{said}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named() {
    within(60, async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        for flag in ["--http", "--grpc"] {
            let said = refused(&[flag, &address]).await;
            check_plain(&said, &[flag, &address]);
            assert!(said.contains(&address), "{said}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_password_is_for_loopback_only() {
    within(90, async {
        let open = format!("0.0.0.0:{}", free_port());
        for flag in ["--http", "--grpc"] {
            let said = refused(&[flag, &open]).await;
            check_plain(&said, &[flag, &open]);
            assert!(said.contains("--allow-default-password"), "{said}");
        }
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new(otahub());
        let grpc = format!("127.0.0.1:{}", free_port());
        command.current_dir(folder.path()).args(["serve", "--http", &open, "--grpc", &grpc]);
        let mut process = Process::start(command.arg("--allow-default-password"));
        assert!(process.says("ready").await, "{}", process.stderr().join("\n"));
        let warned = process.stderr().join("\n").to_lowercase();
        assert!(warned.contains("password"), "it warns while the password stands:\n{warned}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_config_says_what_serve_would() {
    within(60, async {
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("good.toml"), "").expect("a file");
        std::fs::write(folder.path().join("bad.toml"), "no_such_setting = 1\n").expect("a file");
        for (file, good) in [("good.toml", true), ("bad.toml", false)] {
            let mut command = Command::new(otahub());
            command.current_dir(folder.path()).args(["check-config", "--config", file]);
            let mut process = Process::start(&mut command);
            let status = process.ended(Duration::from_secs(20)).await.expect("it ends");
            assert_eq!(status.success(), good, "{file}: {:?}", process.stderr());
        }
    })
    .await;
}
