//! What is not understood, and what is not for the hub to carry out.

use super::{DEAD_LETTERS, Headers, SOON, STATUS, hub_on, ordered, registered, say};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use otahub_tests::{Broker, Database, Service, json_message};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both!(what_is_not_understood_becomes_a_readable_dead_letter within 600 s);
on_both!(what_cannot_be_carried_out_becomes_a_dead_letter within 600 s);

/// Messages, each with what the reason says.
type Cases = Vec<(BasicProperties, Vec<u8>, &'static str)>;

/// Publishes all of them; each becomes a dead letter with its reason, as it came.
async fn all_die(service: &Service, cases: Cases) {
    let mut expected = BTreeMap::new();
    for (number, (properties, body, reason)) in cases.into_iter().enumerate() {
        let id = format!("case-{number}");
        let properties = properties.with_correlation_id(id.as_str().into());
        service.publish(properties.clone(), &body).await.unwrap();
        expected.insert(id, (properties, body, reason));
    }
    while !expected.is_empty() {
        let dead = service.receive_from(DEAD_LETTERS, SOON).await;
        let dead = dead.unwrap_or_else(|| panic!("no dead letter: {:?}", expected.keys()));
        let said = dead.header("x-otahub-reason").unwrap_or_default();
        let id = dead.properties.correlation_id().clone().unwrap().to_string();
        let (sent, body, reason) = expected.remove(&id).unwrap_or_else(|| panic!("{id} twice"));
        assert!(said.contains(reason), "{said:?} for {reason:?}");
        assert!(dead.body == body, "the body is as it was");
        assert_eq!(dead.properties.content_type(), sent.content_type());
        assert_eq!(dead.properties.reply_to(), sent.reply_to());
        for (name, value) in sent.headers().iter().flat_map(FieldTable::inner) {
            let found = dead.properties.headers().as_ref().unwrap().inner().get(name);
            assert_eq!(found, Some(value));
        }
    }
}

fn with(
    headers: Headers<'_>,
    body: &str,
    reason: &'static str,
) -> (BasicProperties, Vec<u8>, &'static str) {
    (json_message(headers), body.as_bytes().to_vec(), reason)
}

async fn what_is_not_understood_becomes_a_readable_dead_letter(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "replies").await;
    let body = r#"{"actionId":1,"actionStatus":"RUNNING"}"#;
    let event =
        |topic| [("type", "EVENT"), ("topic", topic), ("tenant", "DEFAULT"), ("thingId", "t")];
    let (attributes, consent) = (event("UPDATE_ATTRIBUTES"), event("UPDATE_AUTO_CONFIRM"));
    let created = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", "t")];
    let large = format!("{{\"x\":\"{}\"}}", "y".repeat(16 << 20));
    let mut cases = vec![
        with(&[], body, "missing"),
        with(&STATUS[1..], body, "type is missing"),
        with(&STATUS[..2], body, "tenant is missing"),
        with(&[("type", ""), ("tenant", "DEFAULT")], body, "type is missing"),
        with(&[("type", "THING_DELETED"), ("tenant", "DEFAULT")], "", "no such type"),
        with(&[("type", "event"), ("tenant", "DEFAULT")], body, "no such type"),
        with(&[("type", "EVENT"), ("tenant", "DEFAULT")], body, "topic is missing"),
        with(&event("DOWNLOAD_AND_INSTALL"), body, "no such topic"),
        with(&event("CANCEL_DOWNLOAD"), body, "no such topic"),
        with(&created[..2], "", "thingId is missing"),
        with(&created, "", "reply_to is missing"),
        with(&STATUS, "", "the body"),
        with(&STATUS, "{oops", "the body is not as it should be"),
        with(&STATUS, "null", "the body"),
        with(&STATUS, "[1]", "the body"),
        with(&STATUS, "{}", "the body"),
        with(&STATUS, r#"{"actionStatus":"RUNNING"}"#, "actionId"),
        with(&STATUS, r#"{"actionId":1}"#, "actionStatus"),
        with(&STATUS, r#"{"actionId":true,"actionStatus":"RUNNING"}"#, "the body"),
        with(&STATUS, r#"{"actionId":1,"actionStatus":"running"}"#, "the body"),
        with(&STATUS, r#"{"actionId":1,"actionStatus":"RUNNING","code":3000000000}"#, "code"),
        with(&STATUS, r#"{"actionId":1,"actionStatus":"RUNNING","message":{"a":1}}"#, "message"),
        with(&STATUS, r#"{"actionId":99999999999999999999,"actionStatus":"RUNNING"}"#, "the body"),
        with(&STATUS, &large, "the body has more than"),
        with(&attributes, r#"{"attributes":{"a":{"b":1}}}"#, "attribute"),
        with(&attributes, r#"{"attributes":{},"mode":"merge"}"#, "the body"),
        with(&consent, "{}", "enabled"),
        with(&consent, r#"{"enabled":"maybe"}"#, "the body"),
        (json_message(&STATUS), b"\xff\xfe\x00".to_vec(), "the body"),
    ];
    let plain = json_message(&STATUS).with_content_type("text/plain".into());
    cases.push((plain, body.into(), "the content type is not JSON"));
    let blank = json_message(&created).with_reply_to("a b".into());
    cases.push((blank, Vec::new(), "reply_to"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    cases.push((json_message(&attributes), deep.into_bytes(), "the body"));
    let mut odd = FieldTable::default();
    odd.insert("type".into(), AMQPValue::FieldTable(FieldTable::default()));
    odd.insert("tenant".into(), AMQPValue::LongString("DEFAULT".into()));
    cases.push((BasicProperties::default().with_headers(odd), Vec::new(), "type is missing"));
    all_die(&service, cases).await;
    // and all is well afterwards
    registered(&hub, &service, "fine").await;
}

async fn what_cannot_be_carried_out_becomes_a_dead_letter(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "replies").await;
    let (_, action) = ordered(&hub, &service, 1).await.remove(0);
    let status = |action: Value, status: &str, message: Value| {
        let body = json!({"actionId": action, "actionStatus": status, "message": message});
        (json_message(&STATUS), body.to_string().into_bytes())
    };
    let created = |thing: &str| {
        let headers = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", thing)];
        (json_message(&headers).with_reply_to("replies".into()), Vec::new())
    };
    let of = |kind, tenant, thing| {
        (json_message(&[("type", kind), ("tenant", tenant), ("thingId", thing)]), Vec::new())
    };
    let attributes = |thing, body: Value| {
        let headers = [
            ("type", "EVENT"),
            ("topic", "UPDATE_ATTRIBUTES"),
            ("tenant", "DEFAULT"),
            ("thingId", thing),
        ];
        (json_message(&headers), body.to_string().into_bytes())
    };
    let (long, none) = ("x".repeat(257), json!(null));
    let cases = [
        (status(json!(99_999_999), "RUNNING", none.clone()), "NotFound"),
        (status(json!(-1), "FINISHED", none.clone()), "NotFound"),
        (status(json!(0), "FINISHED", none.clone()), "NotFound"),
        (status(json!(i64::MAX), "FINISHED", none.clone()), "NotFound"),
        (status(json!(action), "CANCELED", none.clone()), "ActionNotCanceling"),
        (status(json!(action), "CONFIRMED", none.clone()), "ActionNotWaiting"),
        (status(json!(action), "RUNNING", json!(vec!["m"; 51])), "QuotaExceeded"),
        (status(json!(action), "RUNNING", json!("<b>x</b>")), "InvalidField"),
        (created(&long), "InvalidField"),
        (created("with blank"), "InvalidField"),
        (of("THING_REMOVED", "DEFAULT", "nobody"), "NotFound"),
        (of("THING_REMOVED", "NOBODY", "nobody"), "Unauthenticated"),
        (attributes("nobody", json!({"attributes": {"a": "b"}})), "NotFound"),
        (attributes("thing-0", json!({"attributes": {long.clone(): "b"}})), "InvalidAttributes"),
    ];
    let cases = cases.map(|((properties, body), reason)| (properties, body, reason));
    all_die(&service, cases.to_vec()).await;
    // none of it changed anything
    say(&service, action, "done", "FINISHED").await.unwrap();
    let target = "/targets/thing-0";
    otahub_tests::eventually("the update is done", 60, async || {
        let seen = hub.admin().get(target).await.expect(200).json();
        if seen["updateStatus"] == "in_sync" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
    let path = format!("{target}/actions/{action}/status?limit=100");
    let history = hub.admin().get(&path).await.expect(200).json();
    assert_eq!(history["total"], 2, "{history}");
}
