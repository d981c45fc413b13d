//! The other side of the broker: a service of many things that does nothing but talk.

use futures::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, Consumer, ExchangeKind};
use otahub_tests::{Broker, Received, json_message};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::timeout;

/// The exchange and the queue of the service.
const REPLY: &str = "bench.reply";
/// How many messages wait for the broker's confirmation.
const UNCONFIRMED: usize = 500;
/// How long a message of the hub may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Things, their service and what they were told.
pub(crate) struct Fleet {
    names: Vec<String>,
    actions: BTreeMap<String, i64>,
    out: Channel,
    inbox: Consumer,
    _connections: [Connection; 2],
}

impl Fleet {
    /// A service of so many things.
    pub(crate) async fn open(broker: &Broker, things: usize) -> Self {
        let (giving, taking) = (broker.connect().await, broker.connect().await);
        let out = giving.create_channel().await.expect("a channel");
        out.confirm_select(ConfirmSelectOptions::default()).await.expect("confirmations");
        let inbox = taking.create_channel().await.expect("a channel");
        let (durable, none) = (ExchangeDeclareOptions::default(), FieldTable::default);
        let made = inbox.exchange_declare(REPLY.into(), ExchangeKind::Fanout, durable, none());
        made.await.expect("an exchange");
        let made = inbox.queue_declare(REPLY.into(), QueueDeclareOptions::default(), none());
        made.await.expect("a queue");
        let options = QueueBindOptions::default();
        let bound = inbox.queue_bind(REPLY.into(), REPLY.into(), "".into(), options, none());
        bound.await.expect("a binding");
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let inbox = inbox.basic_consume(REPLY.into(), "".into(), options, none());
        Self {
            names: (0..things).map(|n| format!("thing-{n:06}")).collect(),
            actions: BTreeMap::new(),
            out,
            inbox: inbox.await.expect("a consumer"),
            _connections: [giving, taking],
        }
    }

    /// Whose service it is.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Registers all things.
    pub(crate) async fn register(&self) {
        let message = |name: &String| {
            let headers = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", name)];
            (json_message(&headers).with_reply_to(REPLY.into()), Vec::new())
        };
        self.publish(self.names.iter().map(message)).await;
    }

    /// Lets every thing say how its action goes, with what hawkBit's SDK sends along.
    pub(crate) async fn say(&self, status: &str, round: usize) {
        let headers = [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS"), ("tenant", "DEFAULT")];
        let message = |(name, action): (&String, &i64)| {
            let body = json!({"actionId": action, "actionStatus": status,
                "message": [format!("{status} of {name}")]});
            let id = format!("{name}/{round}");
            let message = json_message(&headers).with_correlation_id(id.into());
            (message, body.to_string().into_bytes())
        };
        self.publish(self.actions.iter().map(message)).await;
    }

    async fn publish(&self, messages: impl Iterator<Item = (BasicProperties, Vec<u8>)>) {
        let mut confirmations = Vec::with_capacity(UNCONFIRMED);
        for (properties, body) in messages {
            let options = BasicPublishOptions::default();
            let properties = properties.with_delivery_mode(2);
            let sent = self.out.basic_publish(
                "dmf.exchange".into(),
                "".into(),
                options,
                &body,
                properties,
            );
            confirmations.push(sent.await.expect("the broker listens"));
            if confirmations.len() == UNCONFIRMED {
                for confirmation in confirmations.drain(..) {
                    confirmation.await.expect("the broker has it");
                }
            }
        }
        for confirmation in confirmations {
            confirmation.await.expect("the broker has it");
        }
    }

    /// Waits until every thing has its order.
    pub(crate) async fn await_orders(&mut self) {
        while self.actions.len() < self.names.len() {
            let order = self.next().await;
            if order.header("topic").as_deref() == Some("DOWNLOAD_AND_INSTALL") {
                let thing = order.header("thingId").expect("a thing");
                self.actions.insert(thing, order.json()["actionId"].as_i64().expect("an action"));
            }
        }
    }

    /// Waits until every thing was asked for its attributes.
    pub(crate) async fn await_questions(&mut self) {
        let mut asked = BTreeSet::new();
        while asked.len() < self.names.len() {
            let question = self.next().await;
            if question.header("topic").as_deref() == Some("REQUEST_ATTRIBUTES_UPDATE") {
                asked.insert(question.header("thingId"));
            }
        }
    }

    async fn next(&mut self) -> Received {
        let next = timeout(PATIENCE, self.inbox.next()).await.expect("a message in time");
        let delivery = next.expect("a message").expect("the broker lives");
        Received { properties: delivery.properties, body: delivery.data }
    }
}
