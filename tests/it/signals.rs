//! A hub that is told to end does so, soon and cleanly.

use otahub_tests::wire::Wire;
use otahub_tests::{Database, Hub, Software, allow_gateway, eventually, within};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LIMIT: Duration = Duration::from_secs(12);

/// Begins an upload of 64 MiB over a connection of its own, and leaves it at a little.
async fn begin_upload(hub: &Hub, module: i64) -> Wire {
    let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
    let head = format!(
        "POST /rest/v1/softwaremodules/{module}/artifacts HTTP/1.1\r\nHost: {}\r\n\
         Authorization: Basic YWRtaW46YWRtaW4=\r\nContent-Length: 67108864\r\n\
         Content-Type: multipart/form-data; boundary=b\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.bin\"\r\n\r\n",
        hub.http_address()
    );
    wire.stream().write_all(head.as_bytes()).await.expect("the hub reads");
    wire.stream().write_all(&[7; 100_000]).await.expect("the hub reads");
    wire
}

#[tokio::test(flavor = "multi_thread")]
async fn without_work_a_hub_ends_at_once() {
    within(60, async {
        let mut hub = Hub::on(Database::Sqlite).start().await;
        allow_gateway(&hub).await;
        hub.device("d").poll().await;
        let (status, took) = hub.terminate(LIMIT).await;
        assert!(status.success(), "{status}: {:?}", hub.process().stderr());
        assert!(took < Duration::from_secs(5), "{took:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_uploads_and_idle_connections_do_not_hold_it_longer_than_10_seconds() {
    within(90, async {
        let mut hub = Hub::on(Database::Sqlite).start().await;
        let module = Software::module(&hub, "slow").await;
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(begin_upload(&hub, module).await);
            open.push(Wire::connect(hub.http_address()).await.expect("the hub listens"));
        }
        let (status, took) = hub.terminate(LIMIT).await;
        assert!(status.success(), "{status} after {took:?}: {:?}", hub.process().stderr());
        hub.start_again().await;
        let list = format!("/softwaremodules/{module}/artifacts");
        let listed = hub.admin().get(&list).await.expect(200).json();
        assert_eq!(listed, serde_json::json!([]), "nothing half there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_finished_first() {
    within(90, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let module = Software::module(&hub, "under-way").await;
        let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
        let begin =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
        let end = "\r\n--b--\r\n";
        let size = begin.len() + 2000 + end.len();
        let head = format!(
            "POST /rest/v1/softwaremodules/{module}/artifacts HTTP/1.1\r\nHost: h\r\n\
             Authorization: Basic YWRtaW46YWRtaW4=\r\nContent-Length: {size}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\n\r\n{begin}"
        );
        wire.stream().write_all(head.as_bytes()).await.expect("the hub reads");
        wire.stream().write_all(&[7; 1000]).await.expect("the hub reads");
        hub.process().signal(rustix::process::Signal::TERM);
        let address = hub.http_address();
        eventually("the hub takes no new connections", 5, || async move {
            match tokio::net::TcpStream::connect(address).await {
                Ok(_) => Err("it still listens".to_owned()),
                Err(_) => Ok(()),
            }
        })
        .await;
        wire.stream().write_all(&[7; 1000]).await.expect("the hub still reads");
        let reply = wire.exchange(end.as_bytes()).await.expect("the upload is answered");
        let seen = String::from_utf8_lossy(wire.body(reply)).into_owned();
        assert_eq!(reply.status, 201, "{seen}");
        assert_eq!(wire.stream().read(&mut [0; 1]).await.unwrap_or(0), 0, "and then closed");
    })
    .await;
}
