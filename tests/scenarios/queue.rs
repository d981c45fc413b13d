//! The side of a conversation that goes over AMQP, as a service of things has it.

use otahub_tests::{Broker, Service, json_message};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// A service with its exchange and queue.
pub(crate) struct Queue {
    service: Service,
    host: String,
}

impl Queue {
    /// A service for one run.
    pub(crate) async fn open(broker: &Broker, run: &str) -> Self {
        let service = Service::open(broker, &format!("conformance.reply.{run}")).await;
        Self { service, host: broker.host().to_owned() }
    }

    /// The virtual host.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Publishes a step's message: `{headers, properties?, json? | text?}`.
    pub(crate) async fn publish(&self, message: &Value) {
        let none = Map::new();
        let headers = message["headers"].as_object().unwrap_or(&none);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default())).collect();
        let mut properties = json_message(&headers);
        let given = message["properties"].as_object().unwrap_or(&none);
        let json = message.get("json");
        if json.is_none() && !given.contains_key("content_type") {
            properties = properties.with_content_type("".into());
        }
        for (name, value) in given {
            let value = value.as_str().unwrap_or_default();
            properties = match name.as_str() {
                "reply_to" if value == "self" => {
                    properties.with_reply_to(self.service.reply_to.as_str().into())
                }
                "reply_to" => properties.with_reply_to(value.into()),
                "content_type" => properties.with_content_type(value.into()),
                "correlation_id" => properties.with_correlation_id(value.into()),
                other => panic!("this runner does not know the property {other}"),
            };
        }
        let body = match (message["text"].as_str(), json) {
            (Some(text), _) => text.to_owned(),
            (None, Some(json)) => json.to_string(),
            (None, None) => String::new(),
        };
        self.service.publish(properties, body.as_bytes()).await.expect("the broker takes it");
    }

    /// The next message in the form of the recorded ones.
    pub(crate) async fn receive(&self, limit: Duration, sent: &BTreeSet<String>) -> Option<Value> {
        let got = self.service.receive(limit).await?;
        let names = got.properties.headers().as_ref().map(|table| table.inner().keys());
        let headers: Map<String, Value> = names
            .into_iter()
            .flatten()
            .map(|name| (name.to_string(), json!(got.header(name.as_str()))))
            .collect();
        let id = got.properties.correlation_id().as_ref().map(ToString::to_string);
        let correlation_id = match id {
            Some(id) if sent.contains(&id) => json!(id),
            id => json!(id.is_some_and(|id| !id.is_empty())),
        };
        let body = match got.json() {
            Value::Number(_) => json!("<time>"),
            Value::Null if !got.body.is_empty() => json!(String::from_utf8_lossy(&got.body)),
            body => body,
        };
        let kind = got.properties.content_type().as_ref().map(ToString::to_string);
        Some(json!({
            "headers": headers,
            "properties": {"content_type": kind, "correlation_id": correlation_id},
            "body": body,
        }))
    }
}
