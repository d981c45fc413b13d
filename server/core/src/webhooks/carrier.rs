//! Carries the events of the log to one webhook, one body after the other.
//!
//! What fails becomes a row of `webhook_deliveries`, and the webhook's place in the log moves past
//! it in the same transaction; while the row is to be tried again, nothing new is sent. So nothing
//! is kept in memory that a crash would lose, but for what was sent and not yet noted, which is
//! sent again.

use super::body::Batch;
use super::sender::{Message, key_of};
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::translate::event::EventFilter;
use otahub_domain::webhook::{Attempts, Delivery, Outcome, Verdict, Webhook, judge};
use otahub_domain::{Error, Result, Timestamp, WebhookDeliveryId, WebhookId};
use otahub_proto::names;
use otahub_store::{Changes, Lane, Lease, Session};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many events are read at once.
const BATCH: u64 = 500;
/// How often it is noted that events were passed over.
const NOTE_EVERY: Duration = Duration::from_secs(10);
/// How long to wait after a failure of the hub's own.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves one webhook.
pub(super) struct Carrier {
    pub(super) hub: Hub,
    pub(super) id: WebhookId,
    /// The right of this node to serve webhooks, where there are several.
    pub(super) lease: Option<Lease>,
    /// Cancelled when it is to end, after what it is about.
    pub(super) stop: CancellationToken,
}

/// A webhook as it is served.
struct Route {
    webhook: Webhook,
    tenant: String,
    key: Vec<u8>,
    filter: EventFilter,
    changes: Changes,
    /// Since when events were passed over that the database does not know of.
    unnoted: Option<Instant>,
}

/// What an attempt changes.
#[derive(Debug, Clone)]
enum Change {
    /// Only how the webhook does.
    Health,
    /// A delivery failed for the first time.
    PutAside(Delivery),
    /// A delivery that had failed was tried again.
    Tried(Delivery),
    /// A delivery that had failed has arrived.
    Arrived(WebhookDeliveryId),
    /// The webhook is disabled.
    Disabled(String),
}

