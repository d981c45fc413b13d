//! Who lets target filters assign, and when: one node at a time, at once when something happens
//! to a target, and over all targets now and then.
//!
//! What happens to targets is read from the event log, from where this node left off. Whoever
//! cannot say where it left off (it has just begun, or another node was at it, or something
//! failed) looks over all targets once. So nothing has to be remembered beyond the process, and
//! nothing is missed.

use crate::event::Happened;
use crate::hub::Hub;
use crate::usecase::Among;
use otahub_domain::target_filter::TargetFilter;
use otahub_domain::{Result, TargetFilterId, TargetId, TenantId, Timestamp};
use otahub_store::{Event, Lane, Lease};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The right to assign.
const LEASE: &str = "auto_assignment";
/// For how long it is taken.
const LEASE_FOR: Duration = Duration::from_secs(15);
/// How long to wait before asking for it again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How often to see whether it is time to look over all targets, or to try again.
const TICK: Duration = Duration::from_secs(1);
/// How long to let events gather.
const GATHER: Duration = Duration::from_millis(20);
/// How many events are read, and targets looked at, at once.
const BATCH: u64 = 500;

/// What makes a target worth a look.
const OF_TARGETS: [Happened; 4] = [
    Happened::TargetCreated,
    Happened::TargetUpdated,
    Happened::ActionUpdated,
    Happened::ActionDeleted,
];
/// What may make any target of a tenant match.
const OF_ALL: [Happened; 2] = [Happened::TargetTypeChanged, Happened::TargetTagChanged];

/// What is to be looked at.
#[derive(Debug, Default)]
struct Work {
    /// Filters that look over all targets.
    filters: BTreeSet<TargetFilterId>,
    /// Targets that all filters of their tenant look at.
    targets: BTreeMap<TenantId, BTreeSet<TargetId>>,
}

impl Work {
    fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.targets.is_empty()
    }
}

/// Lets target filters assign, as far as other nodes do not.
pub struct AutoAssigner {
    hub: Hub,
    /// This node's name.
    owner: String,
    lease: Option<Lease>,
    /// Not to be asked for before.
    ask_at: Option<Timestamp>,
    /// The last event that was acted upon; none if it is not known what was.
    seen: Option<i64>,
    /// The filters that assign, as of that event.
    filters: Vec<TargetFilter>,
    /// When all targets were looked over last.
    swept_at: Timestamp,
}

impl Hub {
    /// Whoever lets target filters assign on this node.
    #[must_use]
    pub fn auto_assigner(&self) -> AutoAssigner {
        AutoAssigner {
            hub: self.clone(),
            owner: uuid::Uuid::new_v4().to_string(),
            lease: None,
            ask_at: None,
            seen: None,
            filters: Vec::new(),
            swept_at: self.now(),
        }
    }
}

