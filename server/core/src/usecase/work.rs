//! The event log as streams: what happens, and what devices are to be told.

use super::Tail;
use crate::event::Happened;
use crate::hub::Hub;
use otahub_domain::target::Target;
use otahub_domain::{ActionId, Error, Result};
use otahub_store::{Backend, Event, HeldWork, Lane, Lease};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_stream::wrappers::ReceiverStream;

/// How many messages of a stream wait for their reader.
const WAITING: usize = 64;
/// How long a reader may take nothing before it is cut off.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a stream shows that it lives.
pub(crate) const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// For how long a node owns a consumer's work without saying so again, and how often it says so.
const OWNED: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));
/// How often kept work is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How much kept work is handed out at once.
const HELD_BATCH: u64 = 200;

/// Where a stream's messages go.
pub(crate) struct Outlet<T> {
    sender: mpsc::Sender<Result<T>>,
    is_patient: bool,
}

impl<T> Outlet<T> {
    /// Waits until there is room, but not for long unless it is patient.
    pub(crate) async fn send(&self, message: T) -> Result<()> {
        let sent = self.sender.send(Ok(message));
        let sent = if self.is_patient { Ok(sent.await) } else { timeout(PATIENCE, sent).await };
        match sent {
            Ok(Ok(())) => Ok(()),
            // gone, or too slow
            Ok(Err(_)) | Err(_) => Err(Error::Unavailable),
        }
    }
}

/// A stream that `work` fills until it fails, its reader goes, or the hub ends. The failure is
/// the stream's last word. `is_patient` readers are never cut off.
pub(crate) fn feed<T, F>(
    hub: &Hub,
    is_patient: bool,
    work: impl FnOnce(Outlet<T>) -> F,
) -> ReceiverStream<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(WAITING + 1);
    let last_word = sender.clone().try_reserve_owned().ok();
    let reader = sender.clone();
    let work = work(Outlet { sender, is_patient });
    let ending = hub.ending.clone();
    tokio::spawn(async move {
        let error = tokio::select! {
            worked = work => worked.err(),
            () = ending.cancelled() => Some(Error::Unavailable),
            () = reader.closed() => None,
        };
        if let (Some(error), Some(permit)) = (error, last_word) {
            permit.send(Err(error));
        }
    });
    ReceiverStream::new(receiver)
}

/// What a device is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkKind {
    /// What is on offer.
    OfferChanged,
    /// To stop an action.
    Cancel,
    /// That its attributes are wanted.
    AttributesRequested,
    /// That it was deleted.
    TargetDeleted,
    /// What is on offer, for it registered.
    Registered,
}

impl WorkKind {
    const ALL: [Self; 5] = [
        Self::OfferChanged,
        Self::Cancel,
        Self::AttributesRequested,
        Self::TargetDeleted,
        Self::Registered,
    ];

    /// The event that is such work.
    pub(crate) const fn event(self) -> Happened {
        match self {
            Self::OfferChanged => Happened::OfferChanged,
            Self::Cancel => Happened::CancelWanted,
            Self::AttributesRequested => Happened::AttributesWanted,
            Self::TargetDeleted => Happened::TargetDeleted,
            Self::Registered => Happened::Registered,
        }
    }

    fn of(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.event().as_str() == event)
    }

    /// Whether it asks to tell what is on offer, so that the last of several will do.
    const fn is_offer(self) -> bool {
        matches!(self, Self::OfferChanged | Self::Registered)
    }
}

/// A message of a stream of work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// The tenant's name, and what is to be told; nothing in a sign of life.
    pub work: Option<(String, WorkKind, HeldWork)>,
    /// Where to go on.
    pub seq: Option<i64>,
}

/// Whose work, and which.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkFeed {
    /// Under which name it is remembered what is done.
    pub consumer: Option<String>,
    /// After which point, without a consumer.
    pub after: Option<i64>,
    /// Only these tenants, unless there are none.
    pub tenants: Vec<String>,
    /// Only devices with such addresses.
    pub address_prefix: String,
}

impl Hub {
    /// Work for devices, as a stream.
    pub(crate) fn work(&self, wanted: WorkFeed) -> ReceiverStream<Result<Work>> {
        let is_patient = wanted.consumer.is_some();
        let hub = self.clone();
        feed(self, is_patient, move |out| async move {
            match wanted.consumer.clone() {
                None => {
                    let tail = hub.tail(wanted.after).await?;
                    Worker::new(&hub, &wanted, out).run(tail).await
                }
                Some(consumer) => hub.work_of(&consumer, &wanted, out).await,
            }
        })
    }