impl Carrier {
    /// Serves until told to stop, or the webhook is disabled or gone.
    pub(super) async fn run(self) {
        while !self.stop.is_cancelled() {
            match self.serve().await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(webhook = %self.id, %error, "a webhook could not be served");
                    self.rest(PAUSE).await;
                }
            }
        }
    }

    async fn rest(&self, pause: Duration) {
        // whether it was told to stop is looked at by whoever goes on
        let _ = self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }

    async fn serve(&self) -> Result<()> {
        let changes = self.hub.store.changes();
        let read = self.hub.store.read();
        let Some((webhook, secret)) = read.webhook_to_serve(self.id).await? else {
            return Ok(());
        };
        let Some(tenant) = read.tenant_by_id(webhook.tenant).await? else {
            return Ok(());
        };
        let filter = EventFilter::of_webhook(&webhook);
        let (tenant, key) = (tenant.name, key_of(&secret)?);
        let mut route = Route { webhook, tenant, key, filter, changes, unnoted: None };
        self.look_for_gap(&mut route).await?;
        let mut is_clear = false;
        while !self.stop.is_cancelled() && !route.webhook.disabled {
            if is_clear {
                is_clear = self.carry_on(&mut route).await?;
                continue;
            }
            match self.hub.store.read().next_webhook_delivery(self.id).await? {
                Some(delivery) => self.try_again(&mut route, delivery).await?,
                None => is_clear = true,
            }
        }
        if route.unnoted.is_some() { self.note(&mut route, Change::Health).await } else { Ok(()) }
    }

    /// Notes it if the log does not have what comes next any more.
    async fn look_for_gap(&self, route: &mut Route) -> Result<()> {
        let first = self.hub.store.read().first_event().await?;
        if route.webhook.health.seq == 0 || route.webhook.health.seq >= first {
            return Ok(());
        }
        tracing::warn!(webhook = %self.id, "events may be gone that a webhook was not sent");
        route.webhook.health.seq = first - 1;
        route.webhook.health.lost_at = Some(self.hub.now());
        self.note(route, Change::Health).await
    }

    /// Sends what comes next, or waits for it. False if it was put aside.
    async fn carry_on(&self, route: &mut Route) -> Result<bool> {
        let read = self.hub.store.read();
        let events = read.events_after(route.webhook.health.seq, BATCH).await?;
        if events.is_empty() {
            self.wait(route).await?;
            return Ok(true);
        }
        let batch = Batch::of(&route.webhook, &route.filter, events);
        let (seq, count) = (batch.seq, batch.len());
        if count == 0 {
            route.webhook.health.seq = seq;
            let unnoted = route.unnoted.get_or_insert_with(Instant::now);
            if unnoted.elapsed() >= NOTE_EVERY {
                self.note(route, Change::Health).await?;
            }
            return Ok(true);
        }
        let mut delivery = Delivery {
            id: WebhookDeliveryId(0),
            webhook: self.id,
            dead: false,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            events: i32::try_from(count).unwrap_or(i32::MAX),
            body: batch.body(&route.tenant),
            attempts: Attempts::first(self.hub.now()),
            due_at: None,
            status: 0,
            error: String::new(),
        };
        let verdict = self.attempt(route, &mut delivery).await;
        if !matches!(verdict, Verdict::Disable(_)) {
            route.webhook.health.seq = seq;
        }
        let is_delivered = verdict == Verdict::Delivered;
        let change = match verdict {
            Verdict::Delivered => Change::Health,
            Verdict::Again(_) | Verdict::Dead => Change::PutAside(delivery),
            Verdict::Disable(reason) => Change::Disabled(reason),
        };
        self.note(route, change).await?;
        Ok(is_delivered)
    }

    /// Waits until something happened. What was passed over is noted now and then.
    async fn wait(&self, route: &mut Route) -> Result<()> {
        let until = route.unnoted.map(|since| since + NOTE_EVERY);
        let is_due = async {
            match until {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Ok(()),
            () = is_due => self.note(route, Change::Health).await,
            is_open = route.changes.changed() => {
                if is_open { Ok(()) } else { Err(Error::Unavailable) }
            }
        }
    }

    /// Sends what could not be delivered, when it is due.
    async fn try_again(&self, route: &mut Route, mut delivery: Delivery) -> Result<()> {
        while let Some(due_at) = delivery.due_at.filter(|due_at| *due_at > self.hub.now()) {
            // in small steps: the hub's clock need not go as the machine's
            self.rest(due_at.since(self.hub.now()).min(PAUSE)).await;
            if self.stop.is_cancelled() {
                return Ok(());
            }
        }
        let now = self.hub.now();
        delivery.attempts = delivery.attempts.again(now);
        let was_dead = delivery.dead;
        let change = match self.attempt(route, &mut delivery).await {
            Verdict::Delivered => Change::Arrived(delivery.id),
            Verdict::Disable(reason) if !was_dead => Change::Disabled(reason),
            Verdict::Again(_) | Verdict::Dead | Verdict::Disable(_) if was_dead => {
                Change::Tried(Delivery { dead: true, due_at: None, ..delivery })
            }
            Verdict::Again(_) | Verdict::Dead | Verdict::Disable(_) => Change::Tried(delivery),
        };
        self.note(route, change).await
    }

    /// Sends a body and says what follows; notes in it and in the webhook how that went.
    async fn attempt(&self, route: &mut Route, delivery: &mut Delivery) -> Verdict {
        let id = format!("otahub-{}-{}-{}", self.id, delivery.first_seq, delivery.last_seq);
        let at = delivery.attempts.last;
        let message = Message { id: &id, at, body: &delivery.body };
        let begun = Instant::now();
        let sent = self.hub.sender.send(&route.webhook.url, &route.key, &message);
        let outcome = sent.await;
        let health = &mut route.webhook.health;
        let random = f64::from(self.hub.entropy.bytes()[0]) / 255.0;
        let verdict = judge(&outcome, delivery.attempts, health.failing_since, random);
        measure(&verdict, begun.elapsed());
        if verdict == Verdict::Delivered {
            (health.failing_since, health.succeeded_at) = (None, Some(at));
            return verdict;
        }
        if !delivery.dead {
            health.failing_since.get_or_insert(at);
        }
        self.tell(delivery, &outcome, &verdict);
        (delivery.status, delivery.error) = (outcome.status(), outcome.error());
        delivery.dead = verdict == Verdict::Dead;
        delivery.due_at = match verdict {
            Verdict::Again(due_at) => Some(due_at),
            Verdict::Delivered | Verdict::Dead | Verdict::Disable(_) => None,
        };
        verdict
    }

    fn tell(&self, delivery: &Delivery, outcome: &Outcome, verdict: &Verdict) {
        let (webhook, error, attempts) = (self.id, outcome.error(), delivery.attempts.count);
        match verdict {
            Verdict::Again(_) if attempts > 1 => {
                tracing::debug!(%webhook, attempts, error, "a webhook was not delivered");
            }
            _ => tracing::warn!(%webhook, attempts, error, ?verdict, "a webhook was not delivered"),
        }
    }

    /// Writes down how the webhook does, and what has changed, if it is still this node's to
    /// serve.
    async fn note(&self, route: &mut Route, change: Change) -> Result<()> {
        if let Change::Disabled(reason) = &change {
            route.webhook.disabled = true;
            tracing::warn!(webhook = %self.id, reason, "a webhook was disabled");
        }
        let (lease, now) = (self.lease.clone(), self.hub.now());
        let webhook = route.webhook.clone();
        let noted = self.hub.write(Lane::ANY, move |session| {
            let (lease, webhook, change) = (lease.clone(), webhook.clone(), change.clone());
            Box::pin(async move {
                if let Some(lease) = &lease
                    && !session.holds_lease(lease).await?
                {
                    return Err(Error::Unavailable);
                }
                session.save_webhook_health(webhook.id, &webhook.health).await?;
                save(session, &webhook, &change, now).await
            })
        });
        noted.await?;
        route.unnoted = None;
        Ok(())
    }
}

async fn save(
    session: &Session<'_>,
    webhook: &Webhook,
    change: &Change,
    now: Timestamp,
) -> Result<()> {
    match change {
        Change::Health => {}
        Change::PutAside(delivery) => session.insert_webhook_delivery(delivery).await?,
        Change::Tried(delivery) => {
            session.save_webhook_delivery(delivery).await?;
            if delivery.dead {
                session.limit_dead_deliveries(webhook.id).await?;
            }
        }
        Change::Arrived(id) => {
            session.delete_webhook_delivery(webhook.id, *id).await?;
        }
        Change::Disabled(reason) => {
            session.disable_webhook(webhook.id, reason).await?;
            let log = Log { session, tenant: webhook.tenant, now };
            log.resource(Happened::WebhookChanged, &names::webhook(webhook.id.0)).await?;
        }
    }
    Ok(())
}

fn measure(verdict: &Verdict, took: Duration) {
    let outcome = match verdict {
        Verdict::Delivered => "delivered",
        Verdict::Again(_) => "failed",
        Verdict::Dead => "dead",
        Verdict::Disable(_) => "disabled",
    };
    metrics::counter!("otahub_webhook_attempts_total", "outcome" => outcome).increment(1);
    metrics::histogram!("otahub_webhook_attempt_seconds").record(took.as_secs_f64());
}
