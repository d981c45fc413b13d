//! Artifacts: uploads in every order of parts, lists, downloads.

use crate::fake::FakeHub;
use crate::support::{Answer, get, send};
use axum::body::Body;
use http::Request;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::{self, Hashes, Reason};
use serde_json::json;
use std::sync::Arc;

fn image() -> proto::Artifact {
    proto::Artifact {
        name: "softwareModules/5/artifacts/9".into(),
        id: 9,
        filename: "loader.img".into(),
        size_bytes: 36,
        hashes: Some(Hashes { md5: "4a".into(), sha1: "c5".into(), sha256: "d4".into() }),
        ..Default::default()
    }
}

const OWN: &str = "http://hub:8080/rest/v1/softwaremodules/5/artifacts/9";

/// A part of a form: a field, or a file with its name.
enum Part<'a> {
    Field(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

use Part::{Field, File};

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for part in parts {
        let (head, content) = match part {
            Field(name, text) => (format!("name=\"{name}\""), text.as_bytes()),
            File(name, bytes) => (format!("name=\"file\"; filename=\"{name}\""), *bytes),
        };
        let head = format!("--mark\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--mark--\r\n");
    form
}

async fn upload(hub: &Arc<FakeHub>, query: &str, form: Vec<u8>) -> Answer {
    let request = Request::post(format!("/rest/v1/softwaremodules/5/artifacts{query}"))
        .header("content-type", "multipart/form-data; boundary=mark");
    // In small pieces, as a network would hand it over.
    let pieces: Vec<_> = form.chunks(100_000).map(<[u8]>::to_vec).collect();
    let pieces = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    send(hub, request, Body::from_stream(pieces)).await
}

fn start(hub: &FakeHub) -> proto::UploadArtifactStart {
    match hub.uploaded().into_iter().next() {
        Some(Step::Start(start)) => start,
        other => panic!("{other:?}"),
    }
}

fn data(hub: &FakeHub) -> Vec<u8> {
    let bytes = hub.uploaded().into_iter().filter_map(|step| match step {
        Step::Data(bytes) => Some(bytes),
        Step::Start(_) | Step::ExpectedHashes(_) | Step::End(_) => None,
    });
    bytes.flatten().collect()
}

#[tokio::test]
async fn an_upload_is_answered_as_recorded() {
    let hub = FakeHub::new().answers("upload_artifact", image());
    let answer = upload(&hub, "", form(&[File("loader.img", b"loader")])).await;
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.json(),
        json!({
            "id": 9, "providedFilename": "loader.img", "size": 36,
            "hashes": {"sha1": "c5", "md5": "4a", "sha256": "d4"},
            "_links": {"self": {"href": OWN}, "download": {"href": format!("{OWN}/download")}}
        })
    );
    assert_eq!(
        (start(&hub).parent.as_str(), start(&hub).filename.as_str()),
        ("softwareModules/5", "loader.img")
    );
    assert_eq!((data(&hub).as_slice(), hub.uploaded().len()), (&b"loader"[..], 2));
}

#[tokio::test]
async fn name_and_hashes_are_taken_from_the_query_and_from_fields_before_the_file() {
    for (query, fields) in [
        ("?filename=sums.img&md5sum=AB&sha1sum=cd&sha256sum=ef", vec![]),
        (
            "",
            vec![
                Field("filename", "sums.img"),
                Field("md5sum", "AB"),
                Field("sha1sum", "cd"),
                Field("sha256sum", "ef"),
            ],
        ),
        (
            "?filename=sums.img&md5sum=ab",
            vec![
                Field("filename", "x"),
                Field("md5sum", "ff"),
                Field("sha1sum", "CD"),
                Field("sha256sum", "ef"),
                Field("other", "x"),
            ],
        ),
    ] {
        let hub = FakeHub::new();
        let mut parts = fields;
        parts.push(File("x", b"abc"));
        assert_eq!(upload(&hub, query, form(&parts)).await.status, 201);
        let start = start(&hub);
        assert_eq!(start.filename, "sums.img");
        let given = Hashes { md5: "ab".into(), sha1: "cd".into(), sha256: "ef".into() };
        assert_eq!(start.expected_hashes, Some(given));
        assert_eq!(hub.uploaded().len(), 2);
    }
}

