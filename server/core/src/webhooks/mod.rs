//! Webhooks: another reader of the event log, which sends on what it reads.
//!
//! One node serves all webhooks: it holds a lease, where there are several nodes. It has one
//! [`carrier`] for each that is enabled, so that a slow receiver holds up nobody else. When a
//! webhook changes, its carrier finishes what it is about and another one begins.

mod body;
mod carrier;
mod guard;
mod sender;

pub(crate) use sender::{Sender, checked_secret, new_secret};

use crate::event::Happened;
use crate::hub::Hub;
use carrier::Carrier;
use otahub_domain::{Result, Timestamp, WebhookId};
use otahub_proto::names;
use otahub_store::{Backend, Lane, Lease};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The right to serve webhooks.
const LEASE: &str = "webhooks";
/// For how long it is taken, and how often it is taken again.
const LEASE_FOR: Duration = Duration::from_secs(15);
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long carriers may go on when the hub ends.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many events are read at once.
const BATCH: u64 = 500;

/// A carrier at work.
struct Working {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Sees to it that all webhooks are served.
struct Office {
    hub: Hub,
    lease: Option<Lease>,
    /// When to see to the lease again.
    renew_at: Timestamp,
    /// The last event that was looked at; none if it is not known which webhooks there are.
    seen: Option<i64>,
    enabled: BTreeSet<WebhookId>,
    carriers: HashMap<WebhookId, Working>,
}

impl Hub {
    /// Serves webhooks, as far as other nodes do not, until `stop` is cancelled.
    pub(crate) async fn serve_webhooks_until(self, stop: CancellationToken) {
        let mut changes = self.store.changes();
        let mut office = Office {
            renew_at: self.now(),
            hub: self,
            lease: None,
            seen: None,
            enabled: BTreeSet::new(),
            carriers: HashMap::new(),
        };
        loop {
            match stop.run_until_cancelled(office.turn()).await {
                None => break,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "webhooks could not be looked at; trying again");
                    office.seen = None;
                }
            }
            // where there are several nodes, wake-ups come of themselves, too
            if stop.run_until_cancelled(changes.changed()).await != Some(true) {
                break;
            }
        }
        office.close().await;
    }
}

impl Office {
    async fn turn(&mut self) -> Result<()> {
        let changed = self.read_log().await?;
        for (id, working) in &self.carriers {
            if changed.has(*id) {
                working.stop.cancel();
            }
        }
        if !changed.is_nothing() {
            self.enabled = self.hub.store.read().enabled_webhooks().await?.into_iter().collect();
        }
        if self.enabled.is_empty() && self.carriers.is_empty() {
            return self.give_up().await;
        }
        if !self.hold_lease().await? {
            for (_, working) in self.carriers.drain() {
                working.task.abort();
            }
            return Ok(());
        }
        self.staff();
        Ok(())
    }

    /// Which webhooks may have changed.
    async fn read_log(&mut self) -> Result<Changed> {
        let Some(mut seen) = self.seen else {
            self.seen = Some(self.hub.store.read().last_event().await?);
            return Ok(Changed::All);
        };
        let mut changed = Changed::These(BTreeSet::new());
        loop {
            let events = self.hub.store.read().events_after(seen, BATCH).await?;
            let Some(last) = events.last() else {
                return Ok(changed);
            };
            seen = last.seq;
            self.seen = Some(seen);
            for event in &events {
                if event.kind == Happened::TenantChanged.as_str() {
                    changed = Changed::All;
                }
                if event.kind == Happened::WebhookChanged.as_str()
                    && let Some(id) = names::number("webhooks", &event.payload)
                {
                    changed.add(WebhookId(id));
                }
            }
        }
    }

    /// Lets a carrier begin for each webhook that has none, after its former one has ended.
    fn staff(&mut self) {
        for (id, working) in &self.carriers {
            if !self.enabled.contains(id) {
                working.stop.cancel();
            }
        }
        self.carriers
            .retain(|id, working| self.enabled.contains(id) || !working.task.is_finished());
        for id in &self.enabled {
            let former = match self.carriers.remove(id) {
                Some(working) if !working.stop.is_cancelled() && !working.task.is_finished() => {
                    self.carriers.insert(*id, working);
                    continue;
                }
                former => former,
            };
            let stop = CancellationToken::new();
            let carrier = Carrier {
                hub: self.hub.clone(),
                id: *id,
                lease: self.lease.clone(),
                stop: stop.clone(),
            };
            let task = tokio::spawn(async move {
                if let Some(former) = former {
                    // how it ended is of no matter
                    let _ = former.task.await;
                }
                carrier.run().await;
            });
            self.carriers.insert(*id, Working { stop, task });
        }
    }

    /// Whether this node may serve. Without other nodes it may.
    async fn hold_lease(&mut self) -> Result<bool> {
        let now = self.hub.now();
        if self.hub.store.backend() == Backend::Sqlite {
            return Ok(true);
        }
        if now < self.renew_at {
            return Ok(self.lease.is_some());
        }
        self.renew_at = now.plus(RENEW_EVERY);
        let (held, owner) = (self.lease.take(), self.hub.node_name());
        self.lease = self
            .hub
            .write(Lane::exclusive(LEASE), move |session| {
                let (held, owner) = (held.clone(), owner.clone());
                Box::pin(async move {
                    Ok(match held {
                        Some(lease) => session.renew_lease(&lease, LEASE_FOR, now).await?,
                        None => session.acquire_lease(LEASE, &owner, LEASE_FOR, now).await?,
                    })
                })
            })
            .await?;
        Ok(self.lease.is_some())
    }

    async fn give_up(&mut self) -> Result<()> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        self.hub
            .write(Lane::exclusive(LEASE), move |session| {
                let lease = lease.clone();
                Box::pin(async move { Ok(session.release_lease(&lease).await?) })
            })
            .await?;
        Ok(())
    }

    /// Lets carriers finish what they are about, if that does not take long.
    async fn close(mut self) {
        let working: Vec<Working> = self.carriers.drain().map(|(_, working)| working).collect();
        for one in &working {
            one.stop.cancel();
        }
        let aborts: Vec<_> = working.iter().map(|one| one.task.abort_handle()).collect();
        let ended = futures::future::join_all(working.into_iter().map(|one| one.task));
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        if let Err(error) = self.give_up().await {
            tracing::debug!(%error, "the lease of webhooks runs out by itself");
        }
    }
}

/// Which webhooks may have changed.
enum Changed {
    All,
    These(BTreeSet<WebhookId>),
}

impl Changed {
    fn add(&mut self, id: WebhookId) {
        if let Self::These(ids) = self {
            ids.insert(id);
        }
    }

    fn has(&self, id: WebhookId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(&id),
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::These(ids) if ids.is_empty())
    }
}
