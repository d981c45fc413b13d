//! Gives things what the hub has for them, and tells the hub what is done.

use crate::Adapter;
use crate::message::Pong;
use crate::progress::Progress;
use crate::publisher::{Publisher, Unpublished};
use crate::translate::{self, Outbound};
use futures::StreamExt;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use otahub_client::device::{self, OfferKind};
use otahub_client::proto::{
    AcknowledgeDeviceWorkRequest, DeviceWork, DeviceWorkKind, UndeliveredWork,
    WatchDeviceWorkRequest, WatchDeviceWorkResponse,
};
use otahub_client::{HubError, Reason};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How many pieces of work are under way at once.
const UNDER_WAY: usize = 256;
/// In how many queues things are kept apart.
const LANES: usize = 64;
/// How often the hub is told what is done.
const TELL: Duration = Duration::from_millis(200);
/// How long to wait before the hub is asked again what it could not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// AMQP's mark of a message that outlives the broker.
const PERSISTENT: u8 = 2;
/// The package of hawkBit's classes, which Java services may go by.
const PACKAGE: &str = "org.eclipse.hawkbit.dmf.json.model.";

/// A piece of work for a lane.
struct Piece {
    work: DeviceWork,
    number: Option<u64>,
}

/// What became of one.
struct Outcome {
    piece: Piece,
    end: Result<(), Unpublished>,
}

/// What the hub is still to be told.
#[derive(Default)]
struct News {
    reached: Option<String>,
    undelivered: Vec<UndeliveredWork>,
    held_done: Vec<i64>,
}

impl Adapter {
    /// Delivers work until the stream ends or the connection is lost; says why.
    pub(crate) async fn deliver(&self, publisher: &Arc<Publisher>) -> String {
        let request = WatchDeviceWorkRequest {
            consumer: self.settings.consumer(),
            address_prefix: "amqp:".into(),
            tenants: self.settings.tenant.clone().into_iter().collect(),
            ..WatchDeviceWorkRequest::default()
        };
        let stream = match self.hub.events(&self.caller).watch_device_work(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return status.message().to_owned(),
        };
        let (ends, ended) = mpsc::channel(UNDER_WAY * 2);
        let mut lanes = JoinSet::new();
        let senders: Vec<mpsc::Sender<Piece>> = (0..LANES)
            .map(|_| {
                let (sender, pieces) = mpsc::channel(UNDER_WAY);
                let work = Lane { adapter: self.clone(), publisher: publisher.clone() };
                lanes.spawn(work.run(pieces, ends.clone()));
                sender
            })
            .collect();
        self.follow(stream, &senders, ended).await
    }

    async fn follow(
        &self,
        mut stream: tonic::Streaming<WatchDeviceWorkResponse>,
        lanes: &[mpsc::Sender<Piece>],
        mut ended: mpsc::Receiver<Outcome>,
    ) -> String {
        let room = Arc::new(Semaphore::new(UNDER_WAY));
        let (mut progress, mut news) = (Progress::default(), News::default());
        let mut tell = interval(TELL);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                next = stream.next(), if room.available_permits() > 0 => match next {
                    Some(Ok(message)) => self.begin(message, lanes, &room, &mut progress).await,
                    Some(Err(status)) => return status.message().to_owned(),
                    None => return "the hub ended the stream".into(),
                },
                Some(outcome) = ended.recv() => {
                    room.add_permits(1);
                    if let Some(lost) = note(outcome, &mut progress, &mut news) {
                        return lost;
                    }
                },
                _ = tell.tick() => {
                    news.reached = progress.reached().or(news.reached.take());
                    self.tell(&mut news).await;
                }
            }
        }
    }

    async fn begin(
        &self,
        message: WatchDeviceWorkResponse,
        lanes: &[mpsc::Sender<Piece>],
        room: &Semaphore,
        progress: &mut Progress,
    ) {
        let token = Some(message.resume_token).filter(|token| !token.is_empty());
        let number = token.map(|token| progress.begin(token));
        let work = message.work.filter(|work| self.settings.serves(&work.tenant));
        let Some(work) = work else {
            if let Some(number) = number {
                progress.done(number);
            }
            return;
        };
        if let Ok(permit) = room.try_acquire() {
            permit.forget();
        }
        let mut hasher = DefaultHasher::new();
        (&work.tenant, &work.controller_id).hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % lanes.len() as u64).unwrap_or(0);
        if let Some(lane) = lanes.get(lane) {
            // a lane ends only after this
            let _ = lane.send(Piece { work, number }).await;
        }
    }

    /// Tells the hub what is done; what it does not hear now it hears with the next news.
    async fn tell(&self, news: &mut News) {
        if news.reached.is_none() && news.undelivered.is_empty() && news.held_done.is_empty() {
            return;
        }
        let request = AcknowledgeDeviceWorkRequest {
            consumer: self.settings.consumer(),
            resume_token: news.reached.clone().unwrap_or_default(),
            undelivered: news.undelivered.clone(),
            held_done: news.held_done.clone(),
        };
        match self.hub.events(&self.caller).acknowledge_device_work(request).await {
            Ok(_) => *news = News::default(),
            Err(status) => {
                tracing::warn!(error = status.message(), "the hub could not be told what is done");
            }
        }
    }
}

/// Notes what became of a piece of work; the reason to give up if the connection is lost.
fn note(outcome: Outcome, progress: &mut Progress, news: &mut News) -> Option<String> {
    let Outcome { piece: Piece { work, number }, end } = outcome;
    let word = match &end {
        Ok(()) => "done",
        Err(Unpublished::Undeliverable(_)) => "undelivered",
        Err(Unpublished::Lost(_)) => "lost",
    };
    metrics::counter!("otahub_dmf_work_total", "outcome" => word).increment(1);
    match end {
        Ok(()) if work.held != 0 => news.held_done.push(work.held),
        Ok(()) => {}
        Err(Unpublished::Undeliverable(cause)) => {
            tracing::info!(thing = work.controller_id, cause, "work is kept for later");
            news.undelivered.push(UndeliveredWork { work: Some(work), cause });
        }
        Err(Unpublished::Lost(why)) => return Some(why),
    }
    if let Some(number) = number {
        progress.done(number);
    }
    None
}

/// Things whose work is done one after the other.
struct Lane {
    adapter: Adapter,
    publisher: Arc<Publisher>,
}

impl Lane {
    async fn run(self, mut pieces: mpsc::Receiver<Piece>, ends: mpsc::Sender<Outcome>) {
        while let Some(piece) = pieces.recv().await {
            let end = self.deliver(&piece.work).await;
            if ends.send(Outcome { piece, end }).await.is_err() {
                return;
            }
        }
    }

    async fn deliver(&self, work: &DeviceWork) -> Result<(), Unpublished> {
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
        let message = translate::order(&order, &work.controller_id, urls, registered, now_millis());
        match message {
            Some(message) => self.send(work, &order.address, message).await,
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
        let thing = Some(work.controller_id.as_str()).filter(|_| !message.is_batch);
        let properties = properties(&work.tenant, thing, &message);
        let body = message.body.map(|(_, body)| body).unwrap_or_default();
        self.publisher.publish(exchange, properties, &body).await
    }
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
