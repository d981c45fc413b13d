//! A restart keeps everything.

use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const PAGES: [&str; 7] = [
    "/targets/d-1",
    "/targets/d-1/attributes",
    "/targets/d-1/actions",
    "/distributionsets",
    "/softwaremodules",
    "/system/configs",
    "/targets?limit=500",
];

async fn pages(hub: &Hub, action: i64) -> Vec<Value> {
    let admin = hub.admin();
    let mut found = Vec::new();
    for page in PAGES {
        found.push(admin.get(page).await.expect(200).json());
    }
    let status = format!("/targets/d-1/actions/{action}/status");
    found.push(admin.get(&status).await.expect(200).json());
    found
}

async fn a_restart_keeps_everything(database: Database) {
    let mut hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    let bytes = bytes_of(21, 300_000);
    let software = Software::create(&hub, "image", "image.bin", bytes.clone()).await;
    let device = hub.device("d-1");
    device.poll().await;
    software.assign(&hub, &["d-1"]).await;
    let data = json!({"data": {"colour": "red"}});
    let _ = device.put("/configData", data).await.expect(200);
    let action = device.offered("deploymentBase").await;
    let _ = device.feedback(action, "proceeding", "none").await.expect(200);
    let poll = device.get("").await.expect(200);

    let before = pages(&hub, action).await;
    let (status, _) = hub.terminate(Duration::from_secs(15)).await;
    assert!(status.success(), "{status}");
    hub.start_again().await;
    assert_eq!(pages(&hub, action).await, before);

    let tag = poll.header("etag").expect("a poll has an etag").to_owned();
    let again = device.send(Method::GET, "", |r| r.header("If-None-Match", tag)).await;
    assert!(again.expect(304).body.is_empty());
    assert!(device.get(&software.artifact_path()).await.expect(200).body == bytes);
    let _ = device.feedback(action, "closed", "success").await.expect(200);
    hub.kill().await;
    hub.start_again().await;
    let target = hub.admin().get("/targets/d-1").await.expect(200).json();
    assert_eq!(target["updateStatus"], "in_sync", "{target}");
}
on_both!(a_restart_keeps_everything within 120 s);
