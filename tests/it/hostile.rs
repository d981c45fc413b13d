//! Input that no friend sends: nonsense, too much, too deep, too slow, too many.

use otahub_tests::wire::Wire;
use otahub_tests::{Database, Hub, Seed, allow_gateway, bytes_of, eventually, within};
use rand::Rng;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// How long a client may dawdle before it is cut off.
const PATIENCE: Duration = Duration::from_secs(45);
const IDLE_CONNECTIONS: u64 = 3000;
const MEMORY_MAX_KIB: u64 = 300 << 10;

async fn open_hub() -> Hub {
    let hub = Hub::on(Database::Sqlite).start().await;
    allow_gateway(&hub).await;
    hub.device("d-1").poll().await;
    hub
}

/// Sends bytes and reads until the hub closes or falls silent; what it said.
async fn shout(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("the hub listens");
    let mut said = Vec::new();
    let _ = stream.write_all(bytes).await;
    let _ = timeout(Duration::from_millis(300), stream.read_to_end(&mut said)).await;
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_harm_nobody() {
    let seed = Seed::of("random_bytes_harm_nobody");
    within(120, async {
        let hub = open_hub().await;
        let mut rng = seed.part(0);
        let starts: [&[u8]; 5] = [
            b"",
            b"GET / HTTP/1.1\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01",
            b"POST ",
        ];
        for number in 0..60 {
            let mut bytes = starts[number % starts.len()].to_vec();
            bytes.extend(bytes_of(rng.random(), rng.random_range(1..20_000)));
            shout(hub.http_address(), &bytes).await;
            shout(hub.grpc_address(), &bytes).await;
            hub.device("d-1").poll().await;
        }
    })
    .await;
}

fn request(hub: &Hub, method: &str, path: &str, headers: &str) -> Vec<u8> {
    format!(
        "{method} /DEFAULT/controller/v1/d-1{path} HTTP/1.1\r\nHost: {}\r\n\
         Authorization: GatewayToken my-gateway-key\r\nContent-Type: application/json\r\n\
         {headers}\r\n\r\n",
        hub.http_address()
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_are_refused_before_they_are_read() {
    within(120, async {
        let hub = open_hub().await;
        let before = hub.process().memory_kib("VmRSS");
        for headers in ["Content-Length: 1073741824", "Transfer-Encoding: chunked"] {
            let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
            let head = request(&hub, "PUT", "/configData", headers);
            wire.stream().write_all(&head).await.expect("the hub reads");
            let chunked = headers.contains("chunked");
            let mut block = if chunked { b"100000\r\n".to_vec() } else { Vec::new() };
            block.resize(block.len() + (1 << 20), b' ');
            block.extend(if chunked { &b"\r\n"[..] } else { b"" });
            for _ in 0..64 {
                if wire.stream().write_all(&block).await.is_err() {
                    break;
                }
            }
            // The answer may be lost when the hub closes on what it never read.
            if let Ok(reply) = wire.answer().await {
                assert_eq!(reply.status, 413, "{headers}");
            }
        }
        let polite = request(&hub, "PUT", "/configData", "Content-Length: 1073741824");
        let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
        let reply = wire.exchange(&polite).await.expect("refused by its head alone");
        assert_eq!(reply.status, 413);
        let grown = hub.process().memory_kib("VmRSS").saturating_sub(before);
        assert!(grown < 64 << 10, "{grown} KiB more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_json_is_a_bad_request() {
    within(120, async {
        let hub = open_hub().await;
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let deep_object = format!("{}1{}", "{\"data\":".repeat(50_000), "}".repeat(50_000));
        for body in [
            deep(100_000),
            deep_object,
            format!("{{\"data\":{{\"a\":{}}}}}", deep(10_000)),
            "{\"data\":{\"a\":\"\\ud800\"}}".into(),
            "{\"data\":{\"a\":1e999999}}".into(),
            String::from_utf8_lossy(&bytes_of(8, 5000)).into_owned(),
            "\u{0}".repeat(1000),
        ] {
            let headers = format!("Content-Length: {}", body.len());
            let mut bytes = request(&hub, "PUT", "/configData", &headers);
            bytes.extend_from_slice(body.as_bytes());
            let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
            let reply = wire.exchange(&bytes).await.expect("an answer");
            assert_eq!(reply.status, 400, "{:.60}", body);
        }
        hub.device("d-1").poll().await;
    })
    .await;
}

/// Whether the hub ends the connection, with or without a word, while `dawdle` goes on.
async fn is_cut_off(address: SocketAddr, begin: Vec<u8>, drip: &'static [u8]) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("the hub listens");
    stream.write_all(&begin).await.expect("the hub reads");
    let (mut read, mut write) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while write.write_all(drip).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        write
    });
    let mut buffer = [0; 4096];
    let closed = async { while read.read(&mut buffer).await.is_ok_and(|n| n > 0) {} };
    let cut = timeout(PATIENCE, closed).await;
    dripping.abort();
    assert!(
        cut.is_ok(),
        "still connected after {PATIENCE:?}: {:.80}",
        String::from_utf8_lossy(&begin)
    );
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_cut_off() {
    within(120, async {
        let hub = open_hub().await;
        let mut slow = JoinSet::new();
        let address = hub.http_address();
        for _ in 0..10 {
            slow.spawn(is_cut_off(address, Vec::new(), b""));
            slow.spawn(is_cut_off(address, b"PRI * HTT".to_vec(), b""));
            slow.spawn(is_cut_off(address, b"GET /DEFAULT/controller/v1/d-1 HT".to_vec(), b""));
            slow.spawn(is_cut_off(address, b"GET /x HTTP/1.1\r\nX: ".to_vec(), b"y"));
            let body = request(&hub, "PUT", "/configData", "Content-Length: 1000");
            slow.spawn(is_cut_off(address, body, b" "));
        }
        while let Some(after) = slow.join_next().await {
            let after = after.expect("every slow client is cut off");
            assert!(after > Duration::from_millis(500), "not at once, either: {after:?}");
            hub.device("d-1").poll().await;
        }
    })
    .await;
}

/// Lets this process, and the hub that it starts, open as many files as the system permits.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, wanted).expect("the soft limit may be raised");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_idle_connections_keep_nobody_from_polling() {
    within(180, async {
        allow_many_files();
        let hub = open_hub().await;
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let mut idle = Vec::new();
        for number in 0..IDLE_CONNECTIONS.min(most / 2) {
            idle.push(Wire::connect(hub.http_address()).await.expect("the hub takes it"));
            if number % 500 == 0 {
                hub.device("d-1").poll().await;
            }
        }
        let device = hub.device("d-1");
        let start = Instant::now();
        for _ in 0..50 {
            device.poll().await;
        }
        let each = start.elapsed() / 50;
        let memory = hub.process().memory_kib("VmHWM");
        println!("{} idle connections: {each:?} a poll, {memory} KiB", idle.len());
        assert!(each < Duration::from_millis(200), "{each:?} a poll");
        assert!(memory < MEMORY_MAX_KIB, "{memory} KiB");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_lead_nowhere_but_to_resources() {
    within(60, async {
        let hub = open_hub().await;
        for path in [
            "/DEFAULT/controller/v1/d-1/softwaremodules/1/artifacts/..%2f..%2fotahub.db",
            "/DEFAULT/controller/v1/../../../etc/passwd",
            "/DEFAULT/controller/v1/d-1%00",
            "/rest/v1/targets/%ff%fe",
            "/%2e%2e/%2e%2e/etc/passwd",
        ] {
            let head = format!(
                "GET {path} HTTP/1.1\r\nHost: h\r\n\
                 Authorization: GatewayToken my-gateway-key\r\n\r\n"
            );
            let mut wire = Wire::connect(hub.http_address()).await.expect("the hub listens");
            let reply = wire.exchange(head.as_bytes()).await.expect("an answer");
            assert!(matches!(reply.status, 400 | 401 | 404), "{path}: {}", reply.status);
        }
        let long = "x".repeat(200_000);
        let request = format!("GET /{long} HTTP/1.1\r\n\r\n");
        let said = shout(hub.http_address(), request.as_bytes()).await;
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said:.100}");
        let answer = hub.admin().post("/targets", json!([{"controllerId": long}])).await;
        let _ = answer.expect(400);
        eventually("polls are answered", 5, || async {
            hub.device("d-1").poll().await;
            Ok(())
        })
        .await;
    })
    .await;
}