fn end(hub: &FakeHub) -> proto::UploadArtifactEnd {
    match hub.uploaded().into_iter().next_back() {
        Some(Step::End(end)) => end,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_comes_after_the_file_is_sent_last() {
    let hub = FakeHub::new();
    // in the order of hawkBit's own SDK
    let parts = [
        Field("sha1sum", "cd"),
        File("own", b"abc"),
        Field("filename", "told"),
        Field("md5sum", "AB"),
        Field("sha1sum", "ff"),
    ];
    assert_eq!(upload(&hub, "", form(&parts)).await.status, 201);
    let start = start(&hub);
    assert_eq!((start.filename.as_str(), start.filename_provisional), ("own", true));
    let end = end(&hub);
    let hashes = Hashes { md5: "ab".into(), sha1: "cd".into(), sha256: String::new() };
    assert_eq!((end.filename.as_str(), end.expected_hashes), ("told", Some(hashes)));
    assert_eq!(hub.uploaded().len(), 3);
}

#[tokio::test]
async fn a_name_that_is_known_before_the_file_stays() {
    for (query, early) in [("?filename=first", None), ("", Some(Field("filename", "first")))] {
        let hub = FakeHub::new();
        let late = [File("own", b"abc"), Field("filename", "second"), Field("md5sum", "")];
        let parts: Vec<_> = early.into_iter().chain(late).collect();
        assert_eq!(upload(&hub, query, form(&parts)).await.status, 201);
        let start = start(&hub);
        assert_eq!((start.filename.as_str(), start.filename_provisional), ("first", false));
        assert_eq!(hub.uploaded().len(), 2);
    }
    let hub = FakeHub::new();
    let late = form(&[File("own", b"abc"), Field("filename", "one"), Field("filename", "two")]);
    assert_eq!(upload(&hub, "", late).await.status, 201);
    assert_eq!(end(&hub).filename, "one");
}

#[tokio::test]
async fn a_relation_is_told_in_fields_before_and_after_the_file() {
    let signature = proto::ArtifactRelation {
        kind: proto::ArtifactKind::Signature.into(),
        subject_filename: "image".into(),
        format: "cms".into(),
        ..Default::default()
    };
    let fields = || [Field("kind", "signature"), Field("subject", "image"), Field("format", "cms")];
    let (mut before, mut after) = (Vec::from(fields()), vec![File("f", b"abc")]);
    before.push(File("f", b"abc"));
    after.extend(fields());
    let hub = FakeHub::new();
    assert_eq!(upload(&hub, "", form(&before)).await.status, 201);
    assert_eq!(start(&hub).relation.as_ref(), Some(&signature));
    let hub = FakeHub::new();
    assert_eq!(upload(&hub, "", form(&after)).await.status, 201);
    assert_eq!(start(&hub).relation, None);
    assert_eq!(end(&hub).relation, Some(signature));
    let hub = FakeHub::new();
    let query = "?kind=delta&baseVersion=1.0&baseSha256=ab&subjectSha256=cd";
    assert_eq!(upload(&hub, query, form(&[File("f", b"abc")])).await.status, 201);
    let relation = start(&hub).relation.unwrap();
    assert_eq!(relation.kind(), proto::ArtifactKind::Delta);
    let said = (relation.base_version, relation.base_sha256, relation.subject_sha256);
    assert_eq!(said, ("1.0".into(), "ab".into(), "cd".into()));
    let odd = form(&[Field("kind", "patch"), File("f", b"abc")]);
    let answer = upload(&FakeHub::new(), "", odd).await;
    assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, "repo.constraintViolation"));
}

#[tokio::test]
async fn what_hawkbit_does_not_know_is_shown_only_where_there_is_something() {
    let hashes = Hashes { md5: "1".into(), sha1: "2".into(), sha256: "3".into() };
    let secret = proto::Artifact {
        decrypted: Some(proto::DecryptedArtifact {
            size_bytes: 20,
            hashes: Some(hashes),
            scheme: "s-1".into(),
            key_id: "k".into(),
        }),
        relation: Some(proto::ArtifactRelation {
            kind: proto::ArtifactKind::Delta.into(),
            base_version: "1.0".into(),
            ..Default::default()
        }),
        ..image()
    };
    let hub = FakeHub::new().answers("get_artifact", secret);
    let shown = get(&hub, "/rest/v1/softwaremodules/5/artifacts/9").await.json();
    let plain = json!({
        "hashes": {"sha1": "2", "md5": "1", "sha256": "3"}, "size": 20,
        "scheme": "s-1", "keyId": "k"
    });
    assert_eq!((&shown["decrypted"], &shown["size"]), (&plain, &json!(36)));
    assert_eq!(shown["relation"], json!({"kind": "delta", "baseVersion": "1.0"}));
}

