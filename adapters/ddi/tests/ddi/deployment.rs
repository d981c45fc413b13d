//! Deployments, what is installed, and their documents.

use crate::device::{BASE, Device};
use crate::hub::refusal;
use otahub_client::device::{
    ActionHistory, Artifact, Chunk, Deployment, Handling, ReportInstalledResponse, WindowState,
};
use otahub_client::proto::{ArtifactKind, ArtifactRelation, Hashes, Metadata};
use otahub_rest::HttpSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tonic::Code;

pub(crate) fn artifact(filename: &str) -> Artifact {
    Artifact {
        id: 1,
        module: 3,
        filename: filename.into(),
        size_bytes: 16,
        hashes: Some(Hashes { md5: "m".into(), sha1: "s1".into(), sha256: "s2".into() }),
        create_time: Some(otahub_client::timestamp(1_700_000_000_500)),
        relation: None,
    }
}

pub(crate) fn deployment() -> Deployment {
    let chunk = Chunk {
        module: 3,
        type_key: "os".into(),
        name: "app".into(),
        version: "1.0.0".into(),
        artifacts: vec![artifact("update.bin")],
        ..Chunk::default()
    };
    Deployment {
        action: 7,
        download: Handling::Forced.into(),
        update: Handling::Attempt.into(),
        chunks: vec![chunk],
        ..Deployment::default()
    }
}