    async fn work_of(&self, consumer: &str, wanted: &WorkFeed, out: Outlet<Work>) -> Result<()> {
        let turn = Turn::take(self, consumer, &out).await?;
        let start = self.store.read().last_event().await?;
        let seq = turn.hear(start).await?;
        let tail = self.tail_from(seq);
        let worker = Worker::new(self, wanted, out);
        tokio::select! {
            ended = worker.run(tail) => ended,
            lost = turn.keep(start) => lost,
            failed = worker.hand_out_held(consumer) => failed,
        }
    }

    /// Why a device could not be told what there is for it; empty if nothing waits.
    pub(crate) async fn why_undelivered(&self, target: &Target) -> Result<String> {
        // devices that ask for themselves are not told
        if target.address.as_ref().is_none_or(|address| address.starts_with("http")) {
            return Ok(String::new());
        }
        let session = self.store.read();
        let why = session.why_undelivered(target.tenant, &target.controller_id).await?;
        Ok(why.unwrap_or_default())
    }

    /// Notes what a consumer has done, and keeps what it could not deliver.
    pub(crate) async fn acknowledge(
        &self,
        consumer: String,
        seq: Option<i64>,
        undelivered: Vec<(String, WorkKind, HeldWork)>,
        held_done: Vec<i64>,
    ) -> Result<()> {
        let mut held = Vec::with_capacity(undelivered.len());
        for (tenant, kind, work) in undelivered {
            let tenant = self.tenant(&tenant).await?;
            let tenant = tenant.ok_or_else(|| Error::invalid("tenant", "is not known"))?.id;
            held.push(HeldWork { tenant, kind: kind.event().as_str().to_owned(), ..work });
        }
        let now = self.now();
        let lane = Lane::exclusive(&format!("consumer {consumer}"));
        self.write(lane, move |session| {
            let (consumer, held, done) = (consumer.clone(), held.clone(), held_done.clone());
            Box::pin(async move {
                for id in done {
                    session.drop_held_work(&consumer, id).await?;
                }
                for work in held {
                    session.hold_work(&consumer, &work, now).await?;
                }
                if let Some(seq) = seq {
                    session.advance_consumer(&consumer, seq, now).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// The right of one stream to a consumer's work: among the streams of this node, and (on
/// PostgreSQL) among the nodes.
struct Turn {
    hub: Hub,
    consumer: String,
    lease: Option<Lease>,
}

impl Turn {
    /// Waits for the turn, with signs of life.
    async fn take(hub: &Hub, consumer: &str, out: &Outlet<Work>) -> Result<Self> {
        let mut beat = interval(SIGN_OF_LIFE);
        let mut again = interval(OWNED.1);
        loop {
            tokio::select! {
                // a sign of life comes before anything else
                biased;
                _ = beat.tick() => out.send(Work { work: None, seq: None }).await?,
                _ = again.tick() => {
                    if let Some(turn) = Self::try_take(hub, consumer).await? {
                        return Ok(turn);
                    }
                }
            }
        }
    }

    async fn try_take(hub: &Hub, consumer: &str) -> Result<Option<Self>> {
        if !hub.served.lock().await.insert(consumer.to_owned()) {
            return Ok(None);
        }
        let mut turn = Self { hub: hub.clone(), consumer: consumer.to_owned(), lease: None };
        if hub.store.backend() == Backend::Sqlite {
            return Ok(Some(turn));
        }
        let (name, owner, now) = (format!("work/{consumer}"), hub.node_name(), hub.now());
        turn.lease = hub
            .write(Lane::ANY, move |session| {
                let (name, owner) = (name.clone(), owner.clone());
                Box::pin(
                    async move { Ok(session.acquire_lease(&name, &owner, OWNED.0, now).await?) },
                )
            })
            .await?;
        Ok(turn.lease.is_some().then_some(turn))
    }

    /// Notes that the consumer is there; gives how far it is.
    async fn hear(&self, start: i64) -> Result<i64> {
        let (consumer, now, lease) = (self.consumer.clone(), self.hub.now(), self.lease.clone());
        let heard = self.hub.write(Lane::ANY, move |session| {
            let (consumer, lease) = (consumer.clone(), lease.clone());
            Box::pin(async move {
                if let Some(lease) = &lease
                    && session.renew_lease(lease, OWNED.0, now).await?.is_none()
                {
                    return Err(Error::Unavailable);
                }
                Ok(session.hear_consumer(&consumer, start, now).await?)
            })
        });
        heard.await
    }

    /// Keeps the turn until it is lost. One node alone has nobody to tell, but must not be
    /// taken for gone.
    async fn keep(&self, start: i64) -> Result<()> {
        let often = if self.lease.is_some() { OWNED.1 } else { Duration::from_secs(600) };
        let mut again = interval(often);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            again.tick().await;
            self.hear(start).await?;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (hub, consumer, lease) = (self.hub.clone(), self.consumer.clone(), self.lease.take());
        tokio::spawn(async move {
            if let Some(lease) = lease {
                let released = hub.write(Lane::ANY, move |session| {
                    let lease = lease.clone();
                    Box::pin(async move { Ok(session.release_lease(&lease).await?) })
                });
                if let Err(error) = released.await {
                    tracing::warn!(%error, "a lease could not be given back; it will expire");
                }
            }
            hub.served.lock().await.remove(&consumer);
        });
    }
}

/// One stream of work.
struct Worker<'a> {
    hub: &'a Hub,
    wanted: &'a WorkFeed,
    out: Outlet<Work>,
    /// Names of tenants by their numbers.
    names: tokio::sync::Mutex<HashMap<otahub_domain::TenantId, String>>,
}

impl<'a> Worker<'a> {
    fn new(hub: &'a Hub, wanted: &'a WorkFeed, out: Outlet<Work>) -> Self {
        Self { hub, wanted, out, names: tokio::sync::Mutex::default() }
    }

    async fn run(&self, mut tail: Tail) -> Result<()> {
        let mut beat = interval(SIGN_OF_LIFE);
        loop {
            tokio::select! {
                events = tail.next() => {
                    for (seq, work) in wanted_of(events?, &self.wanted.address_prefix) {
                        self.tell(work, Some(seq)).await?;
                    }
                }
                _ = beat.tick() => {
                    self.out.send(Work { work: None, seq: Some(tail.seen()) }).await?;
                }
            }
        }
    }

    /// Hands kept work out again whenever it is due.
    async fn hand_out_held(&self, consumer: &str) -> Result<()> {
        // by number, how often each had failed when it was handed out
        let mut handed: HashMap<i64, i64> = HashMap::new();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let due = self.hub.store.read().due_work(consumer, self.hub.now(), HELD_BATCH).await?;
            handed.retain(|id, _| due.iter().any(|work| work.id == *id));
            for work in due {
                if handed.insert(work.id, work.tries) != Some(work.tries)
                    && let Some(kind) = WorkKind::of(&work.kind)
                {
                    self.tell((kind, work), None).await?;
                }
            }
        }
    }

    async fn tell(&self, (kind, work): (WorkKind, HeldWork), seq: Option<i64>) -> Result<()> {
        let name = self.tenant_name(work.tenant).await?;
        let tenants = &self.wanted.tenants;
        if !tenants.is_empty() && !tenants.iter().any(|t| t.eq_ignore_ascii_case(&name)) {
            return Ok(());
        }
        self.out.send(Work { work: Some((name, kind, work)), seq }).await
    }

    async fn tenant_name(&self, tenant: otahub_domain::TenantId) -> Result<String> {
        let mut names = self.names.lock().await;
        if let Some(name) = names.get(&tenant) {
            return Ok(name.clone());
        }
        let row = self.hub.store.read().tenant_by_id(tenant).await?;
        let name = row.map(|row| row.name).unwrap_or_default();
        names.insert(tenant, name.clone());
        Ok(name)
    }
}

/// The work among events: of several words on a device's offer the last one, but as one on its
/// registration if there is such; and none if all that changed is that an action is cancelled.
fn wanted_of(events: Vec<Arc<Event>>, prefix: &str) -> Vec<(i64, (WorkKind, HeldWork))> {
    let mut offered: HashMap<_, usize> = HashMap::new();
    let mut works: Vec<Option<(i64, (WorkKind, HeldWork))>> = Vec::new();
    for event in events {
        let (Some(mut kind), Some(controller_id)) =
            (WorkKind::of(&event.kind), event.controller_id.clone())
        else {
            continue;
        };
        if !event.payload.starts_with(prefix) {
            continue;
        }
        let device = (event.tenant, controller_id.clone());
        if kind == WorkKind::Cancel
            && let Some(at) = offered.get(&device)
            && let Some(slot) = works.get_mut(*at)
            && slot.as_ref().is_some_and(|(_, (kind, work))| {
                *kind == WorkKind::OfferChanged && work.action == event.action
            })
        {
            *slot = None;
        }
        if kind.is_offer() {
            let earlier = offered.insert(device, works.len());
            let earlier = earlier.and_then(|at: usize| works.get_mut(at)).and_then(Option::take);
            if earlier.is_some_and(|(_, (kind, _))| kind == WorkKind::Registered) {
                kind = WorkKind::Registered;
            }
        }
        works.push(Some((event.seq, (kind, work_of(&event, controller_id)))));
    }
    works.into_iter().flatten().collect()
}

fn work_of(event: &Event, controller_id: String) -> HeldWork {
    HeldWork {
        id: 0,
        tenant: event.tenant,
        controller_id,
        kind: event.kind.clone(),
        action: event.action.filter(|action| *action != ActionId(0)),
        address: event.payload.clone(),
        cause: String::new(),
        tries: 0,
    }
}
