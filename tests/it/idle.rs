//! A device that has nothing to do costs next to nothing.

use otahub_tests::{Database, Hub, allow_gateway};
use reqwest::Method;

const DEVICES: usize = 20;
const POLLS: usize = 30;

/// How many statements the hub has sent to its database.
async fn statements(hub: &Hub) -> f64 {
    let counted = hub.metric("otahub_store_statements_total").await;
    counted.expect("the hub counts its statements")
}

async fn an_idle_poll_sends_no_statement(database: Database) {
    let hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    let devices: Vec<_> = (0..DEVICES).map(|n| hub.device(&format!("d-{n}"))).collect();
    let mut tags = Vec::new();
    for device in &devices {
        device.poll().await;
        let polled = device.get("").await.expect(200);
        tags.push(polled.header("etag").expect("a poll has an etag").to_owned());
    }
    let start = tokio::time::Instant::now();
    let before = statements(&hub).await;
    for _ in 0..POLLS {
        for (device, tag) in devices.iter().zip(&tags) {
            let poll = device.send(Method::GET, "", |r| r.header("If-None-Match", tag)).await;
            let _ = poll.expect(304);
        }
    }
    let grown = statements(&hub).await - before;
    // Background work may speak now and then: leases, batches of last-seen times.
    let allowed = 30.0 + 10.0 * start.elapsed().as_secs_f64();
    println!("{} idle polls, {grown} statements, {allowed:.0} allowed", DEVICES * POLLS);
    assert!(grown <= allowed.min((DEVICES * POLLS) as f64 / 4.0), "{grown} statements");
}
on_both!(an_idle_poll_sends_no_statement within 90 s);

async fn last_seen_times_are_there_soon_and_after_a_clean_end(database: Database) {
    let mut hub = Hub::on(database).start().await;
    allow_gateway(&hub).await;
    hub.device("d-1").poll().await;
    let seen = |target: serde_json::Value| target["pollStatus"]["lastRequestAt"].as_i64();
    let first = otahub_tests::eventually("the last poll is known", 20, || async {
        let target = hub.admin().get("/targets/d-1").await.expect(200).json();
        seen(target.clone()).ok_or(target.to_string())
    })
    .await;
    hub.device("d-1").poll().await;
    hub.terminate(std::time::Duration::from_secs(15)).await;
    hub.start_again().await;
    let last = seen(hub.admin().get("/targets/d-1").await.expect(200).json());
    assert!(last >= Some(first), "{last:?} is before {first}");
}
on_both!(last_seen_times_are_there_soon_and_after_a_clean_end within 90 s);
