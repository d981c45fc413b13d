//! Takes messages in: side by side for different things, in order for one.

use crate::apply::Next;
use crate::error::Failure;
use crate::message::{Inbound, read};
use crate::publisher::Publisher;
use crate::tell::{now_millis, pong};
use crate::{Adapter, topology};
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many messages are under way at once; each has at most the broker's largest body.
const PREFETCH: u16 = 256;
/// How many of them are being looked up at once, to know of which thing they are.
const LOOKED_UP: usize = 64;
/// In how many queues things are kept apart.
const LANES: usize = 128;
/// How often a message is tried, and the pause after the first time; it doubles up to the last.
const TRIES: u32 = 20;
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// The longest reason in a header, in characters.
const REASON_MAX: usize = 500;

/// A message on its way.
struct Item {
    delivery: Delivery,
    message: Result<Inbound, Failure>,
    lane: usize,
}

impl Adapter {
    /// Consumes until the channel is lost.
    pub(crate) async fn consume(
        &self,
        channel: &Channel,
        publisher: &Arc<Publisher>,
    ) -> lapin::Result<()> {
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let consumer = channel
            .basic_consume(
                topology::QUEUE.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        // dropped with this call, and all that was not acknowledged comes again
        let mut lanes = JoinSet::new();
        let senders: Vec<mpsc::Sender<Item>> = (0..LANES)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(usize::from(PREFETCH));
                lanes.spawn(self.clone().work_through(receiver, publisher.clone()));
                sender
            })
            .collect();
        let mut items = consumer
            .map(|delivery| async move { Ok::<Item, lapin::Error>(self.look_up(delivery?).await) })
            .buffered(LOOKED_UP);
        while let Some(item) = items.next().await {
            let item = item?;
            if let Some(sender) = senders.get(item.lane) {
                // a lane ends only with this call
                let _ = sender.send(item).await;
            }
        }
        Ok(())
    }

    async fn look_up(&self, delivery: Delivery) -> Item {
        let own = self.settings.tenant.as_deref();
        let message = read(&delivery.properties, &delivery.data, own);
        let thing = match &message {
            Ok(message) => self.thing_of(message).await.map(|thing| (message, thing)),
            Err(_) => None,
        };
        let mut hasher = DefaultHasher::new();
        match thing {
            Some((message, thing)) => (message.tenant.to_uppercase(), thing).hash(&mut hasher),
            None => delivery.delivery_tag.hash(&mut hasher),
        }
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0);
        Item { delivery, message, lane }
    }

    async fn work_through(self, mut items: mpsc::Receiver<Item>, publisher: Arc<Publisher>) {
        while let Some(Item { delivery, message, .. }) = items.recv().await {
            let outcome = match message {
                Ok(message) => self.apply_patiently(&message, delivery.redelivered).await,
                Err(failure) => Err(failure),
            };
            let word = if outcome.is_ok() { "done" } else { "dead_letter" };
            metrics::counter!("otahub_dmf_received_total", "outcome" => word).increment(1);
            let settled = match outcome {
                Ok(Next::Nothing) => delivery.ack(BasicAckOptions::default()).await,
                Ok(Next::Answer(tenant, answer)) => {
                    let answered = pong(&publisher, &tenant, &answer).await;
                    if let Err(error) = answered {
                        tracing::debug!(%error, "a ping could not be answered");
                    }
                    delivery.ack(BasicAckOptions::default()).await
                }
                Err(failure) => bury(&publisher, &delivery, &failure).await,
            };
            if let Err(error) = settled {
                // the broker will deliver it again
                tracing::debug!(%error, "a message could not be acknowledged");
            }
        }
    }

    /// Carries out a message; again after a while if what hinders it may pass.
    async fn apply_patiently(&self, message: &Inbound, redelivered: bool) -> Result<Next, Failure> {
        let mut pause = PAUSE.0;
        let mut again = redelivered;
        for _ in 1..TRIES {
            match self.apply(message, again).await {
                Err(Failure::Passing(error)) => {
                    tracing::warn!(error, "a message could not be carried out; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                    // it may have been committed and only the answer lost
                    again = true;
                }
                settled => return settled,
            }
        }
        self.apply(message, again).await
    }
}

/// Puts a message to the dead letters as it came, with the reason in a header.
async fn bury(
    publisher: &Publisher,
    delivery: &Delivery,
    failure: &Failure,
) -> lapin::Result<bool> {
    let reason: String = failure.to_string().chars().take(REASON_MAX).collect();
    tracing::info!(reason, "a message goes to the dead letters");
    let mut headers = delivery.properties.headers().clone().unwrap_or_default();
    headers.insert("x-otahub-reason".into(), AMQPValue::LongString(reason.into()));
    headers.insert("x-otahub-time".into(), AMQPValue::LongLongInt(now_millis()));
    let properties = without_user(&delivery.properties).with_headers(headers);
    match publisher.publish(topology::DEAD_LETTERS, properties, &delivery.data).await {
        Ok(()) => delivery.ack(BasicAckOptions::default()).await,
        Err(error) => {
            tracing::debug!(%error, "a dead letter goes without its reason");
            delivery.reject(BasicRejectOptions { requeue: false }).await
        }
    }
}

/// The properties, but for the name of who published them: the broker checks that, and this is
/// somebody else.
fn without_user(from: &BasicProperties) -> BasicProperties {
    macro_rules! copy {
        ($($get:ident $set:ident),* $(,)?) => {{
            let mut to = BasicProperties::default();
            $(if let Some(value) = from.$get() {
                to = to.$set(value.clone());
            })*
            to
        }};
    }
    copy!(
        content_type with_content_type,
        content_encoding with_content_encoding,
        delivery_mode with_delivery_mode,
        priority with_priority,
        correlation_id with_correlation_id,
        reply_to with_reply_to,
        message_id with_message_id,
        timestamp with_timestamp,
        kind with_type,
        app_id with_app_id,
    )
}
