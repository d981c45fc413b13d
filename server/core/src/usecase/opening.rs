//! Maintenance windows that open: devices that are reached by push are told.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::action::WindowState;
use otahub_domain::{ActionId, Result, TenantId, Timestamp};
use otahub_store::{Lane, Windowed};
use std::time::Duration;

/// What the addresses of devices begin with that are told of it.
const ADDRESSES: &str = "amqp:";
/// How many actions are looked at, and told of, at once.
const BATCH: u64 = 500;
/// For how long a node has the work; a dead node's is taken over after that.
const LEASE: Duration = Duration::from_secs(60);
/// What the lease is called.
const WINDOWS: &str = "windows";

impl Hub {
    /// Tells of the windows that were closed at `since` and are open now; gives the instant up to
    /// which all are told.
    pub(crate) async fn tell_openings(&self, since: Timestamp) -> Result<Timestamp> {
        let now = self.now();
        let mut after = ActionId(0);
        loop {
            let found = self.store.read().windowed_actions(after, ADDRESSES, BATCH).await?;
            let Some(last) = found.last() else {
                return Ok(now);
            };
            after = last.action;
            let opened: Vec<(TenantId, ActionId)> = found
                .iter()
                .filter(|one| has_opened(one, since, now))
                .map(|one| (one.tenant, one.action))
                .collect();
            if !opened.is_empty() && !self.tell_opened(opened, now).await? {
                // another node does
                return Ok(now);
            }
        }
    }

    async fn tell_opened(&self, opened: Vec<(TenantId, ActionId)>, now: Timestamp) -> Result<bool> {
        let owner = self.node_name();
        self.write(Lane::ANY, move |session| {
            let (opened, owner) = (opened.clone(), owner.clone());
            Box::pin(async move {
                if session.acquire_lease(WINDOWS, &owner, LEASE, now).await?.is_none() {
                    return Ok(false);
                }
                for (tenant, id) in opened {
                    let Some(action) = session.action(tenant, id).await? else {
                        continue;
                    };
                    if let Some(target) = session.target_by_id(tenant, action.target).await? {
                        let log = Log { session, tenant, now };
                        log.action(Happened::OfferChanged, &target, &action).await?;
                    }
                }
                Ok(true)
            })
        })
        .await
    }
}

/// Whether its window opened in between; one that was made in the window was told then.
fn has_opened(one: &Windowed, since: Timestamp, now: Timestamp) -> bool {
    let is_open = |at| matches!(one.window.state(at), WindowState::Open { .. });
    let start = one.window.next_start_at(now);
    !is_open(since) && is_open(now) && start.is_none_or(|start| one.created_at < start)
}