async fn document(settings: HttpSettings, found: Deployment) -> Value {
    let device = Device::with(settings);
    device.hub.script().get_deployment.answer(found);
    let answer = device.get("deploymentBase/7?c=1").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn a_deployment_is_told_as_recorded() {
    let device = Device::default();
    device.hub.script().get_deployment.answer(deployment());
    let answer = device.get("/default/controller/v1/d1/deploymentBase/7?c=1").await;
    assert_eq!(
        answer.text(),
        concat!(
            r#"{"id":"7","deployment":{"download":"forced","update":"attempt","chunks":["#,
            r#"{"part":"os","version":"1.0.0","name":"app","artifacts":["#,
            r#"{"filename":"update.bin","hashes":{"sha1":"s1","md5":"m","sha256":"s2"},"#,
            r#""size":16,"_links":{"download-http":{"href":"http://h:8080/DEFAULT/controller/"#,
            r#"v1/d1/softwaremodules/3/artifacts/update.bin"},"md5sum-http":{"href":"http://"#,
            r#"h:8080/DEFAULT/controller/v1/d1/softwaremodules/3/artifacts/update.bin.MD5SUM"}}}"#,
            r#"]}]}}"#
        )
    );
    assert_eq!(device.hub.script().get_deployment.asked[0].history_size, 0);
}

#[tokio::test]
async fn a_closed_window_shows_beside_the_chunks() {
    let mut found = deployment();
    found.chunks = vec![Chunk {
        type_key: "application".into(),
        name: "app".into(),
        version: "3".into(),
        ..Chunk::default()
    }];
    found.set_update(Handling::Skip);
    found.set_window(WindowState::Unavailable);
    assert_eq!(
        document(HttpSettings::default(), found).await,
        json!({"id": "7", "deployment": {
            "download": "forced", "update": "skip", "maintenanceWindow": "unavailable",
            "chunks": [{"part": "bApp", "version": "3", "name": "app", "artifacts": []}],
        }})
    );
}

#[tokio::test]
async fn parts_metadata_and_encryption_are_in_hawkbits_words() {
    let mut found = deployment();
    let metadata = Metadata { key: "k".into(), value: "v".into(), target_visible: true };
    found.chunks[0].metadata = vec![metadata];
    found.chunks[0].encrypted = true;
    found.chunks[0].type_key = "runtime".into();
    let chunk = document(HttpSettings::default(), found).await["deployment"]["chunks"][0].clone();
    assert_eq!(chunk["part"], "jvm");
    assert_eq!(chunk["encrypted"], true);
    assert_eq!(chunk["metadata"], json!([{"key": "k", "value": "v"}]));
}

#[tokio::test]
async fn a_signature_says_what_it_signs() {
    let mut found = deployment();
    let relation = ArtifactRelation {
        kind: ArtifactKind::Signature.into(),
        subject_filename: "update.bin".into(),
        subject_sha256: "s2".into(),
        ..ArtifactRelation::default()
    };
    let signature = Artifact { relation: Some(relation), ..artifact("update.sig") };
    found.chunks[0].artifacts.push(signature);
    let document = document(HttpSettings::default(), found).await;
    let shown = &document["deployment"]["chunks"][0]["artifacts"];
    assert_eq!(shown[0].get("relation"), None);
    let relation = json!({"kind": "signature", "subject": "update.bin", "subjectSha256": "s2"});
    assert_eq!(shown[1]["relation"], relation);
}

#[tokio::test]
async fn artifacts_are_linked_over_each_scheme_that_is_served() {
    let both = ["download", "md5sum", "download-http", "md5sum-http"];
    for (public, plain, rels) in [
        (None, None, &both[2..]),
        (Some("http://p"), None, &both[2..]),
        (Some("https://p"), None, &both[..2]),
        (Some("https://p"), Some("http://p:8080"), &both[..]),
    ] {
        let settings = HttpSettings {
            public_url: public.map(Into::into),
            public_http_url: plain.map(Into::into),
            ..HttpSettings::default()
        };
        let document = document(settings, deployment()).await;
        let links = &document["deployment"]["chunks"][0]["artifacts"][0]["_links"];
        let links = links.as_object().unwrap();
        let found: BTreeSet<_> = links.keys().map(String::as_str).collect();
        assert_eq!(found, rels.iter().copied().collect());
        for (rel, link) in links {
            let scheme = if rel.ends_with("-http") { "http://" } else { "https://" };
            assert!(link["href"].as_str().unwrap().starts_with(scheme));
        }
    }
}

#[tokio::test]
async fn a_blank_in_a_file_name_is_percent_encoded() {
    let mut found = deployment();
    found.chunks[0].artifacts = vec![artifact("my update+1.bin")];
    let document = document(HttpSettings::default(), found).await;
    let href =
        &document["deployment"]["chunks"][0]["artifacts"][0]["_links"]["md5sum-http"]["href"];
    assert!(href.as_str().unwrap().ends_with("/artifacts/my%20update%2B1.bin.MD5SUM"));
}

#[tokio::test]
async fn the_history_is_shown_if_it_was_asked_for_and_says_something() {
    let device = Device::default();
    let history = ActionHistory { status: "RUNNING".into(), messages: vec!["said".into()] };
    let found = Deployment { history: Some(history), ..deployment() };
    device.hub.script().get_deployment.answer(found);
    let answer = device.get("deploymentBase/7?c=1&actionHistory=-1").await;
    let expected = json!({"status": "RUNNING", "messages": ["said"]});
    assert_eq!(answer.json()["actionHistory"], expected);
    assert_eq!(device.hub.script().get_deployment.asked[0].history_size, -1);
    let answer = device.get("deploymentBase/7?actionHistory=many").await;
    assert_eq!(answer.error_code(), "hawkbit.server.error.rest.body.notReadable");
}

#[tokio::test]
async fn cbor_lists_the_links_of_artifacts_too() {
    let device = Device::default();
    device.hub.script().get_deployment.answer(deployment());
    let answer = device.get_with("deploymentBase/7", &[("accept", "application/cbor")]).await;
    let document: Value = ciborium::from_reader(answer.body.as_slice()).unwrap();
    let artifact = &document["deployment"]["chunks"][0]["artifacts"][0];
    assert_eq!(artifact["links"][0]["rel"], "download-http");
    assert_eq!(artifact["size"], 16);
    assert!(artifact.get("_links").is_none());
}

#[tokio::test]
async fn what_is_installed_is_told_as_a_deployment() {
    let device = Device::default();
    device.hub.script().get_installed.answer(deployment());
    let answer = device.get("installedBase/7?actionHistory=5").await;
    assert_eq!(answer.json()["deployment"]["chunks"][0]["part"], "os");
    assert_eq!(device.hub.script().get_installed.asked[0].history_size, 5);
}

#[tokio::test]
async fn an_installed_set_that_is_news_is_created() {
    let device = Device::default();
    for recorded in [true, false] {
        device.hub.script().report_installed.answer(ReportInstalledResponse { recorded });
    }
    let body = r#"{"name": "os", "version": "1"}"#;
    assert!(device.put("installedBase", body).await.is_empty(201));
    assert!(device.put("installedBase", body).await.is_empty(200));
    let answer = device.put(&format!("{BASE}/installedBase"), r#"{"name": "os"}"#).await;
    assert_eq!(answer.error_code(), "hawkbit.server.error.rest.body.notReadable");
}

#[tokio::test]
async fn an_unknown_set_is_told_by_name_and_version() {
    let device = Device::default();
    let metadata = [("type", "DistributionSet"), ("id", "os:1")];
    device.hub.script().report_installed.refuse(refusal(Code::NotFound, "NOT_FOUND", &metadata));
    let answer = device.put("installedBase", r#"{"name": "os", "version": "1"}"#).await;
    let info = json!({"type": "DistributionSet", "entityId": {"os": "1"}});
    assert_eq!((answer.status.as_u16(), &answer.json()["info"]), (404, &info));
}
