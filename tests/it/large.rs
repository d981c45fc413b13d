//! 2 GiB up and down in constant memory. Asked for with `OTAHUB_TEST_LARGE=1`.

use bytes::Bytes;
use futures::{StreamExt, stream};
use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of, skip, within};
use sha2::{Digest, Sha256};
use std::io::Error;

const BLOCK: usize = 1 << 20;
const BLOCKS: u64 = 2048;
const SIZE: u64 = BLOCKS * BLOCK as u64;
const MEMORY_MAX_KIB: u64 = 100 << 10;

/// Block `number` of the file: all alike but for their first bytes.
fn block(pattern: &[u8], number: u64) -> Bytes {
    let mut bytes = pattern.to_vec();
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes.into()
}

fn expected_sha256(pattern: &[u8]) -> String {
    let mut hash = Sha256::new();
    (0..BLOCKS).for_each(|number| hash.update(block(pattern, number)));
    hex::encode(hash.finalize())
}

async fn upload(hub: &Hub, pattern: Vec<u8>) -> Software {
    let module = Software::module(hub, "large").await;
    let sha256 = expected_sha256(&pattern);
    let blocks = stream::iter(0..BLOCKS).map(move |n| Ok::<_, Error>(block(&pattern, n)));
    let body = reqwest::Body::wrap_stream(blocks);
    let part = reqwest::multipart::Part::stream_with_length(body, SIZE);
    let answer = hub.admin().try_upload(module, "large.bin", part).await.expect("an answer");
    let artifact = answer.expect(201).json();
    assert_eq!(artifact["size"], SIZE, "{artifact}");
    assert_eq!(artifact["hashes"]["sha256"], sha256.as_str(), "{artifact}");
    let set = Software::set(hub, "large", module).await;
    Software { set, module, filename: "large.bin".into(), sha256, sha1: String::new() }
}

async fn download(hub: &Hub, software: &Software) -> (u64, String) {
    let device = hub.device("d-1");
    let url = format!("{}{}", hub.url(), device.path(&software.artifact_path()));
    let token = format!("GatewayToken {}", otahub_tests::GATEWAY_KEY);
    let request = reqwest::Client::new().get(url).header("Authorization", token);
    let mut chunks = request.send().await.expect("an answer").bytes_stream();
    let (mut size, mut hash) = (0, Sha256::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("the download goes on");
        size += chunk.len() as u64;
        hash.update(&chunk);
    }
    (size, hex::encode(hash.finalize()))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gibibytes_go_up_and_down_in_less_than_100_mebibytes() {
    if std::env::var_os("OTAHUB_TEST_LARGE").is_none() {
        skip("OTAHUB_TEST_LARGE is not set");
        return;
    }
    within(900, async {
        let plan = Hub::on(Database::Sqlite).env("OTAHUB_QUOTAS__ARTIFACT_BYTES", "3000000000");
        let hub = plan.start().await;
        allow_gateway(&hub).await;
        let software = upload(&hub, bytes_of(77, BLOCK)).await;
        let uploaded = hub.process().memory_kib("VmHWM");
        hub.device("d-1").poll().await;
        software.assign(&hub, &["d-1"]).await;
        assert_eq!(download(&hub, &software).await, (SIZE, software.sha256.clone()));
        let downloaded = hub.process().memory_kib("VmHWM");
        println!("peak memory: {uploaded} KiB after the upload, {downloaded} KiB at the end");
        assert!(downloaded < MEMORY_MAX_KIB, "{downloaded} KiB");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_an_artifact_can_be_set() {
    within(60, async {
        let plan = Hub::on(Database::Sqlite).env("OTAHUB_QUOTAS__ARTIFACT_BYTES", "1000");
        let hub = plan.start().await;
        let module = Software::module(&hub, "small").await;
        let _ = hub.admin().upload(module, "fits.bin", vec![1; 1000]).await.expect(201);
        let refused = hub.admin().upload(module, "large.bin", vec![1; 1001]).await.expect(429);
        let key = refused.json()["errorCode"].as_str().unwrap_or_default().to_owned();
        assert_eq!(key, "hawkbit.server.error.quota.fileSizeExceeded", "{}", refused.seen());
    })
    .await;
}
