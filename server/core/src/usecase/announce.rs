//! A device makes itself known by a message, or is said to be gone.

use super::target::{AttributeChange, change_attributes};
use crate::auth::DeviceCaller;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::target::{Announcement, AttributeMode, Target, announce, generated_token};
use otahub_domain::{Result, TargetTypeId, TenantId, Timestamp};
use otahub_store::{Lane, Session};

/// What a device says of itself when it makes itself known.
#[derive(Debug, Clone)]
pub(crate) struct Announcing {
    /// Who it is and where it can be reached.
    pub announcement: Announcement,
    /// Name of its type; empty for none.
    pub target_type: Option<String>,
    /// Its attributes.
    pub attributes: Option<(AttributeMode, AttributeChange)>,
}

impl Hub {
    /// Makes the device known, or known at another address. What is on offer for it becomes
    /// work for whoever pushes. Gives whether it was not known before.
    pub(crate) async fn announce(
        &self,
        caller: &DeviceCaller,
        announcing: Announcing,
    ) -> Result<bool> {
        let target_type = match announcing.target_type.as_deref() {
            None => None,
            Some(name) => self.type_by_name(caller.tenant.id, name).await?,
        };
        let tenant = caller.tenant.id;
        let controller_id = caller.controller_id.clone();
        let address = announcing.announcement.address.clone();
        let token = generated_token(self.entropy.bytes());
        let (now, quota) = (self.now(), self.options.quotas.attributes_per_target);
        let (target, created) = self
            .write_and(
                Lane::target(tenant, &controller_id),
                move |session| {
                    let (announcing, token) = (announcing.clone(), token.clone());
                    let job = Job { session, tenant, target_type, quota, now };
                    Box::pin(async move { job.run(announcing, token).await })
                },
                move |hub, _| hub.devices.forget(tenant, &controller_id),
            )
            .await?;
        self.last_seen.note(target.id, now, Some(address));
        Ok(created)
    }

    /// What to do about a type that a device names: `None` if there is no such type.
    async fn type_by_name(
        &self,
        tenant: TenantId,
        name: &str,
    ) -> Result<Option<Option<TargetTypeId>>> {
        if name.is_empty() {
            return Ok(Some(None));
        }
        let id = self.store.read().target_type_of_name(tenant, name).await?;
        if id.is_none() {
            tracing::debug!(name, "a device names a type that is not there");
        }
        Ok(id.map(Some))
    }
}

struct Job<'s> {
    session: &'s Session<'s>,
    tenant: TenantId,
    target_type: Option<Option<TargetTypeId>>,
    quota: u64,
    now: Timestamp,
}

impl Job<'_> {
    async fn run(&self, announcing: Announcing, token: String) -> Result<(Target, bool)> {
        let (session, tenant, now) = (self.session, self.tenant, self.now);
        let announcement = &announcing.announcement;
        let known = session.target(tenant, &announcement.controller_id).await?;
        let mut target = announce(known.as_ref(), announcement, token, now)?;
        if let Some(target_type) = self.target_type {
            target.target_type = target_type;
        }
        let created = known.is_none();
        let changed = if created {
            target = session.insert_target(tenant, &target).await?;
            Happened::TargetCreated
        } else {
            Happened::TargetUpdated
        };
        if let Some((mode, change)) = &announcing.attributes {
            change_attributes(session, &mut target, change, *mode, self.quota).await?;
            super::rollout::check_proofs(session, &target, now).await?;
        }
        if !created || announcing.attributes.is_some() {
            target = session.save_target(&target).await?;
        }
        let log = Log { session, tenant, now };
        log.target(changed, &target).await?;
        if let Some(current) = session.open_actions(&target).await?.first() {
            log.action(Happened::Registered, &target, &current.action).await?;
        }
        Ok((target, created))
    }
}
