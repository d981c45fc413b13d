//! Artifacts over real HTTP: whole, in parts, under conditions.

use otahub_tests::{Answer, Database, Device, Hub, Software, allow_gateway, bytes_of, within};
use reqwest::Method;

const SIZE: usize = 700_000;

struct Shop {
    hub: Hub,
    device: Device,
    software: Software,
    bytes: Vec<u8>,
}

impl Shop {
    async fn open(database: Database) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        let bytes = bytes_of(11, SIZE);
        let software = Software::create(&hub, "image", "image.bin", bytes.clone()).await;
        let device = hub.device("d-1");
        device.poll().await;
        software.assign(&hub, &["d-1"]).await;
        Self { hub, device, software, bytes }
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        let path = self.software.artifact_path();
        let with =
            |r| headers.iter().fold(r, |r: reqwest::RequestBuilder, (k, v)| r.header(*k, *v));
        self.device.send(Method::GET, &path, with).await
    }
}

async fn ranges_give_exactly_their_bytes(database: Database) {
    let shop = Shop::open(database).await;
    let last = SIZE - 1;
    for (range, from, to) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, last),
        ("bytes=123456-654321", 123_456, 654_321),
        ("bytes=262143-262145", 262_143, 262_145),
        ("bytes=-1000", SIZE - 1000, last),
        ("bytes=699999-", last, last),
        ("bytes=5-99999999", 5, last),
    ] {
        let answer = shop.get(&[("Range", range)]).await.expect(206);
        let stated = format!("bytes {from}-{to}/{SIZE}");
        assert_eq!(answer.header("content-range"), Some(stated.as_str()), "{range}");
        assert!(answer.body == shop.bytes[from..=to], "{range}: other bytes");
    }
    let past = shop.get(&[("Range", &format!("bytes={SIZE}-"))]).await.expect(416);
    assert_eq!(past.header("content-range"), Some(format!("bytes */{SIZE}").as_str()));
}
on_both!(ranges_give_exactly_their_bytes within 60 s);

#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_come_as_parts() {
    within(60, async {
        let shop = Shop::open(Database::Sqlite).await;
        let answer = shop.get(&[("Range", "bytes=0-9,400000-400004")]).await.expect(206);
        let kind = answer.header("content-type").expect("a content type").to_owned();
        assert!(kind.starts_with("multipart/byteranges; boundary="), "{kind}");
        let boundary = kind.rsplit('=').next().expect("a boundary");
        let mut expected = Vec::new();
        for (from, to) in [(0, 9), (400_000, 400_004)] {
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\
                 Content-Range: bytes {from}-{to}/{SIZE}\r\n\r\n"
            );
            expected.extend_from_slice(head.as_bytes());
            expected.extend_from_slice(&shop.bytes[from..=to]);
        }
        expected.extend_from_slice(format!("\r\n--{boundary}--").as_bytes());
        let same = String::from_utf8_lossy(&answer.body).to_lowercase()
            == String::from_utf8_lossy(&expected).to_lowercase();
        assert!(same, "{}", answer.seen());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_judged_by_the_sha1() {
    within(60, async {
        let shop = Shop::open(Database::Sqlite).await;
        let (bare, quoted) = (shop.software.sha1.clone(), format!("\"{}\"", shop.software.sha1));
        let tag = shop.get(&[]).await.expect(200);
        assert_eq!(tag.header("etag"), Some(quoted.as_str()));
        for (match_, status) in [(&*bare, 200), (&*quoted, 200), ("*", 200), ("deadbeef", 412)] {
            let _ = shop.get(&[("If-Match", match_)]).await.expect(status);
        }
        let range = ("Range", "bytes=10-19");
        let honoured = shop.get(&[range, ("If-Range", &quoted)]).await.expect(206);
        assert!(honoured.body == shop.bytes[10..20]);
        let changed = shop.get(&[range, ("If-Range", "\"deadbeef\"")]).await.expect(200);
        assert!(changed.body == shop.bytes);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_leave_the_history_alone() {
    within(60, async {
        let shop = Shop::open(Database::Sqlite).await;
        let action = shop.device.offered("deploymentBase").await;
        let before = shop.hub.admin().history("d-1", action).await;
        for start in 0..20 {
            let _ = shop.get(&[("Range", &format!("bytes={start}-"))]).await.expect(206);
        }
        assert_eq!(shop.hub.admin().history("d-1", action).await, before);
        let _ = shop.get(&[]).await.expect(200);
        let after = shop.hub.admin().history("d-1", action).await;
        assert_eq!(after.len(), before.len() + 1, "a whole download is noted: {after:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_says_what_a_get_would_and_sends_nothing() {
    within(60, async {
        let shop = Shop::open(Database::Sqlite).await;
        let head = shop.device.send(Method::HEAD, &shop.software.artifact_path(), |r| r).await;
        let head = head.expect(200);
        assert_eq!(head.header("content-length"), Some(SIZE.to_string().as_str()));
        assert!(head.body.is_empty());
    })
    .await;
}
