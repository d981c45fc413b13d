//! A service that speaks for many things over AMQP, as hawkBit's DMF has it.
//!
//! One connection, one exchange and one queue for all things. An order is carried out once for
//! each action, however often it comes.

use crate::download::Wanted;
use crate::error::SimError;
use crate::http::Http;
use crate::options::{Behaviour, Outcome, Retry};
use crate::orders::{OrderGauge, OrderStats};
use crate::update::{End, Stage, Teller, Update};
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use tokio::sync::Mutex;

/// The exchange that the hub listens to.
const HUB: &str = "dmf.exchange";
/// How many orders are carried out at the same time.
const AT_ONCE: u16 = 256;
/// AMQP's mark of a message that outlives the broker.
const PERSISTENT: u8 = 2;

/// A service of things to be.
#[derive(Debug, Clone)]
pub struct ThingsOptions {
    /// The broker.
    pub amqp_url: String,
    /// The tenant.
    pub tenant: String,
    /// The ids of the things.
    pub things: Vec<String>,
    /// The exchange, and the beginning of the queue's name, on which it gets its orders.
    pub reply_to: String,
    /// What things say of themselves when asked.
    pub attributes: BTreeMap<String, String>,
    /// What they do with what they are told.
    pub behaviour: Behaviour,
    /// Ends after so many updates in all.
    pub updates: Option<u64>,
    /// The HTTP client, for artifacts.
    pub http: reqwest::Client,
}

