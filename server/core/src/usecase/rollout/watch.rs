//! Rollouts as they go, for whoever watches: one look at the database for all who watch the same.

use super::ShownRollout;
use crate::hub::Hub;
use otahub_domain::rollout::{Group, Tally};
use otahub_domain::{Result, RolloutId, TenantId};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long those who watch are left in peace after they were told something.
const PACE: Duration = Duration::from_millis(200);
/// How often a rollout is looked at, should nothing happen.
const LOOK: Duration = Duration::from_secs(2);

/// A rollout and its groups at one moment.
#[derive(Debug, Clone)]
pub(crate) struct RolloutNow {
    /// The rollout.
    pub shown: ShownRollout,
    /// Its groups with their counts, in order.
    pub groups: Vec<(Group, Tally)>,
    /// Another one for every state of affairs.
    pub mark: String,
}

/// What watchers see: nothing once the rollout is gone.
pub(crate) type Watched = watch::Receiver<Option<Arc<RolloutNow>>>;
type Teller = Arc<watch::Sender<Option<Arc<RolloutNow>>>>;

/// The rollouts that are watched.
#[derive(Default)]
pub(crate) struct Watches(Mutex<HashMap<RolloutId, Teller>>);

impl Watches {
    fn join(&self, id: RolloutId) -> Option<Watched> {
        let watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watches.get(&id).map(|teller| teller.subscribe())
    }

    /// Joins, with a teller to be kept up to date if there was none.
    fn begin(&self, id: RolloutId, now: Option<Arc<RolloutNow>>) -> (Watched, Option<Teller>) {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(teller) = watches.get(&id) {
            return (teller.subscribe(), None);
        }
        let (teller, seen) = watch::channel(now);
        let teller = Arc::new(teller);
        watches.insert(id, teller.clone());
        (seen, Some(teller))
    }

    /// Ends the watch if nobody is there any more; whether it has.
    fn end_if_alone(&self, id: RolloutId, teller: &Teller) -> bool {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alone = teller.receiver_count() == 0;
        if is_alone {
            watches.remove(&id);
        }
        is_alone
    }
}

impl Hub {
    /// A rollout as it goes on.
    ///
    /// # Errors
    /// [`otahub_domain::Error::NotFound`].
    pub(crate) async fn watch_rollout(&self, tenant: TenantId, id: RolloutId) -> Result<Watched> {
        self.find_rollout(tenant, id).await?;
        if let Some(seen) = self.watches.join(id) {
            return Ok(seen);
        }
        let now = self.rollout_now(tenant, id).await?;
        let (seen, teller) = self.watches.begin(id, now);
        if let Some(teller) = teller {
            tokio::spawn(self.clone().keep_telling(tenant, id, teller));
        }
        Ok(seen)
    }

    async fn keep_telling(self, tenant: TenantId, id: RolloutId, teller: Teller) {
        let mut changes = self.store.changes();
        loop {
            tokio::select! {
                // neither an event nor the time that has passed is an error
                _ = tokio::time::timeout(LOOK, changes.changed()) => {}
                () = self.ending.cancelled() => return,
            }
            if self.watches.end_if_alone(id, &teller) {
                return;
            }
            match self.rollout_now(tenant, id).await {
                Ok(now) => {
                    teller.send_if_modified(|told| {
                        let is_new = mark_of(told) != mark_of(&now);
                        *told = now;
                        is_new
                    });
                }
                Err(error) => tracing::warn!(%error, rollout = id.0, "cannot be looked at"),
            }
            tokio::time::sleep(PACE).await;
        }
    }

    async fn rollout_now(
        &self,
        tenant: TenantId,
        id: RolloutId,
    ) -> Result<Option<Arc<RolloutNow>>> {
        let session = self.store.read();
        let Some(rollout) = session.rollout(tenant, id).await? else {
            return Ok(None);
        };
        let groups = self.with_tallies(id, session.rollout_groups(id).await?).await?;
        let Some(shown) = self.with_progress(tenant, vec![rollout]).await?.pop() else {
            return Ok(None);
        };
        let mark = mark(&shown, &groups);
        Ok(Some(Arc::new(RolloutNow { shown, groups, mark })))
    }
}

fn mark_of(now: &Option<Arc<RolloutNow>>) -> Option<&str> {
    now.as_ref().map(|now| now.mark.as_str())
}

fn mark(shown: &ShownRollout, groups: &[(Group, Tally)]) -> String {
    let mut hasher = DefaultHasher::new();
    (shown.rollout.id.0, shown.rollout.version, shown.progress.targets).hash(&mut hasher);
    for (group, tally) in groups {
        (group.id.0, group.version, tally).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
