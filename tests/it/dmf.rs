//! Things behind a real RabbitMQ: what is not understood, and that nothing is lost.

use lapin::types::ShortString;
use otahub_tests::{Admin, Broker, Database, Hub, Service, Software, eventually, json_message};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::sleep;

on_both!(what_is_not_understood_becomes_a_readable_dead_letter within 300 s);
on_both!(work_waits_for_a_service_that_is_not_there within 300 s);
on_both!(a_broker_that_dies_loses_nothing within 500 s);
on_both!(a_hub_that_is_killed_loses_nothing within 500 s);

/// Headers by name.
type Headers<'a> = &'a [(&'a str, &'a str)];

const SOON: Duration = Duration::from_secs(20);
const DEAD_LETTERS: &str = "dmf_connector_deadletter_ttl";

async fn hub_on(broker: &Broker, database: Database) -> Hub {
    let hub = Hub::on(database).args(["--amqp-url", &broker.url()]).start().await;
    broker.await_hub(&hub).await;
    hub
}

async fn register(service: &Service, thing: &str) {
    let headers = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", thing)];
    let message = json_message(&headers)
        .with_reply_to(service.reply_to.as_str().into())
        .with_delivery_mode(2);
    service.publish(message, b"").await.expect("the broker takes it");
}

async fn is_there(admin: &Admin, thing: &str) {
    let path = format!("/targets/{thing}");
    eventually("the thing is registered", 30, async || {
        let answer = admin.get(&path).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.seen()) }
    })
    .await;
}