/// Something went wrong between a service and its broker, or with an artifact.
#[derive(Debug, thiserror::Error)]
pub enum ThingsError {
    /// The broker's word.
    #[error("the broker: {0}")]
    Broker(#[from] lapin::Error),
    /// A name that AMQP cannot carry.
    #[error("{0} is too long a name")]
    Name(String),
    /// An artifact could not be had.
    #[error("an artifact: {0}")]
    Artifact(#[from] SimError),
}

/// A service that is connected, its things registered.
pub struct Things {
    options: ThingsOptions,
    gauge: OrderGauge,
    out: Channel,
    inbox: lapin::Consumer,
    /// Actions that came, and whether they were to be installed.
    known: Mutex<HashMap<i64, bool>>,
    _connection: Connection,
}

impl Things {
    /// Connects, makes the exchange and the queue, and registers every thing.
    ///
    /// # Errors
    /// The broker's.
    pub async fn connect(options: ThingsOptions) -> Result<Self, ThingsError> {
        let properties = ConnectionProperties::default().with_connection_name("otahub-sim".into());
        let connection = Connection::connect(&options.amqp_url, properties).await?;
        let out = connection.create_channel().await?;
        out.confirm_select(ConfirmSelectOptions::default()).await?;
        let inbox = open_inbox(&connection.create_channel().await?, &options.reply_to).await?;
        let things = Self {
            options,
            gauge: OrderGauge::default(),
            out,
            inbox,
            known: Mutex::default(),
            _connection: connection,
        };
        let all = futures::stream::iter(&things.options.things);
        let mut registered =
            all.map(|thing| things.register(thing)).buffer_unordered(usize::from(AT_ONCE));
        while let Some(one) = registered.next().await {
            one?;
        }
        drop(registered);
        Ok(things)
    }

    /// A live view of the sums.
    #[must_use]
    pub fn gauge(&self) -> OrderGauge {
        self.gauge.clone()
    }

    /// Carries out what comes, until the broker ends it, `stop` comes or enough is done.
    ///
    /// # Errors
    /// The broker's.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<OrderStats, ThingsError> {
        let updates = self.options.updates;
        let (this, inbox) = (&self, self.inbox.clone());
        let mut work = inbox
            .map(|delivery| async move { this.handle(delivery?).await })
            .buffer_unordered(usize::from(AT_ONCE));
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                done = work.next() => match done {
                    Some(done) => done?,
                    None => break,
                },
            }
            let stats = self.gauge.read();
            if updates.is_some_and(|n| stats.ended() >= n) {
                break;
            }
        }
        Ok(self.gauge.read())
    }

    async fn handle(&self, delivery: Delivery) -> Result<(), ThingsError> {
        self.gauge.count(|c| &c.orders);
        let topic = header(&delivery, "topic").unwrap_or_default();
        let thing = header(&delivery, "thingId").unwrap_or_default();
        let body: Value = serde_json::from_slice(&delivery.data).unwrap_or_default();
        let action = body["actionId"].as_i64();
        match (topic.as_str(), action) {
            ("DOWNLOAD_AND_INSTALL", Some(action)) => self.update(&body, action, true).await?,
            ("DOWNLOAD", Some(action)) => self.update(&body, action, false).await?,
            ("BATCH_DOWNLOAD_AND_INSTALL", _) => self.update_all(&body, true).await?,
            ("BATCH_DOWNLOAD", _) => self.update_all(&body, false).await?,
            ("CONFIRM", Some(action)) => {
                let answer = if self.options.behaviour.confirm { "CONFIRMED" } else { "DENIED" };
                self.say(action, answer, "the thing's user was asked").await?;
            }
            ("CANCEL_DOWNLOAD", Some(action)) => self.cancel(action).await?,
            ("REQUEST_ATTRIBUTES_UPDATE", _) => self.attributes(&thing).await?,
            _ => {}
        }
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    /// An order for several things, one after the other.
    async fn update_all(&self, batch: &Value, install: bool) -> Result<(), ThingsError> {
        for target in batch["targets"].as_array().into_iter().flatten() {
            let order = json!({
                "targetSecurityToken": target["targetSecurityToken"],
                "softwareModules": batch["softwareModules"],
            });
            if let Some(action) = target["actionId"].as_i64() {
                self.update(&order, action, install).await?;
            }
        }
        Ok(())
    }

    async fn update(&self, order: &Value, action: i64, install: bool) -> Result<(), ThingsError> {
        // what was only downloaded may be installed later
        let known = self.known.lock().await.insert(action, install);
        if known.is_some_and(|installed| installed || !install) {
            self.known.lock().await.insert(action, known == Some(true) || install);
            self.gauge.count(|c| &c.repeats);
            return Ok(());
        }
        let behaviour = &self.options.behaviour;
        if behaviour.outcome == Outcome::Vanish {
            self.gauge.count(|c| &c.vanished);
            return Ok(());
        }
        let token = order["targetSecurityToken"].as_str().unwrap_or_default();
        let client = self.options.http.clone();
        let authorization = Some(format!("TargetToken {token}"));
        let http = Http::new(client, authorization, Retry::default())?;
        let (files, prepared) = (files(order), false);
        let update = Update { http: &http, behaviour, files: &files, install, prepared };
        match update.run(&Thing { service: self, action }).await? {
            End::Finished => self.gauge.count(|c| &c.finished),
            End::Failed => self.gauge.count(|c| &c.failed),
            End::Downloaded => (),
        }
        Ok(())
    }

    async fn cancel(&self, action: i64) -> Result<(), ThingsError> {
        if self.options.behaviour.rejects_cancel {
            return self.say(action, "CANCEL_REJECTED", "the thing goes on").await;
        }
        self.say(action, "CANCELED", "the thing has stopped").await?;
        self.gauge.count(|c| &c.canceled);
        Ok(())
    }

    async fn register(&self, thing: &str) -> Result<(), ThingsError> {
        let headers = [("type", "THING_CREATED"), ("thingId", thing)];
        let properties = self.properties(&headers).with_reply_to(short(&self.options.reply_to)?);
        self.publish(properties, b"").await
    }

    async fn attributes(&self, thing: &str) -> Result<(), ThingsError> {
        let headers = [("type", "EVENT"), ("topic", "UPDATE_ATTRIBUTES"), ("thingId", thing)];
        let body = json!({"attributes": self.options.attributes, "mode": "MERGE"});
        self.publish(self.properties(&headers), body.to_string().as_bytes()).await
    }

    async fn say(&self, action: i64, status: &str, message: &str) -> Result<(), ThingsError> {
        let headers = [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS")];
        let body = json!({"actionId": action, "actionStatus": status, "message": [message]});
        self.publish(self.properties(&headers), body.to_string().as_bytes()).await?;
        self.gauge.count(|c| &c.statuses);
        Ok(())
    }

    fn properties(&self, headers: &[(&str, &str)]) -> BasicProperties {
        let mut table = FieldTable::default();
        let tenant = ("tenant", self.options.tenant.as_str());
        for (name, value) in headers.iter().chain([&tenant]) {
            table.insert((*name).into(), AMQPValue::LongString((*value).into()));
        }
        BasicProperties::default()
            .with_headers(table)
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
    }

    async fn publish(&self, properties: BasicProperties, body: &[u8]) -> Result<(), ThingsError> {
        let options = BasicPublishOptions::default();
        let sent = self.out.basic_publish(HUB.into(), "".into(), options, body, properties);
        sent.await?.await?;
        Ok(())
    }
}

/// A thing that has an order.
struct Thing<'a> {
    service: &'a Things,
    action: i64,
}

