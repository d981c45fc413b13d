//! `otactl apply` and `otactl profile`, as far as they need no hub; with one see
//! `tests/clients/otactl_more.py`.

use crate::fake::{Fake, run};
use otahub_client::proto::{Caller, GetCallerRequest};
use serde_json::Value;
use std::path::Path;

#[tokio::test]
async fn a_document_that_makes_no_sense_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fleet.yaml");
    let place = |document| format!("otactl: {}, document {document}", file.display());
    let path = file.to_str().unwrap();
    for (text, document, words) in [
        ("kind: Tag", 1, " (Tag): kind: it is none of Settings, SoftwareModuleType, "),
        ("---\nkind: Target", 1, " (Target): controllerId: it is missing"),
        ("kind: Target\ncontrollerId: a\n---\nx: 1", 2, ": kind: it is missing"),
        ("kind: Target\ncontrollerId: a\nname: b", 1, " (Target): name: there is no such field"),
        ("kind: Target\ncontrollerId: a\ntags: b", 1, " (Target): tags: it is not a list"),
        ("kind: Target\ncontrollerId: [", 1, ": "),
        ("kind: Settings\nvalues: {a: 1.5}", 1, " (Settings): values.a: it is neither"),
        (
            "kind: SoftwareModule\ndisplayName: a\nversion: 1.0",
            1,
            " (SoftwareModule): version: it is missing, or not a text",
        ),
        (
            "kind: Rollout\ndisplayName: a\ngroups: [{targetPercent: x}]",
            1,
            " (Rollout): groups[0].targetPercent: ",
        ),
        (
            "kind: SoftwareModule\ndisplayName: a\nversion: '1'\nartifacts: [{}]",
            1,
            " (SoftwareModule): artifacts[0].file: it is missing",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let ran = run(&["--hub", "http://127.0.0.1:1", "apply", "-f", path]).await;
        assert_eq!(ran.code, 2, "{text}: {}", ran.err);
        let expected = format!("{}{words}", place(document));
        assert!(ran.err.starts_with(&expected), "{text}: {}", ran.err);
    }
    assert_eq!(run(&["apply", "-f", "/nowhere"]).await.code, 2);
}

async fn profile(config: &Path, args: &[&str]) -> (u8, Value) {
    let config = ["--config", config.to_str().unwrap(), "-o", "json", "profile"];
    let ran = run(&[&config[..], args].concat()).await;
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_default())
}

#[tokio::test]
async fn a_profile_says_where_and_as_whom_but_not_to_another_hub() {
    let hub = Fake::default()
        .unary("TenantService/GetCaller", |_: GetCallerRequest| Ok(Caller::default()))
        .start()
        .await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("a").join("otactl.toml");
    let add = ["add", "lab", "--hub", &hub.url, "--token-command", "echo t1; echo more"];
    let (code, made) = profile(&config, &add).await;
    assert_eq!((code, &made["inUse"]), (0, &Value::Bool(true)), "{made}");
    assert_eq!(profile(&config, &add).await.0, 6);
    assert_eq!(profile(&config, &["add", "b", "--user", "a:b", "--token", "t"]).await.0, 0);
    assert_eq!(profile(&config, &["use", "nobody"]).await.0, 5);
    let with = ["--config", config.to_str().unwrap()];
    for args in [
        &["whoami"][..],
        &["whoami", "--user", "c:d"],
        // the address is the hub's, but spelled otherwise: no secret goes there
        &["whoami", "--hub", hub.url.trim_start_matches("http://")],
    ] {
        let ran = run(&[&with, args].concat()).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let calls = hub.calls.lock().unwrap();
    let credentials: Vec<_> = calls.iter().map(|(_, credential)| credential.as_str()).collect();
    assert_eq!(credentials, ["Bearer t1", "Basic Yzpk", "Basic YWRtaW46YWRtaW4="]);
}

#[tokio::test]
async fn a_file_of_profiles_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("otactl.toml");
    std::fs::write(&config, "curent = 'lab'\n").unwrap();
    let ran = run(&["--config", config.to_str().unwrap(), "whoami"]).await;
    assert!(ran.code == 1 && ran.err.contains("otactl.toml: "), "{}", ran.err);
}
