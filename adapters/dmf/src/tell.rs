//! Tells a thing what there is for it.

use crate::Adapter;
use crate::batch::Batches;
use crate::message::Pong;
use crate::publisher::{Publisher, Unpublished};
use crate::translate::{self, Outbound, Telling};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use otahub_client::device::{self, OfferKind};
use otahub_client::proto::{DeviceWork, DeviceWorkKind};
use otahub_client::{HubError, Reason};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

/// How long to wait before the hub is asked again what it could not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// AMQP's mark of a message that outlives the broker.
const PERSISTENT: u8 = 2;
/// The package of hawkBit's classes, which Java services may go by.
const PACKAGE: &str = "org.eclipse.hawkbit.dmf.json.model.";

/// Tells things what there is for them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Teller {
    /// Whose work it is.
    pub(crate) adapter: Adapter,
    /// What publishes.
    pub(crate) publisher: Arc<Publisher>,
    /// Messages to several things.
    pub(crate) batches: Arc<Batches>,
}

impl Teller {
    /// Does a piece of work.
    pub(crate) async fn tell(&self, work: &DeviceWork) -> Result<(), Unpublished> {
        match work.kind() {
            DeviceWorkKind::TargetDeleted => {
                self.send(work, &work.address, Outbound::bare(None)).await
            }
            DeviceWorkKind::AttributesRequested => {
                let message = Outbound::bare(Some("REQUEST_ATTRIBUTES_UPDATE"));
                self.send(work, &work.address, message).await
            }
            DeviceWorkKind::Cancel => self.cancel(work).await,
            DeviceWorkKind::OfferChanged => self.offer(work, false).await,
            DeviceWorkKind::Registered => self.offer(work, true).await,
            DeviceWorkKind::Unspecified => Ok(()),
        }
    }

    async fn cancel(&self, work: &DeviceWork) -> Result<(), Unpublished> {
        let Some(order) = self.order(work).await else {
            return Ok(());
        };
        let canceling = order
            .offer
            .is_some_and(|o| o.action == work.action && o.kind() == OfferKind::Cancellation);
        if work.held != 0 && !canceling {
            return Ok(());
        }
        self.send(work, &order.address, Outbound::cancel(work.action)).await
    }

    async fn offer(&self, work: &DeviceWork, registered: bool) -> Result<(), Unpublished> {
        let Some(order) = self.order(work).await else {
            return Ok(());
        };
        let urls = &self.adapter.settings.download_urls;
        match translate::order(&order, &work.controller_id, urls, registered) {
            Some(Telling::One(message)) => self.send(work, &order.address, message).await,
            Some(Telling::Part(part)) => match translate::exchange(&order.address) {
                Some(exchange) => {
                    let to = (work.tenant.as_str(), exchange);
                    self.batches.join(&self.publisher, to, part).await
                }
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// What is on offer; none if the thing is gone. Asks until the hub answers.
    async fn order(&self, work: &DeviceWork) -> Option<device::Order> {
        loop {
            let device = translate::reference(&work.tenant, &work.controller_id);
            let mut hub = self.adapter.hub.device(&self.adapter.caller);
            let answer = hub.get_order(device::GetOrderRequest { device }).await;
            match answer.map_err(HubError::from) {
                Ok(order) => return Some(order.into_inner()),
                Err(error) if error.reason == Reason::NotFound => return None,
                Err(error) => {
                    tracing::warn!(%error, "the hub does not say what is on offer; asking again");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn send(
        &self,
        work: &DeviceWork,
        address: &str,
        message: Outbound,
    ) -> Result<(), Unpublished> {
        // a thing that is polled over HTTP by now is told there
        let Some(exchange) = translate::exchange(address) else {
            return Ok(());
        };
        let of = (work.tenant.as_str(), Some(work.controller_id.as_str()));
        publish(&self.publisher, exchange, of, message).await
    }
}

/// Publishes a message of a tenant, and of a thing unless it is of several.
pub(crate) async fn publish(
    publisher: &Publisher,
    exchange: &str,
    (tenant, thing): (&str, Option<&str>),
    message: Outbound,
) -> Result<(), Unpublished> {
    let properties = properties(tenant, thing, &message);
    let body = message.body.map(|(_, body)| body).unwrap_or_default();
    publisher.publish(exchange, properties, &body).await
}

fn properties(tenant: &str, thing: Option<&str>, message: &Outbound) -> BasicProperties {
    let kind = if message.topic.is_some() { "EVENT" } else { "THING_DELETED" };
    let mut headers = FieldTable::default();
    let mut set = |name: &str, value: String| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    set("type", kind.into());
    set("tenant", tenant.into());
    set("content-type", "application/json".into());
    if let Some(thing) = thing {
        set("thingId", thing.into());
    }
    if let Some(topic) = message.topic {
        set("topic", topic.into());
    }
    if let Some((class, _)) = &message.body {
        set("__TypeId__", format!("{PACKAGE}{class}"));
    }
    let properties = BasicProperties::default()
        .with_headers(headers)
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_priority(0)
        .with_correlation_id(uuid().into());
    match message.body {
        Some(_) => properties.with_content_encoding("UTF-8".into()),
        None => properties,
    }
}

/// Answers a ping.
pub(crate) async fn pong(
    publisher: &Publisher,
    tenant: &str,
    pong: &Pong,
) -> Result<(), Unpublished> {
    let mut headers = FieldTable::default();
    for (name, value) in [("type", "PING_RESPONSE"), ("tenant", tenant)] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    let correlation_id = ShortString::try_new(pong.correlation_id.as_str())
        .map_err(|_| Unpublished::Undeliverable("the correlation id is too long".into()))?;
    let properties = BasicProperties::default()
        .with_headers(headers)
        .with_content_type("text/plain".into())
        .with_delivery_mode(PERSISTENT)
        .with_priority(0)
        .with_correlation_id(correlation_id);
    publisher.publish(&pong.exchange, properties, now_millis().to_string().as_bytes()).await
}

/// A fresh mark for a message.
fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The time for messages that carry one, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "an answer to a ping is the time")]
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
