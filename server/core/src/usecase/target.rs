//! Targets as operators see and change them, and what devices say of themselves.

use crate::auth::DeviceCaller;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::outcome::Outcome;
use otahub_domain::request::Expected;
use otahub_domain::software::{Metadata, check_metadata};
use otahub_domain::target::{
    AttributeMode, Target, TargetDraft, TargetPatch, check_attributes_given, generated_token,
    merge_attributes, new_target, retain_attributes,
};
use otahub_domain::tenant::Quotas;
use otahub_domain::{Entity, Error, Result, TenantId, Timestamp};
use otahub_store::{Lane, Session};
use std::collections::{BTreeMap, BTreeSet};

/// What a device says of itself, by key; no value takes the key away.
pub(crate) type AttributeChange = BTreeMap<String, Option<String>>;

/// Finds a target within a session.
pub(super) async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    controller_id: &str,
) -> Result<Target> {
    let target = session.target(tenant, controller_id).await?;
    target.ok_or_else(|| Error::not_found(Entity::Target, controller_id))
}

impl Hub {
    /// The target, with what is known of its last poll but not written yet.
    pub(crate) async fn find_target(&self, tenant: TenantId, id: &str) -> Result<Target> {
        let target = find(&self.store.read(), tenant, id).await?;
        Ok(self.with_last_seen(target))
    }

    /// Adds what is known of its last poll but not written yet.
    pub(crate) fn with_last_seen(&self, mut target: Target) -> Target {
        if let Some(seen) = self.last_seen.of(target.id) {
            target.last_poll_at = target.last_poll_at.max(Some(seen.at));
            target.address = seen.address.or(target.address);
        }
        target
    }

    /// Makes targets, all or none.
    pub(crate) async fn create_targets(
        &self,
        tenant: TenantId,
        by: &str,
        drafts: Vec<TargetDraft>,
    ) -> Result<Vec<Target>> {
        let now = self.now();
        let targets = drafts
            .iter()
            .map(|draft| new_target(draft, generated_token(self.entropy.bytes()), by, now))
            .collect::<Result<Vec<_>>>()?;
        let created = self
            .write(
                Lane::ANY,
                self.once(move |session| {
                    let targets = targets.clone();
                    Box::pin(async move { insert_all(session, tenant, &targets, now).await })
                }),
            )
            .await?;
        for target in &created {
            self.devices.forget(tenant, &target.controller_id);
        }
        Ok(created)
    }

    /// Changes a target.
    pub(crate) async fn change_target(
        &self,
        tenant: TenantId,
        controller_id: String,
        by: &str,
        patch: TargetPatch,
    ) -> Result<Target> {
        let changed = self.change_targets(tenant, by, vec![(controller_id, patch)]).await?;
        changed.into_iter().next().ok_or(Error::Internal)
    }

    /// Deletes a target with all that it owns.
    pub(crate) async fn delete_target(
        &self,
        tenant: TenantId,
        id: String,
        expected: Expected,
    ) -> Result<()> {
        self.delete_targets(tenant, vec![(id, expected)]).await
    }

    /// Changes what a device says of itself.
    pub(crate) async fn update_attributes(
        &self,
        caller: &DeviceCaller,
        change: AttributeChange,
        mode: AttributeMode,
    ) -> Result<()> {
        let (now, quota) = (self.now(), self.options.quotas.attributes_per_target);
        let id = caller.controller_id.clone();
        if caller.adapter.is_none() {
            // messages of other protocols may be empty
            check_attributes_given(&change)?;
        }
        self.with_target(caller.tenant.id, id, move |session, mut target| {
            let change = change.clone();
            Box::pin(async move {
                change_attributes(session, &mut target, &change, mode, quota).await?;
                super::rollout::check_proofs(session, &target, now).await?;
                save(session, &target, now).await.map(|_| ())
            })
        })
        .await
    }

    /// Forgets the attributes of a device that begin with one of `prefixes`, but for those that
    /// are named. Gives how many those are.
    pub(crate) async fn retain_attributes(
        &self,
        caller: &DeviceCaller,
        prefixes: Vec<String>,
        keys: BTreeSet<String>,
    ) -> Result<usize> {
        let (now, id) = (self.now(), caller.controller_id.clone());
        self.with_target(caller.tenant.id, id, move |session, target| {
            let (prefixes, keys) = (prefixes.clone(), keys.clone());
            Box::pin(async move {
                let current = session.attributes(&target).await?;
                let kept = retain_attributes(&current, &prefixes, &keys);
                let forgotten = current.len() - kept.len();
                if forgotten > 0 {
                    session.replace_attributes(&target, &kept).await?;
                    save(session, &target, now).await?;
                }
                Ok(forgotten)
            })
        })
        .await
    }

