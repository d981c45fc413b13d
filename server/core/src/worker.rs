//! What the hub does of itself, at its own pace.

use crate::event::Happened;
use crate::hub::Hub;
use otahub_domain::{ApiTokenId, Result, Timestamp};
use otahub_proto::names;
use otahub_store::{Backend, Lane};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often last-seen times are written.
const FLUSH_EVERY: Duration = Duration::from_secs(3);
/// How often storage is tidied.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// How old an unfinished upload is when it is taken for dead, where other nodes may be at work.
const DEAD_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How often rollouts are looked at, should nothing happen.
const ROLL_EVERY: Duration = Duration::from_secs(2);
/// How long the hub rests before it looks at them again.
const ROLL_REST: Duration = Duration::from_millis(100);
/// How often it is looked which maintenance windows have opened, and how far back at a start.
const OPEN_EVERY: Duration = Duration::from_secs(5);
const MISSED: Duration = Duration::from_secs(600);
/// For how long dead deliveries of webhooks are kept.
const DEAD_DELIVERIES_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many events are read, and bytes removed, at once.
const BATCH: u64 = 500;

impl Hub {
    /// Starts the workers; they end when `stop` is cancelled, the last-seen times written.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(self.clone().flush_until(stop.clone()));
        tasks.spawn(self.clone().tidy_until(stop.clone()));
        tasks.spawn(self.auto_assigner().run(stop.clone()));
        tasks.spawn(self.clone().roll_until(stop.clone()));
        tasks.spawn(self.clone().open_until(stop.clone()));
        tasks.spawn(self.clone().serve_webhooks_until(stop.clone()));
        if self.store.backend() == Backend::Postgres {
            tasks.spawn(self.clone().follow_until(stop.clone()));
        }
    }

    async fn flush_until(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FLUSH_EVERY)).await.is_some() {
            if let Err(error) = self.flush_last_seen().await {
                tracing::warn!(%error, "last-seen times could not be written; trying again");
            }
        }
        if let Err(error) = self.flush_last_seen().await {
            tracing::error!(%error, "the last seconds' last-seen times are lost");
        }
    }

    /// Brings rollouts on whenever something happened, and every now and then.
    async fn roll_until(self, stop: CancellationToken) {
        let mut changes = self.store.changes();
        loop {
            let more = match self.work_on_rollouts().await {
                Ok(more) => more,
                Err(error) => {
                    tracing::warn!(%error, "rollouts could not be looked at; trying again");
                    false
                }
            };
            let wait = async {
                if !more {
                    // what happened meanwhile wakes up at once, but not without end
                    tokio::time::sleep(ROLL_REST).await;
                    // neither an event nor the time that has passed is an error
                    let _ = tokio::time::timeout(ROLL_EVERY, changes.changed()).await;
                }
            };
            if stop.run_until_cancelled(wait).await.is_none() {
                return;
            }
        }
    }

    /// Tells of maintenance windows that open.
    async fn open_until(self, stop: CancellationToken) {
        let mut since = self.now().minus(MISSED);
        while stop.run_until_cancelled(tokio::time::sleep(OPEN_EVERY)).await.is_some() {
            match self.tell_openings(since).await {
                Ok(reached) => since = reached,
                Err(error) => tracing::warn!(%error, "maintenance windows could not be looked at"),
            }
        }
    }

    /// Forgets what other nodes have changed.
    async fn follow_until(self, stop: CancellationToken) {
        let mut changes = self.store.changes();
        let mut seen = None;
        loop {
            match self.follow(seen).await {
                Ok(reached) => seen = Some(reached),
                Err(error) => tracing::warn!(%error, "the event log could not be read"),
            }
            if stop.run_until_cancelled(changes.changed()).await.is_none() {
                return;
            }
        }
    }

    async fn follow(&self, seen: Option<i64>) -> Result<i64> {
        let Some(mut seen) = seen else {
            let last = self.store.read().last_event().await?;
            self.devices.forget_all();
            self.tenants.forget_all();
            self.logins.forget_all();
            return Ok(last);
        };
        loop {
            let events = self.store.read().events_after(seen, BATCH).await?;
            let Some(last) = events.last() else {
                return Ok(seen);
            };
            seen = last.seq;
            for event in &events {
                self.forget_by(event);
            }
        }
    }

    fn forget_by(&self, event: &otahub_store::Event) {
        if let Some(controller_id) = &event.controller_id {
            self.devices.forget(event.tenant, controller_id);
        }
        if event.kind == Happened::SettingUpdated.as_str() {
            self.tenants.forget(event.tenant);
        }
        if event.kind == Happened::UserChanged.as_str() {
            let name = names::user_name(&event.payload).unwrap_or_default();
            self.logins.forget_user(event.tenant, &name);
        }
        if event.kind == Happened::ApiTokenChanged.as_str()
            && let Some(id) = names::number("apiTokens", &event.payload)
        {
            self.logins.forget_token(ApiTokenId(id));
        }
        if event.kind == Happened::TenantChanged.as_str() {
            self.forget_tenants();
        }
    }

    async fn tidy_until(self, stop: CancellationToken) {
        let alone = self.store.backend() == Backend::Sqlite;
        let mut dead_before = if alone { self.now() } else { self.now().minus(DEAD_AFTER) };
        loop {
            if let Err(error) = self.tidy(dead_before).await {
                tracing::warn!(%error, "storage could not be tidied; trying again later");
            }
            if stop.run_until_cancelled(tokio::time::sleep(TIDY_EVERY)).await.is_none() {
                return;
            }
            dead_before = self.now().minus(DEAD_AFTER);
        }
    }

    async fn tidy(&self, dead_before: Timestamp) -> Result<()> {
        let swept = self.blobs.sweep(dead_before).await?;
        if swept > 0 {
            tracing::info!(swept, "removed what interrupted uploads left");
        }
        for blob in self.store.read().stale_pending(dead_before).await? {
            self.write(Lane::ANY, move |session| {
                let sha256 = blob.sha256.clone();
                Box::pin(async move { Ok(session.drop_claims(&sha256, dead_before).await?) })
            })
            .await?;
        }
        self.remove_unneeded_bytes().await;
        let now = self.now();
        let before = now.minus(self.options.event_retention);
        self.write(Lane::ANY, move |session| {
            Box::pin(async move {
                session.trim_consumers(before, now).await?;
                session.trim_webhook_deliveries(now.minus(DEAD_DELIVERIES_FOR)).await?;
                Ok(session.trim_events(before).await?)
            })
        })
        .await?;
        self.forget_requests().await?;
        if let Some(retention) = self.options.audit_retention {
            let before = self.now().minus(retention);
            self.write(Lane::ANY, move |session| {
                Box::pin(async move { Ok(session.trim_audit(before).await?) })
            })
            .await?;
        }
        Ok(())
    }

    /// Removes artifact bytes that no artifact refers to. What fails is tried again later.
    pub(crate) async fn remove_unneeded_bytes(&self) {
        if let Err(error) = self.try_remove_unneeded_bytes().await {
            tracing::warn!(%error, "artifact bytes could not be removed; trying again later");
        }
    }

    async fn try_remove_unneeded_bytes(&self) -> Result<()> {
        for blob in self.store.read().unreferenced_blobs(BATCH).await? {
            let blobs = self.blobs.clone();
            self.write(Lane::ANY, move |session| {
                let (blobs, sha256) = (blobs.clone(), blob.sha256.clone());
                Box::pin(async move {
                    // the row stays locked until the bytes are gone, so that no upload of the
                    // same bytes can come in between; removing them twice does no harm
                    if session.lock_blob_if_unreferenced(&sha256).await? {
                        blobs.delete(&sha256).await?;
                        session.delete_blob(&sha256).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(())
    }
}