#[tokio::test]
async fn a_large_file_goes_through_in_messages_of_bearable_size() {
    let hub = FakeHub::new();
    let content: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    assert_eq!(upload(&hub, "", form(&[File("f", &content)])).await.status, 201);
    assert!(data(&hub) == content);
    let largest = hub.uploaded().iter().map(prost_len).max().unwrap();
    assert!(largest <= 1 << 20, "{largest}");
}

fn prost_len(step: &Step) -> usize {
    match step {
        Step::Data(bytes) => bytes.len(),
        Step::Start(_) | Step::ExpectedHashes(_) | Step::End(_) => 0,
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let whole = form(&[File("f", &[b'x'; 300_000])]);
    for cut in [10, 60, 100, 200_000, whole.len() - 8] {
        let hub = FakeHub::new();
        let answer = upload(&hub, "", whole[..cut].to_vec()).await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, "artifact.uploadFailed"));
        assert!(hub.uploaded().is_empty(), "{cut}");
    }
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let hub = FakeHub::new();
    assert_eq!(upload(&hub, "", form(&[Field("filename", "f")])).await.status, 400);
    let endless = form(&[Field("filename", &"x".repeat(100_000)), File("f", b"abc")]);
    assert_eq!(upload(&hub, "", endless).await.status, 400);
    let json = Request::post("/rest/v1/softwaremodules/5/artifacts")
        .header("content-type", "application/json");
    assert_eq!(send(&hub, json, Body::from("{}")).await.status, 415);
    assert!(hub.uploaded().is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_even_while_the_file_still_comes() {
    let large = form(&[File("f", &vec![b'x'; 3_000_000])]);
    for (reason, status) in [
        (Reason::Locked, 423),
        (Reason::AlreadyExists, 409),
        (Reason::EmptyFile, 400),
        (Reason::StorageFull, 429),
    ] {
        let hub = FakeHub::new().refuses("upload_artifact", reason, &[]);
        assert_eq!(upload(&hub, "", large.clone()).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn artifacts_are_listed_without_an_envelope() {
    let listed = proto::ListArtifactsResponse { artifacts: vec![image()], ..Default::default() };
    let hub = FakeHub::new().answers("list_artifacts", listed);
    let own = "/rest/v1/softwaremodules/5/artifacts";
    let compact = get(&hub, own).await.json();
    assert_eq!(compact[0]["_links"], json!({"self": {"href": OWN}}));
    let full = get(&hub, &format!("{own}?representation=full")).await.json();
    assert_eq!(full[0]["_links"]["download"]["href"], format!("{OWN}/download"));
}

#[tokio::test]
async fn an_artifact_is_downloaded_whole_and_in_part() {
    let hub = FakeHub::new()
        .answers("get_artifact", image())
        .holds(b"0123456789abcdefghijklmnopqrstuvwxyz");
    let path = "/rest/v1/softwaremodules/5/artifacts/9/download";
    let whole = get(&hub, path).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.len()), (200, 36));
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    assert_eq!(whole.header("content-disposition"), "attachment;filename=loader.img");
    assert_eq!(whole.header("etag"), "\"c5\"");
    let range = Request::get(path).header("range", "bytes=1-1");
    let part = send(&hub, range, Body::empty()).await;
    assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &b"1"[..]));
    assert_eq!(part.header("content-range"), "bytes 1-1/36");
    let beyond = Request::get(path).header("range", "bytes=99-");
    assert_eq!(send(&hub, beyond, Body::empty()).await.status, 416);
    let other = Request::get(path).header("if-match", "\"ff\"");
    assert_eq!(send(&hub, other, Body::empty()).await.status, 412);
}

#[tokio::test]
async fn bytes_that_are_gone_are_gone() {
    let hub = FakeHub::new().answers("get_artifact", image()).refuses(
        "download_artifact",
        Reason::BinaryDeleted,
        &[("id", "9")],
    );
    let answer = get(&hub, "/rest/v1/softwaremodules/5/artifacts/9/download").await;
    assert_eq!((answer.status.as_u16(), answer.key().as_str()), (410, "artifact.binaryDeleted"));
}
