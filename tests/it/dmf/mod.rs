//! Things behind a real RabbitMQ.

mod brokers;
mod dead_letters;
mod orders;
mod storms;

use lapin::types::ShortString;
use otahub_tests::{
    Admin, Broker, Database, Hub, Received, Service, Software, eventually, json_message,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Headers by name.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// How long a message may take on a busy machine.
const SOON: Duration = Duration::from_secs(60);
/// How long a test looks whether something does not come.
const QUIET: Duration = Duration::from_secs(2);
const DEAD_LETTERS: &str = "dmf_connector_deadletter_ttl";
const STATUS: [(&str, &str); 3] =
    [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS"), ("tenant", "DEFAULT")];

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

/// A thing that the hub knows.
async fn registered(hub: &Hub, service: &Service, thing: &str) {
    register(service, thing).await;
    is_there(&hub.admin(), thing).await;
}

async fn is_there(admin: &Admin, thing: &str) {
    let path = format!("/targets/{thing}");
    eventually("the thing is registered", 60, async || {
        let answer = admin.get(&path).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.seen()) }
    })
    .await;
}

/// Says how an action goes.
async fn say(service: &Service, action: i64, word: &str, status: &str) -> lapin::Result<()> {
    let body = json!({"actionId": action, "actionStatus": status, "message": [word]});
    let message =
        json_message(&STATUS).with_delivery_mode(2).with_message_id(ShortString::from(word));
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

/// The next message, which must have this topic.
async fn told(service: &Service, topic: &str) -> Received {
    let message = service.receive(SOON).await.unwrap_or_else(|| panic!("no {topic}"));
    assert_eq!(message.header("topic").as_deref(), Some(topic));
    message
}

async fn is_quiet(service: &Service) {
    let message = service.receive(QUIET).await;
    assert!(message.is_none(), "{message:?}");
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