impl AutoAssigner {
    /// Assigns until `stop` is cancelled.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut changes = self.hub.store.changes();
        let mut is_news = true;
        loop {
            match stop.run_until_cancelled(self.turn(is_news)).await {
                None => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "automatic assignment was interrupted; trying again");
                }
            }
            let woken = async {
                is_news = tokio::time::timeout(TICK, changes.changed()).await.is_ok();
                tokio::time::sleep(GATHER).await;
            };
            if stop.run_until_cancelled(woken).await.is_none() {
                break;
            }
        }
        self.give_up().await;
    }

    /// Does what there is to do now; how many targets got a set. Without news the event log is
    /// not read.
    ///
    /// # Errors
    /// [`otahub_domain::Error::Unavailable`]: the next turn looks over all targets.
    pub async fn turn(&mut self, is_news: bool) -> Result<u64> {
        if self.ask_at.is_some_and(|at| self.hub.now() < at) {
            return Ok(0);
        }
        let done = self.try_turn(is_news).await;
        if done.is_err() {
            self.seen = None;
        }
        done
    }

    async fn try_turn(&mut self, is_news: bool) -> Result<u64> {
        let mut assigned = 0;
        loop {
            let (work, has_more) = self.find_work(is_news).await?;
            if !work.is_empty() {
                if !self.hold_lease().await? {
                    self.seen = None;
                    return Ok(assigned);
                }
                assigned += self.work(&work).await?;
            }
            if !has_more {
                break;
            }
        }
        // a lease that ran out would go to a node that has to look over all targets first
        if self.lease.is_some() && !self.filters.is_empty() && !self.hold_lease().await? {
            self.seen = None;
        }
        Ok(assigned)
    }

    /// What is to be looked at, and whether there are more events than were read.
    async fn find_work(&mut self, is_news: bool) -> Result<(Work, bool)> {
        let now = self.hub.now();
        let mut work = Work::default();
        let Some(seen) = self.seen else {
            let last = self.hub.store.read().last_event().await?;
            self.filters = self.hub.store.read().assigning_target_filters().await?;
            self.seen = Some(last);
            self.sweep(&mut work, now);
            return Ok((work, false));
        };
        let has_more = is_news && self.read_events(seen, &mut work).await?;
        let sweep_at = self.swept_at.plus(self.hub.options.auto_assignment_interval);
        if !self.filters.is_empty() && now >= sweep_at {
            self.sweep(&mut work, now);
        }
        Ok((work, has_more))
    }

    fn sweep(&mut self, work: &mut Work, now: Timestamp) {
        self.swept_at = now;
        work.filters.extend(self.filters.iter().map(|filter| filter.id));
    }

    async fn read_events(&mut self, seen: i64, work: &mut Work) -> Result<bool> {
        let read = self.hub.store.read();
        let last = read.last_event().await?;
        if last == seen {
            return Ok(false);
        }
        let mut kinds = vec![Happened::TargetFilterChanged.as_str()];
        if !self.filters.is_empty() {
            kinds.extend(OF_TARGETS.iter().chain(&OF_ALL).map(|what| what.as_str()));
        }
        let events = read.events_of_kinds((seen, last), &kinds, BATCH).await?;
        let reached = match events.last() {
            Some(event) if events.len() as u64 == BATCH => event.seq,
            _ => last,
        };
        if events.iter().any(|event| event.kind == Happened::TargetFilterChanged.as_str()) {
            self.reload(work).await?;
        }
        for event in &events {
            self.note(event, work);
        }
        self.seen = Some(reached);
        Ok(reached < last)
    }

    /// Reads the filters anew; those that are new, or other than before, look over all targets.
    async fn reload(&mut self, work: &mut Work) -> Result<()> {
        let current = self.hub.store.read().assigning_target_filters().await?;
        let is_known = |filter: &&TargetFilter| {
            let mut known = self.filters.iter();
            known.any(|old| (old.id, old.version) == (filter.id, filter.version))
        };
        let changed = current.iter().filter(|filter| !is_known(filter));
        work.filters.extend(changed.map(|filter| filter.id));
        self.filters = current;
        Ok(())
    }

    fn note(&self, event: &Event, work: &mut Work) {
        let is_any = |of: &[Happened]| of.iter().any(|what| what.as_str() == event.kind);
        let mut own = self.filters.iter().filter(|filter| filter.tenant == event.tenant).peekable();
        if own.peek().is_none() {
            return;
        }
        if is_any(&OF_ALL) {
            work.filters.extend(own.map(|filter| filter.id));
        } else if is_any(&OF_TARGETS)
            && let Some(target) = event.target
        {
            work.targets.entry(event.tenant).or_default().insert(target);
        }
    }

    async fn work(&mut self, work: &Work) -> Result<u64> {
        let mut assigned = 0;
        for filter in self.filters.clone() {
            if !self.hold_lease().await? {
                self.seen = None;
                return Ok(assigned);
            }
            if work.filters.contains(&filter.id) {
                assigned += self.hub.assign_by_filter(&filter, Among::All).await?;
            } else if let Some(targets) = work.targets.get(&filter.tenant) {
                let targets: Vec<TargetId> = targets.iter().copied().collect();
                assigned += self.hub.assign_by_filter(&filter, Among::These(&targets)).await?;
            }
        }
        Ok(assigned)
    }

    /// Takes the lease, or prolongs it when half of it is over; whether it is held.
    async fn hold_lease(&mut self) -> Result<bool> {
        let now = self.hub.now();
        let fresh = |lease: &Lease| lease.expires_at > now.plus(LEASE_FOR / 2);
        if self.lease.as_ref().is_some_and(fresh) {
            return Ok(true);
        }
        let owner = self.owner.clone();
        self.lease = self
            .hub
            .write(Lane::exclusive(LEASE), move |session| {
                let owner = owner.clone();
                Box::pin(
                    async move { Ok(session.acquire_lease(LEASE, &owner, LEASE_FOR, now).await?) },
                )
            })
            .await?;
        self.ask_at = self.lease.is_none().then(|| now.plus(ASK_AGAIN));
        Ok(self.lease.is_some())
    }

    /// Lets another node go on at once.
    async fn give_up(self) {
        let Some(lease) = self.lease else {
            return;
        };
        let given = self.hub.write(Lane::exclusive(LEASE), move |session| {
            let lease = lease.clone();
            Box::pin(async move { Ok(session.release_lease(&lease).await?) })
        });
        if let Err(error) = given.await {
            tracing::debug!(%error, "the lease of automatic assignment runs out by itself");
        }
    }
}
