//! Files: lists, whole ones, parts, sums.

use crate::deployment::artifact;
use crate::device::{Answer, BASE, Device};
use crate::hub::refusal;
use axum::http::Method;
use otahub_client::device::GetModuleArtifactsResponse;
use tonic::Code;

const CONTENT: &[u8] = b"0123456789abcdef";
const FILE: &str = "softwaremodules/3/artifacts/update.bin";

fn serving(filename: &str) -> Device {
    let device = Device::default();
    device.hub.script().content = CONTENT.to_vec();
    device.hub.script().get_artifact.answer(artifact(filename));
    device
}

fn announced(device: &Device) -> Vec<(String, bool)> {
    let script = device.hub.script();
    let asked = script.get_artifact.asked.iter();
    asked.map(|a| (a.announce_path.clone(), a.announce_always)).collect()
}

async fn ranged(device: &Device, headers: &[(&str, &str)]) -> Answer {
    device.get_with(FILE, headers).await
}

#[tokio::test]
async fn a_modules_files_are_listed_without_an_etag() {
    let device = Device::default();
    let found = GetModuleArtifactsResponse { artifacts: vec![artifact("update.bin")] };
    device.hub.script().get_module_artifacts.answer(found);
    let answer = device.get("softwaremodules/3/artifacts").await;
    assert_eq!(answer.header("content-type"), Some("application/hal+json"));
    assert_eq!(answer.header("etag"), None);
    assert_eq!(answer.json()[0]["filename"], "update.bin");
}

#[tokio::test]
async fn a_whole_file_is_announced_and_sent_with_the_recorded_headers() {
    let device = serving("update.bin");
    let answer = device.get_with(FILE, &[("accept", "application/octet-stream")]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, CONTENT));
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-length", "16"),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment;filename=update.bin"),
        ("etag", "\"s1\""),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert_eq!(announced(&device), [(format!("{BASE}/{FILE}"), false)]);
}

#[tokio::test]
async fn a_head_is_announced_and_reads_nothing() {
    let device = serving("update.bin");
    let range = [("range", "bytes=1-2")];
    let answer = device.send(Method::HEAD, FILE, &range, "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, Some("16")));
    assert_eq!(announced(&device).len(), 1);
    assert!(device.hub.script().downloads.is_empty());
}

#[tokio::test]
async fn a_part_is_sent_without_a_note() {
    let device = serving("update.bin");
    let answer = ranged(&device, &[("range", "bytes=10-")]).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (206, "abcdef"));
    assert_eq!(answer.header("content-range"), Some("bytes 10-15/16"));
    assert_eq!(announced(&device), [(String::new(), false)]);
    let script = device.hub.script();
    assert_eq!((script.downloads[0].offset_bytes, script.downloads[0].length_bytes), (10, 6));
}

#[tokio::test]
async fn several_parts_come_in_one_answer() {
    let device = serving("update.bin");
    let answer = ranged(&device, &[("range", "bytes=0-1,4-5")]).await;
    assert_eq!(answer.status, 206);
    let type_ = "multipart/byteranges; boundary=THIS_STRING_SEPARATES_MULTIPART";
    assert_eq!(answer.header("content-type"), Some(type_));
    assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    assert!(answer.text().contains("Content-Range: bytes 4-5/16\r\n\r\n45\r\n--THIS"));
    assert_eq!(device.hub.script().downloads.len(), 2);
}

#[tokio::test]
async fn what_lies_beyond_the_file_is_refused_with_its_size() {
    let device = serving("update.bin");
    let answer = ranged(&device, &[("range", "bytes=16-")]).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (416, 0));
    assert_eq!(answer.header("content-range"), Some("bytes */16"));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(announced(&device), [(String::new(), false)]);
}

#[tokio::test]
async fn a_file_that_has_changed_is_refused_or_sent_whole() {
    let device = serving("update.bin");
    assert!(ranged(&device, &[("if-match", "deadbeef")]).await.is_empty(412));
    assert_eq!(announced(&device), [(String::new(), false)]);
    let device = serving("update.bin");
    assert_eq!(ranged(&device, &[("if-match", "s1")]).await.status, 200);
    assert_eq!(ranged(&device, &[("if-match", "\"s1\"")]).await.status, 200);
    let device = serving("update.bin");
    let headers = [("if-range", "deadbeef"), ("range", "bytes=1-2")];
    assert_eq!(ranged(&device, &headers).await.body, CONTENT);
    let notes: Vec<bool> = announced(&device).iter().map(|a| !a.0.is_empty()).collect();
    assert_eq!(notes, [false, true], "sent whole after all, so it is announced");
}

#[tokio::test]
async fn a_sum_is_told_as_md5sum_checks_it() {
    let device = serving("update.bin");
    let answer = device.get(&format!("{FILE}.MD5SUM")).await;
    assert_eq!(answer.text(), "m  update.bin");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("etag"), None);
    let disposition = "attachment;filename=update.bin.MD5SUM";
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert_eq!(announced(&device), [(format!("{BASE}/{FILE}.MD5SUM"), true)]);
    let json = [("accept", "application/json")];
    assert!(device.get_with(&format!("{FILE}.MD5SUM"), &json).await.is_empty(404));
}

#[tokio::test]
async fn blanks_come_encoded_or_as_a_plus() {
    let device = serving("my update.bin");
    let answer = device.get("softwaremodules/3/artifacts/my%20update.bin").await;
    let disposition = "attachment;filename=\"my update.bin\"";
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert_eq!(device.hub.script().get_artifact.asked[0].filename, "my update.bin");

    let device = Device::default();
    device.hub.script().content = CONTENT.to_vec();
    let unknown = [("type", "Artifact"), ("id", "my+update.bin")];
    device.hub.script().get_artifact.refuse(refusal(Code::NotFound, "NOT_FOUND", &unknown));
    device.hub.script().get_artifact.answer(artifact("my update.bin"));
    let answer = device.get("softwaremodules/3/artifacts/my+update.bin").await;
    assert_eq!(answer.status, 200);
    let script = device.hub.script();
    let names: Vec<_> = script.get_artifact.asked.iter().map(|a| a.filename.as_str()).collect();
    assert_eq!(names, ["my+update.bin", "my update.bin"]);
    assert_eq!(script.downloads[0].filename, "my update.bin");
}

#[tokio::test]
async fn refusals_keep_their_status_whatever_the_client_accepts() {
    for (code, reason, metadata, status) in [
        (Code::NotFound, "NOT_FOUND", &[("type", "Artifact"), ("id", "x")][..], 404),
        (Code::NotFound, "NOT_FOUND", &[("type", "SoftwareModule"), ("id", "3")], 404),
        (Code::FailedPrecondition, "BINARY_DELETED", &[("id", "1")], 410),
        (Code::ResourceExhausted, "QUOTA_EXCEEDED", &[], 429),
    ] {
        let device = Device::default();
        device.hub.script().get_artifact.refuse(refusal(code, reason, metadata));
        let answer = device.get_with(FILE, &[("accept", "application/octet-stream")]).await;
        assert_eq!(answer.status.as_u16(), status, "{reason}");
        assert_eq!(answer.body.is_empty(), metadata.first() == Some(&("type", "Artifact")));
    }
    let answer = Device::default().get("softwaremodules/x/artifacts/update.bin").await;
    assert_eq!(answer.error_code(), "hawkbit.server.error.rest.body.notReadable");
}
