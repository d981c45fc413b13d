//! Bad settings: one plain sentence, and no hub.

use otahub_tests::{Process, free_port, otahub, within};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs `otahub serve` with `arguments` in a folder of its own; what it complained of, or how it
/// failed to.
async fn refused(arguments: &[&str]) -> Result<String, String> {
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
    let status = process.ended(Duration::from_secs(120)).await;
    let said = process.stderr().join("\n");
    match status {
        None => Err(format!("it still runs:\n{said}")),
        Some(status) if status.success() => Err(format!("exit status 0:\n{said}")),
        Some(_) if process.stdout().iter().any(|l| l == "ready") => Err("it was ready".to_owned()),
        Some(_) => Ok(said),
    }
}

/// What is wrong with a complaint, if anything: it is to be one sentence, besides the log; no
/// panic, no struct; at most what a command line parser adds.
fn fault(said: &str, hint: &str) -> Option<String> {
    let is_log = |line: &str| line.starts_with("20") && line.contains('T');
    let lines: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty() && !is_log(l)).collect();
    let ugly = ["panicked", "backtrace", "stack", "Error {", "Err(", "Os {", "Caused by"];
    if !(1..=3).contains(&lines.len()) || ugly.iter().any(|u| said.contains(u)) {
        return Some(format!("not one plain sentence:\n{said}"));
    }
    let names_it = lines.iter().any(|line| line.to_lowercase().contains(hint));
    (!names_it).then(|| format!("it does not name {hint:?}:\n{said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_setting_is_told_in_one_plain_sentence() {
    within(240, async {
        let mut faults = Vec::new();
        for (arguments, hint) in [
            (["--http", "nonsense"], "http"),
            (["--grpc", "127.0.0.1:99999"], "grpc"),
            (["--database-url", "mysql://localhost/x"], "database"),
            (["--database-url", "postgres://nobody@127.0.0.1:1/none"], "database"),
            (["--artifact-url", "ftp://example.org/x"], "ftp"),
            (["--data-dir", "a-file"], "a-file"),
            (["--artifact-key-file", "missing.txt"], "missing.txt"),
            (["--artifact-key-file", "a-file"], "artifact key 1"),
            (["--config", "missing.toml"], "missing.toml"),
            (["--config", "unknown.toml"], "no_such_setting"),
            (["--config", "broken.toml"], "broken.toml"),
            (["--rate-limit", "fast"], "rate"),
            (["--public-url", "not a url"], "public"),
            (["--web-origins", "ui.example.org"], "origin"),
            (["--role", "nonsense"], "--role"),
            (["--role", "ddi"], "--hub-url"),
            (["--hub-url", "https://hub:50052"], "--role"),
            (["--adapter-grpc", "127.0.0.1:50052"], "--adapter-client-ca"),
            (["--grpcs", "127.0.0.1:50443"], "--tls-cert"),
        ] {
            let found = match refused(&arguments).await {
                Ok(said) => fault(&said, hint),
                Err(why) => Some(why),
            };
            faults.extend(found.map(|found| format!("{arguments:?}: {found}")));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named() {
    within(60, async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        for flag in ["--http", "--grpc"] {
            let said = refused(&[flag, &address]).await.expect("refused");
            assert_eq!(fault(&said, &address), None);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_password_is_for_loopback_only() {
    within(90, async {
        let open = format!("0.0.0.0:{}", free_port());
        for flag in ["--http", "--grpc"] {
            let said = refused(&[flag, &open]).await.expect("refused");
            assert_eq!(fault(&said, "--allow-default-password"), None);
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
