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
        Step::Start(_) | Step::ExpectedHashes(_) | Step::Filename(_) => None,
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

#[tokio::test]
async fn hashes_after_the_file_are_sent_last() {
    let hub = FakeHub::new();
    let parts = [
        Field("sha1sum", "cd"),
        File("f", b"abc"),
        Field("filename", "f"),
        Field("md5sum", "AB"),
        Field("sha1sum", "ff"),
    ];
    assert_eq!(upload(&hub, "", form(&parts)).await.status, 201);
    let late = Hashes { md5: "ab".into(), ..Default::default() };
    assert_eq!(hub.uploaded().last(), Some(&Step::ExpectedHashes(late)));
}

#[tokio::test]
async fn a_name_after_the_file_is_the_one_that_counts() {
    let hub = FakeHub::new();
    let renamed = form(&[File("f", b"abc"), Field("filename", "g"), Field("md5sum", "AB")]);
    assert_eq!(upload(&hub, "", renamed).await.status, 201);
    assert_eq!(start(&hub).filename, "f");
    let late = Hashes { md5: "ab".into(), ..Default::default() };
    let last = [Step::Filename("g".into()), Step::ExpectedHashes(late)];
    assert_eq!(hub.uploaded()[2..], last);
}

#[tokio::test]
async fn the_switch_for_other_links_has_to_be_one() {
    let hub = FakeHub::new().answers("get_artifact", image());
    for (word, status) in [("true", 200), ("no", 200), ("maybe", 400)] {
        for own in ["artifacts", "artifacts/9"] {
            let path = format!("/rest/v1/softwaremodules/5/{own}?useartifacturlhandler={word}");
            assert_eq!(get(&hub, &path).await.status, status, "{path}");
        }
    }
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
        Step::Start(_) | Step::ExpectedHashes(_) | Step::Filename(_) => 0,
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
