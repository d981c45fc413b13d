//! Adapters in processes of their own.

mod brokers;
mod trust;

use otahub_tests::{Database, Device, Hub, Software, allow_gateway, bytes_of, eventually, within};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

on_both!(an_update_goes_through_an_adapter_that_has_no_data within 240 s);

async fn an_update_goes_through_an_adapter_that_has_no_data(database: Database) {
    let hub = Hub::on(database).apart().start().await;
    allow_gateway(&hub).await;
    let device = hub.device("d-1");
    device.poll().await;
    let bytes = bytes_of(8, 3_000_000);
    let software = Software::create(&hub, "image", "image.bin", bytes.clone()).await;
    software.assign(&hub, &["d-1"]).await;
    let action = device.offered("deploymentBase").await;
    let base = device.get(&format!("/deploymentBase/{action}")).await.expect(200).json();
    let artifact = &base["deployment"]["chunks"][0]["artifacts"][0];
    let link = artifact["_links"]["download-http"]["href"].as_str().expect("a link");
    assert!(link.starts_with(&hub.url()), "{link}");
    assert!(device.get(link).await.expect(200).body == bytes);
    let some = |r: reqwest::RequestBuilder| r.header("Range", "bytes=1000000-2499999");
    let part = device.send(Method::GET, link, some).await.expect(206);
    assert!(part.body == bytes[1_000_000..2_500_000]);
    let _ = device.feedback(action, "proceeding", "none").await.expect(200);
    let _ = device.feedback(action, "closed", "success").await.expect(200);
    let target = hub.admin().get("/targets/d-1").await.expect(200).json();
    assert_eq!(target["updateStatus"], "in_sync", "{target}");
    assert_eq!(target["ipAddress"], "127.0.0.1", "{target}");
    let history = hub.admin().history("d-1", action).await;
    assert_eq!(history.first().map(String::as_str), Some("finished"), "{history:?}");

    let kept = std::fs::read_dir(hub.front().folder()).expect("its folder").count();
    assert_eq!(kept, 0, "an adapter keeps nothing");
    let nothing = hub.core().get("/DEFAULT/controller/v1/d-1").await;
    assert_eq!(nothing.status, 404, "the core alone serves no device");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).apart().start().await;
        let module = Software::module(&hub, "half").await;
        let half = futures::stream::iter([
            Ok(bytes::Bytes::from(vec![1; 300_000])),
            Err(std::io::Error::other("the line is cut")),
        ]);
        let part = reqwest::multipart::Part::stream(reqwest::Body::wrap_stream(half));
        let broken = hub.admin().try_upload(module, "half.bin", part).await;
        assert!(broken.is_err() || broken.is_ok_and(|answer| answer.status >= 400));
        let list = format!("/softwaremodules/{module}/artifacts");
        let listed = hub.admin().get(&list).await.expect(200).json();
        assert_eq!(listed, json!([]), "nothing half there");
    })
    .await;
}

/// Waits until a device is answered with this status.
async fn answered(device: &Device, status: u16) -> otahub_tests::Answer {
    eventually(&format!("the device is answered with {status}"), 60, async || {
        let answer = device.get("").await;
        if answer.status == status { Ok(answer) } else { Err(answer.seen()) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_may_go_and_come_back() {
    within(240, async {
        let mut hub = Hub::on(Database::Sqlite).apart().start().await;
        allow_gateway(&hub).await;
        let software = Software::create(&hub, "image", "image.bin", b"image".to_vec()).await;
        let device = hub.device("d-1");
        device.poll().await;
        software.assign(&hub, &["d-1"]).await;
        let action = device.offered("deploymentBase").await;
        for _ in 0..2 {
            hub.kill().await;
            let away = answered(&device, 503).await;
            let wait = away.header("retry-after").and_then(|value| value.parse::<u32>().ok());
            assert!(wait.is_some(), "when to try again: {}", away.seen());
            let operator = hub.admin().get("/targets").await;
            assert_eq!(operator.status, 503, "{}", operator.seen());
            assert_eq!(hub.http().get("/readyz").await.status, 503);
            let _ = hub.http().get("/healthz").await.expect(200);
            hub.start_again().await;
            answered(&device, 200).await;
            let _ = hub.http().get("/readyz").await.expect(200);
        }
        let _ = device.feedback(action, "closed", "success").await.expect(200);
        let target = hub.admin().get("/targets/d-1").await.expect(200).json();
        assert_eq!(target["updateStatus"], "in_sync", "{target}");
    })
    .await;
}

/// What gRPC's health check says at an address.
async fn health(url: String) -> ServingStatus {
    let channel = Channel::from_shared(url).expect("a URL").connect().await.expect("it listens");
    let request = HealthCheckRequest::default();
    HealthClient::new(channel).check(request).await.expect("health").get_ref().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_processes_tell_how_they_are() {
    within(120, async {
        let mut hub = Hub::on(Database::Sqlite).apart().start().await;
        for path in ["/healthz", "/readyz", "/metrics"] {
            let _ = hub.http().get(path).await.expect(200);
            let _ = hub.core().get(path).await.expect(200);
        }
        assert_eq!(health(hub.grpc_url()).await, ServingStatus::Serving);
        assert_eq!(health(hub.url()).await, ServingStatus::Serving);
        hub.kill().await;
        assert_eq!(health(hub.url()).await, ServingStatus::NotServing);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_ends_when_it_is_told_to() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).apart().start().await;
        let mut adapter = hub.adapters().adapter("ddi").start().await;
        let _ = adapter.http().get("/DEFAULT/controller/v1/nobody").await.expect(401);
        let status = adapter.terminate(Duration::from_secs(20)).await;
        assert!(status.success(), "{status}");
    })
    .await;
}