    /// Adds metadata to a target; refuses keys that are there.
    pub(crate) async fn add_target_metadata(
        &self,
        tenant: TenantId,
        id: String,
        by: &str,
        entries: Vec<Metadata>,
    ) -> Result<()> {
        let (now, by) = (self.now(), by.to_owned());
        let quota = self.options.quotas.metadata_per_target;
        self.with_target(tenant, id, move |session, mut target| {
            let (entries, by) = (entries.clone(), by.clone());
            Box::pin(async move {
                let have = session.metadata(&target).await?.len() as u64;
                Quotas::check("metadata per target", have, entries.len() as u64, quota)?;
                for entry in &entries {
                    check_metadata(entry)?;
                    session.insert_metadata(&target, entry).await?;
                }
                target.audit.touch(&by, now);
                save(session, &target, now).await.map(|_| ())
            })
        })
        .await
    }

    /// Sets one metadata entry of a target.
    pub(crate) async fn put_target_metadata(
        &self,
        tenant: TenantId,
        id: String,
        by: &str,
        entry: Metadata,
    ) -> Result<Metadata> {
        let (now, by) = (self.now(), by.to_owned());
        let quota = self.options.quotas.metadata_per_target;
        self.with_target(tenant, id, move |session, mut target| {
            let (entry, by) = (entry.clone(), by.clone());
            Box::pin(async move {
                check_metadata(&entry)?;
                let have = session.metadata(&target).await?;
                let more = u64::from(have.iter().all(|m| m.key != entry.key));
                Quotas::check("metadata per target", have.len() as u64, more, quota)?;
                session.put_metadata(&target, &entry).await?;
                target.audit.touch(&by, now);
                save(session, &target, now).await?;
                Ok(entry)
            })
        })
        .await
    }

    /// Removes one metadata entry of a target.
    pub(crate) async fn delete_target_metadata(
        &self,
        tenant: TenantId,
        id: String,
        key: String,
    ) -> Result<()> {
        let now = self.now();
        self.with_target(tenant, id, move |session, target| {
            let key = key.clone();
            Box::pin(async move {
                if session.delete_metadata(&target, &key).await? {
                    let log = Log { session, tenant, now };
                    return log.target(Happened::TargetUpdated, &target).await;
                }
                let id = format!("{}:{key}", target.controller_id);
                Err(Error::not_found(Entity::TargetMetadata, id))
            })
        })
        .await
    }

    /// Runs `job` on a target in a transaction of its lane, once for each request, and forgets what
    /// is remembered of it.
    pub(super) async fn with_target<T, F>(
        &self,
        tenant: TenantId,
        controller_id: String,
        job: F,
    ) -> Result<T>
    where
        T: Outcome,
        F: for<'s> Fn(&'s Session<'s>, Target) -> futures::future::BoxFuture<'s, Result<T>>
            + Send
            + Sync
            + 'static,
    {
        let job = std::sync::Arc::new(job);
        let id = controller_id.clone();
        self.write_and(
            Lane::target(tenant, &controller_id),
            self.once(move |session| {
                let (job, id) = (job.clone(), id.clone());
                Box::pin(async move {
                    let target = find(session, tenant, &id).await?;
                    job(session, target).await
                })
            }),
            move |hub, _| hub.devices.forget(tenant, &controller_id),
        )
        .await
    }
}

/// Writes what a device says of itself; the target is still to be saved.
pub(super) async fn change_attributes(
    session: &Session<'_>,
    target: &mut Target,
    change: &AttributeChange,
    mode: AttributeMode,
    quota: u64,
) -> Result<()> {
    let current = session.attributes(target).await?;
    let (merged, answered) = merge_attributes(&current, change, mode, quota)?;
    session.replace_attributes(target, &merged).await?;
    target.request_attributes &= !answered;
    Ok(())
}

/// Saves a changed target and tells so.
pub(super) async fn save(session: &Session<'_>, target: &Target, now: Timestamp) -> Result<Target> {
    let saved = session.save_target(target).await?;
    Log { session, tenant: saved.tenant, now }.target(Happened::TargetUpdated, &saved).await?;
    Ok(saved)
}

async fn insert_all(
    session: &Session<'_>,
    tenant: TenantId,
    targets: &[Target],
    now: Timestamp,
) -> Result<Vec<Target>> {
    super::target_type::check_types(session, tenant, targets).await?;
    let created = session.insert_targets(tenant, targets).await?;
    let log = Log { session, tenant, now };
    for target in &created {
        log.target(Happened::TargetCreated, target).await?;
    }
    Ok(created)
}
