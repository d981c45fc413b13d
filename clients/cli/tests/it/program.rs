//! The program as a whole: exit codes, sentences, credentials.

use crate::fake::{Fake, refusal, run};
use otahub_client::proto::{Caller, GetCallerRequest};
use std::process::Command;
use tonic::{Code, Status};

fn hub() -> Fake {
    Fake::default().unary("TenantService/GetCaller", |_: GetCallerRequest| {
        Ok(Caller {
            tenant: "DEFAULT".to_owned(),
            username: "admin".to_owned(),
            authorities: vec!["ROLE_TENANT_ADMIN".to_owned(), "READ_TARGET".to_owned()],
        })
    })
}

#[tokio::test]
async fn whoami_tells_who_and_what() {
    let hub = hub().start().await;
    let ran = hub.run(&["whoami"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let lines: Vec<_> = ran.out.lines().map(|l| l.split_whitespace().collect::<Vec<_>>()).collect();
    assert!(lines.contains(&vec!["username", "admin"]), "{}", ran.out);
    assert!(lines.contains(&vec!["authorities", "ROLE_TENANT_ADMIN,", "READ_TARGET"]));
    assert_eq!(hub.json(&["whoami"]).await["authorities"][1], "READ_TARGET");
}

#[tokio::test]
async fn the_credential_is_what_was_given() {
    let hub = hub().start().await;
    hub.run(&["whoami"]).await;
    hub.run(&["whoami", "--user", "eve:a:b"]).await;
    hub.run(&["whoami", "--token", "t0"]).await;
    let calls = hub.calls.lock().unwrap();
    let credentials: Vec<_> = calls.iter().map(|(_, credential)| credential.as_str()).collect();
    assert_eq!(credentials, ["Basic YWRtaW46YWRtaW4=", "Basic ZXZlOmE6Yg==", "Bearer t0"]);
}

#[tokio::test]
async fn a_refusal_is_one_sentence_and_an_exit_code_of_its_own() {
    let hub = Fake::default()
        .unary("TenantService/GetCaller", |_: GetCallerRequest| {
            Err::<Caller, _>(refusal(Code::Unauthenticated, "UNAUTHENTICATED", "wrong password"))
        })
        .start()
        .await;
    let ran = hub.run(&["whoami"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (7, ""));
    let expected = "otactl: the hub refused: wrong password (unauthenticated); \
                    say who you are with --user or --token.\n";
    assert_eq!(ran.err, expected);
}

#[tokio::test]
async fn a_hub_that_breaks_off_is_unreachable() {
    let hub = Fake::default()
        .unary("TenantService/GetCaller", |_: GetCallerRequest| {
            Err::<Caller, _>(Status::unavailable("connection reset"))
        })
        .start()
        .await;
    assert_eq!(hub.run(&["whoami"]).await.code, 69);
}

#[tokio::test]
async fn nobody_there_is_exit_code_69() {
    let ran = run(&["--hub", "127.0.0.1:1", "whoami"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    assert!(ran.err.starts_with("otactl: the hub cannot be reached: http://127.0.0.1:1: "));
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[tokio::test]
async fn wrong_usage_is_exit_code_2() {
    for args in [
        vec!["targets"],
        vec!["actions", "show", "seven"],
        vec!["assign", "--set", "1"],
        vec!["--hub", "http://hub.example:1", "whoami"],
        vec!["--user", "nobody", "whoami"],
    ] {
        let ran = run(&args).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(!ran.err.is_empty());
    }
}

#[tokio::test]
async fn help_and_completion_go_to_standard_output() {
    for args in [vec!["--help"], vec!["completion", "bash"], vec!["--version"]] {
        let ran = run(&args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(ran.out.contains("otactl"));
    }
}

#[test]
fn the_binary_runs() {
    let ran = Command::new(env!("CARGO_BIN_EXE_otactl")).arg("--help").output().unwrap();
    assert!(ran.status.success());
    assert!(String::from_utf8(ran.stdout).unwrap().contains("Exit codes"));
    let args = ["--hub", "http://127.0.0.1:1", "whoami"];
    let ran = Command::new(env!("CARGO_BIN_EXE_otactl")).args(args).output().unwrap();
    assert_eq!(ran.status.code(), Some(69));
}
