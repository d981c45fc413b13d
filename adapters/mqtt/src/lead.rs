//! One bridge a broker: the node that holds the lease has it, the others wait for it.

use crate::ADAPTER;
use otahub_client::device::HoldLeaseRequest;
use otahub_client::{Caller, HubClient};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// For how long the lease holds without being prolonged.
const TTL_SECS: i64 = 10;
/// How often it is prolonged, or asked for.
const EVERY: Duration = Duration::from_secs(2);

/// The lease of a broker.
pub(crate) struct Lead {
    hub: HubClient,
    lease: String,
    owner: String,
}

impl Lead {
    /// The lease of `broker`, for a node.
    pub(crate) fn new(hub: HubClient, broker: &str, node: &str) -> Self {
        Self { hub, lease: format!("mqtt {broker}"), owner: node.to_owned() }
    }

    /// Waits until the lease is held; false if `stop` came first.
    pub(crate) async fn acquire(&self, stop: &CancellationToken) -> bool {
        loop {
            if stop.is_cancelled() {
                return false;
            }
            if self.hold(TTL_SECS).await.unwrap_or(false) {
                return true;
            }
            if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                return false;
            }
        }
    }

    /// Keeps the lease until `stop`, and gives it up then. Returns earlier if it is lost to
    /// another, or nobody could say for so long that it may be.
    pub(crate) async fn keep(&self, stop: &CancellationToken) {
        let mut sure = tokio::time::Instant::now();
        let limit = Duration::from_secs(TTL_SECS.unsigned_abs());
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            let asked = tokio::time::Instant::now();
            match self.hold(TTL_SECS).await {
                Some(true) => sure = asked,
                Some(false) => return,
                None if sure.elapsed() + EVERY >= limit => return,
                None => {}
            }
        }
    }

    /// Gives the lease up, so that nobody has to wait for its end.
    pub(crate) async fn release(&self) {
        self.hold(0).await;
    }

    /// Whether the lease is held; nothing if the hub cannot say.
    async fn hold(&self, seconds: i64) -> Option<bool> {
        let request = HoldLeaseRequest {
            lease: self.lease.clone(),
            owner: self.owner.clone(),
            duration: Some(prost_types::Duration { seconds, nanos: 0 }),
        };
        let held = self.hub.push(&Caller::adapter(ADAPTER)).hold_lease(request).await;
        held.map(|answer| answer.into_inner().held)
            .inspect_err(|error| tracing::debug!(%error, "the bridge's lease cannot be had"))
            .ok()
    }
}