impl Teller for Thing<'_> {
    type Error = ThingsError;

    async fn tell(&self, stage: Stage<'_>) -> Result<(), ThingsError> {
        let why;
        let (status, message) = match stage {
            Stage::Begun => ("RUNNING", "the thing begins"),
            Stage::Downloading(0) => ("DOWNLOAD", "the thing downloads"),
            Stage::Downloaded => ("DOWNLOADED", "the thing has downloaded"),
            Stage::Done => ("FINISHED", "the thing has installed it"),
            Stage::Failed(error) => {
                why = error.to_string();
                ("ERROR", why.as_str())
            }
            Stage::Downloading(_) | Stage::Installing(_) | Stage::Installed | Stage::Restarting => {
                return Ok(());
            }
        };
        self.service.say(self.action, status, message).await
    }

    fn verified(&self, _file: &Wanted, size: u64) {
        self.service.gauge.add(|c| &c.bytes, size);
    }
}

/// The files of an order.
fn files(order: &Value) -> Vec<Wanted> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wanted = |file: &Value| Wanted {
        filename: text(&file["filename"]).unwrap_or_default(),
        url: text(&file["urls"]["HTTPS"]).or_else(|| text(&file["urls"]["HTTP"])),
        size: file["size"].as_u64(),
        md5: text(&file["hashes"]["md5"]),
        sha1: text(&file["hashes"]["sha1"]),
        sha256: text(&file["hashes"]["sha256"]),
    };
    let modules = order["softwareModules"].as_array().into_iter().flatten();
    let files = modules.flat_map(|module| module["artifacts"].as_array().into_iter().flatten());
    files.map(wanted).collect()
}

async fn open_inbox(channel: &Channel, reply_to: &str) -> Result<lapin::Consumer, ThingsError> {
    let (exchange, queue) = (short(reply_to)?, short(&format!("{reply_to}.queue"))?);
    let none = FieldTable::default;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(exchange.clone(), ExchangeKind::Fanout, durable, none()).await?;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.clone(), durable, none()).await?;
    let bind = QueueBindOptions::default();
    channel.queue_bind(queue.clone(), exchange, "".into(), bind, none()).await?;
    channel.basic_qos(AT_ONCE, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    Ok(channel.basic_consume(queue, "".into(), options, none()).await?)
}

fn short(name: &str) -> Result<ShortString, ThingsError> {
    ShortString::try_new(name).map_err(|_| ThingsError::Name(name.to_owned()))
}

fn header(delivery: &Delivery, name: &str) -> Option<String> {
    match delivery.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        _ => None,
    }
}