/// Says how an action goes; tries again as long as the broker does not confirm.
async fn say(service: &Service, action: i64, word: &str, status: &str) -> lapin::Result<()> {
    let headers = [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS"), ("tenant", "DEFAULT")];
    let body = json!({"actionId": action, "actionStatus": status, "message": [word]});
    let message =
        json_message(&headers).with_delivery_mode(2).with_message_id(ShortString::from(word));
    service.publish(message, body.to_string().as_bytes()).await
}

/// What an action's history says.
async fn messages(admin: &Admin, thing: &str, action: i64) -> Vec<String> {
    let path = format!("/targets/{thing}/actions/{action}/status?limit=500");
    let said = admin.get(&path).await.expect(200).json();
    let entries = said["content"].as_array().cloned().unwrap_or_default();
    let messages = entries.iter().filter_map(|e| e["messages"].as_array().cloned());
    messages.flatten().filter_map(|m| m.as_str().map(ToOwned::to_owned)).collect()
}

async fn what_is_not_understood_becomes_a_readable_dead_letter(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "replies").await;
    let status = [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS"), ("tenant", "DEFAULT")];
    let unknown = [("type", "THING_REMOVED"), ("tenant", "NOBODY"), ("thingId", "x")];
    let large = format!("{{\"x\":\"{}\"}}", "y".repeat(16 << 20));
    let cases: [(Headers<'_>, &str, &str); 7] = [
        (&status[1..], "{}", "type is missing"),
        (&status, "{oops", "the body is not as it should be"),
        (&status, r#"{"actionId":99999999,"actionStatus":"RUNNING"}"#, "NotFound"),
        (&status, r#"{"actionId":-1,"actionStatus":"FINISHED"}"#, "NotFound"),
        (&status, r#"{"actionId":99999999999999999999,"actionStatus":"RUNNING"}"#, "the body"),
        (&status, &large, "the body has more than"),
        (&unknown, "", "Unauthenticated"),
    ];
    for (headers, body, reason) in cases {
        service.publish(json_message(headers), body.as_bytes()).await.unwrap();
        let dead = service.receive_from(DEAD_LETTERS, SOON).await.expect("a dead letter");
        assert_eq!(dead.body, body.as_bytes(), "the body is as it was");
        for (name, value) in headers {
            assert_eq!(dead.header(name).as_deref(), Some(*value));
        }
        let said = dead.header("x-otahub-reason").unwrap_or_default();
        assert!(said.contains(reason), "{said} for {reason}");
    }
    // and all is well afterwards
    register(&service, "fine").await;
    is_there(&hub.admin(), "fine").await;
}

async fn work_waits_for_a_service_that_is_not_there(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let admin = hub.admin();
    let set = Software::create(&hub, "late", "a.bin", b"late".to_vec()).await;
    let early = Service::open(&broker, "early").await;
    let headers = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", "late")];
    let message = json_message(&headers).with_reply_to("not.there.yet".into());
    early.publish(message, b"").await.unwrap();
    is_there(&admin, "late").await;
    set.assign(&hub, &["late"]).await;
    sleep(Duration::from_secs(3)).await;
    let service = Service::open(&broker, "not.there.yet").await;
    let order = service.receive(Duration::from_secs(40)).await.expect("the order, later");
    assert_eq!(order.header("topic").as_deref(), Some("DOWNLOAD_AND_INSTALL"));
}

/// Thing, action and set of each thing that has its order.
async fn ordered(hub: &Hub, service: &Service, count: usize) -> Vec<(String, i64)> {
    let admin = hub.admin();
    let set = Software::create(hub, "storm", "a.bin", b"storm".to_vec()).await;
    let things: Vec<String> = (0..count).map(|n| format!("thing-{n}")).collect();
    for thing in &things {
        register(service, thing).await;
    }
    for thing in &things {
        is_there(&admin, thing).await;
    }
    let names: Vec<&str> = things.iter().map(String::as_str).collect();
    set.assign(hub, &names).await;
    let mut found = Vec::new();
    while found.len() < count {
        let order = service.receive(SOON).await.expect("an order for each");
        let thing = order.header("thingId").expect("of a thing");
        let action = order.json()["actionId"].as_i64().expect("an action");
        if !found.contains(&(thing.clone(), action)) {
            found.push((thing, action));
        }
    }
    found
}

/// Every word that the broker confirmed is in the history, and once.
async fn all_is_told(hub: &Hub, ordered: &[(String, i64)], said: &[(usize, String)]) {
    let admin = hub.admin();
    for (place, (thing, action)) in ordered.iter().enumerate() {
        let words: BTreeSet<&String> =
            said.iter().filter(|(p, _)| *p == place).map(|(_, word)| word).collect();
        eventually("every word is in the history", 60, async || {
            let history = messages(&admin, thing, *action).await;
            let lost: Vec<_> = words.iter().filter(|w| !history.contains(w)).collect();
            if lost.is_empty() { Ok(()) } else { Err(format!("{lost:?}")) }
        })
        .await;
        let history = messages(&admin, thing, *action).await;
        for word in words {
            assert_eq!(history.iter().filter(|m| *m == word).count(), 1, "{word}");
        }
    }
}

async fn a_broker_that_dies_loses_nothing(database: Database) {
    let Some(broker) = Broker::own().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "storm").await;
    let ordered = ordered(&hub, &service, 10).await;
    let mut said = Vec::new();
    for number in 0..200 {
        let place = number % ordered.len();
        let word = format!("word {number}");
        if say(&service, ordered[place].1, &word, "RUNNING").await.is_ok() {
            said.push((place, word));
        }
    }
    broker.kill();
    // orders are made meanwhile
    let set = Software::create(&hub, "next", "b.bin", b"next".to_vec()).await;
    let names: Vec<&str> = ordered.iter().map(|(thing, _)| thing.as_str()).collect();
    set.assign(&hub, &names).await;
    broker.restart().await;
    broker.await_hub(&hub).await;
    all_is_told(&hub, &ordered, &said).await;
    let service = Service::open(&broker, "storm").await;
    let mut cancelled = BTreeSet::new();
    while cancelled.len() < ordered.len() {
        let message = service.receive(SOON).await.expect("a cancellation for each");
        if message.header("topic").as_deref() == Some("CANCEL_DOWNLOAD") {
            cancelled.insert(message.header("thingId"));
        }
    }
}

async fn a_hub_that_is_killed_loses_nothing(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let mut hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "storm").await;
    let ordered = ordered(&hub, &service, 10).await;
    let mut said = Vec::new();
    for round in 0..3 {
        for number in 0..100 {
            let place = number % ordered.len();
            let word = format!("round {round} word {number}");
            say(&service, ordered[place].1, &word, "RUNNING").await.expect("the broker lives");
            said.push((place, word));
        }
        hub.kill().await;
        hub.start_again().await;
    }
    broker.await_hub(&hub).await;
    all_is_told(&hub, &ordered, &said).await;
    for (_, action) in &ordered {
        say(&service, *action, "done", "FINISHED").await.expect("the broker lives");
    }
    let mut asked = BTreeSet::new();
    while asked.len() < ordered.len() {
        let message = service.receive(SOON).await.expect("each is asked for its attributes");
        if message.header("topic").as_deref() == Some("REQUEST_ATTRIBUTES_UPDATE") {
            asked.insert(message.header("thingId"));
        }
    }
}
