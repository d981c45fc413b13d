//! Encrypted artifacts from upload to device: the real binary, its keys and its `decrypt`.

use otahub_tests::{Answer, Database, Hub, Software, allow_gateway, bytes_of, otahub};
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use tokio::process::Command;

const SIZE: usize = 700_000;
const KEYS: &str = "2026=4242424242424242424242424242424242424242424242424242424242424242";

async fn secret_module(hub: &Hub, name: &str) -> i64 {
    let body = json!([{"name": name, "version": "1.0.0", "type": "os", "encrypted": true}]);
    let made = hub.admin().post("/softwaremodules", body).await.expect(201).json();
    assert_eq!(made[0]["encrypted"], true);
    made[0]["id"].as_i64().expect("a module has an id")
}

/// Uploads as hawkBit's SDK does: the file first, then what is to be said of it.
async fn upload(hub: &Hub, module: i64, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
    let part = multipart::Part::bytes(bytes.to_vec()).file_name("blob");
    let mut form = multipart::Form::new().part("file", part);
    for (name, text) in fields {
        form = form.text((*name).to_owned(), (*text).to_owned());
    }
    let path = format!("/rest/v1/softwaremodules/{module}/artifacts");
    let shape = |r: reqwest::RequestBuilder| r.basic_auth("admin", Some("admin")).multipart(form);
    hub.http().send(Method::POST, &path, shape).await
}

async fn decrypt(folder: &Path, keys: &str, from: &str, to: &str) -> std::process::Output {
    let mut command = Command::new(otahub());
    command.current_dir(folder).env("OTAHUB_ARTIFACT_KEYS", keys).args(["decrypt", from, to]);
    command.output().await.expect("the binary runs")
}

/// Whether any file below a folder has these bytes in it.
fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

async fn a_device_downloads_what_only_the_key_reads(database: Database) {
    let hub = Hub::on(database).env("OTAHUB_ARTIFACT_KEYS", KEYS).start().await;
    allow_gateway(&hub).await;
    let plain = bytes_of(23, SIZE);
    let sha256 = hex::encode(Sha256::digest(&plain));
    let module = secret_module(&hub, "secret").await;
    let fields = [("filename", "image.bin"), ("sha256sum", sha256.as_str())];
    let made = upload(&hub, module, &plain, &fields).await.expect(201).json();
    assert_eq!(made["providedFilename"], "image.bin");
    let decrypted = &made["decrypted"];
    assert_eq!((&decrypted["size"], &decrypted["keyId"]), (&json!(SIZE), &json!("2026")));
    assert_eq!(decrypted["hashes"]["sha256"], sha256.as_str());
    assert!(!holds(&hub.folder().join("artifacts"), &plain[300_000..300_032]));

    let set = Software::set(&hub, "secret", module).await;
    let device = hub.device("d-1");
    device.poll().await;
    let body = json!([{"id": "d-1"}]);
    let path = format!("/distributionsets/{set}/assignedTargets");
    let _ = hub.admin().post(&path, body).await.expect(200);
    let action = device.offered("deploymentBase").await;
    let seen = device.get(&format!("/deploymentBase/{action}")).await.expect(200).json();
    let chunk = &seen["deployment"]["chunks"][0];
    let file = &chunk["artifacts"][0];
    assert_eq!((&chunk["encrypted"], &file["size"]), (&json!(true), &made["size"]));
    assert_eq!((&file["hashes"], file.get("decrypted")), (&made["hashes"], None));

    let bytes = in_parts(&hub, file).await;
    assert_eq!(file["hashes"]["sha256"], hex::encode(Sha256::digest(&bytes)).as_str());
    std::fs::write(hub.folder().join("image.enc"), &bytes).expect("a file");
    let other = KEYS.replace("42424242", "42424243");
    let refused = decrypt(hub.folder(), &other, "image.enc", "image.bin").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(!hub.folder().join("image.bin").exists());
    let done = decrypt(hub.folder(), KEYS, "image.enc", "image.bin").await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(std::fs::read(hub.folder().join("image.bin")).expect("a file") == plain);
}
on_both!(a_device_downloads_what_only_the_key_reads within 90 s);

/// Downloads a file as a device does whose connection breaks twice, and checks each part.
async fn in_parts(hub: &Hub, file: &Value) -> Vec<u8> {
    let device = hub.device("d-1");
    let link = file["_links"]["download-http"]["href"].as_str().expect("a link").to_owned();
    let whole = device.get(&link).await.expect(200);
    let size = usize::try_from(file["size"].as_u64().expect("a size")).expect("a size");
    assert_eq!(whole.body.len(), size);
    let mut bytes = Vec::new();
    for to in [65_537, 400_000, size] {
        let range = format!("bytes={}-{}", bytes.len(), to - 1);
        let part = device.send(Method::GET, &link, |r| r.header("Range", range)).await.expect(206);
        let stated = format!("bytes {}-{}/{size}", bytes.len(), to - 1);
        assert_eq!(part.header("content-range"), Some(stated.as_str()));
        bytes.extend_from_slice(&part.body);
    }
    assert!(whole.body == bytes);
    bytes
}

async fn a_signature_goes_with_its_file(database: Database) {
    let hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    let software = Software::create(&hub, "image", "image.bin", bytes_of(3, 1000)).await;
    let fields = [
        ("filename", "image.sig"),
        ("kind", "signature"),
        ("subject", "image.bin"),
        ("format", "cms"),
    ];
    let made = upload(&hub, software.module, b"signature", &fields).await.expect(201).json();
    let relation = json!({"kind": "signature", "subject": "image.bin",
        "subjectSha256": software.sha256, "format": "cms"});
    assert_eq!(made["relation"], relation);
    let of = format!("/softwaremodules/{}/artifacts", software.module);
    let listed = hub.admin().get(&of).await.expect(200).json();
    assert_eq!(listed[0].get("relation"), None);
    let refused = hub.admin().delete(&format!("{of}/{}", listed[0]["id"])).await.expect(403).json();
    assert_eq!(refused["errorCode"], "hawkbit.server.error.entityReadOnly");
    let device = hub.device("d-1");
    device.poll().await;
    software.assign(&hub, &["d-1"]).await;
    let action = device.offered("deploymentBase").await;
    let seen = device.get(&format!("/deploymentBase/{action}")).await.expect(200).json();
    let files = &seen["deployment"]["chunks"][0]["artifacts"];
    assert_eq!((files[0].get("relation"), &files[1]["relation"]), (None, &relation));
    // without keys nothing is encrypted
    let body = json!([{"name": "s", "version": "1", "type": "os", "encrypted": true}]);
    let refused = hub.admin().post("/softwaremodules", body).await.expect(400).json();
    assert_eq!(refused["errorCode"], "hawkbit.server.error.artifact.encryptionNotSupported");
}
on_both!(a_signature_goes_with_its_file within 90 s);
