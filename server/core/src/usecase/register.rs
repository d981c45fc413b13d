//! A device that is heard of for the first time.

use crate::auth::DeviceCaller;
use crate::devices::Device;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::target::{Target, UpdateStatus, generated_token, plug_and_play};
use otahub_domain::{Entity, Error, Result, TenantId, Timestamp};
use otahub_store::{Lane, Session};
use std::sync::Arc;

impl Hub {
    /// What is remembered of the device that calls; it is registered if it is new and may be.
    pub(crate) async fn heard_of(&self, caller: &DeviceCaller) -> Result<Arc<Device>> {
        let now = self.now();
        let address = caller.peer_address.as_deref().map(address_of);
        let device = match &caller.device {
            Some(device) if !device.is_new => device.clone(),
            Some(_) => self.first_contact(caller).await?,
            None if caller.may_register => self.register(caller, address.clone()).await?,
            None => return Err(Error::Unauthenticated),
        };
        let moved = address.filter(|a| device.address.as_deref() != Some(a));
        self.last_seen.note(device.id, now, moved);
        Ok(device)
    }

    async fn register(
        &self,
        caller: &DeviceCaller,
        address: Option<String>,
    ) -> Result<Arc<Device>> {
        let token = generated_token(self.entropy.bytes());
        let target = plug_and_play(&caller.controller_id, token, address, self.now())?;
        let (tenant, now) = (caller.tenant.id, self.now());
        let lane = Lane::target(tenant, &caller.controller_id);
        let registered = self
            .write(lane, move |session| {
                let target = target.clone();
                Box::pin(async move { insert(session, tenant, &target, now).await })
            })
            .await;
        match registered {
            // a poll of the same device was quicker
            Ok(()) | Err(Error::AlreadyExists { .. }) => self.reload(caller).await,
            Err(error) => Err(error),
        }
    }

    async fn first_contact(&self, caller: &DeviceCaller) -> Result<Arc<Device>> {
        let (tenant, controller_id) = (caller.tenant.id, caller.controller_id.clone());
        let now = self.now();
        let lane = Lane::target(tenant, &controller_id);
        self.write(lane, move |session| {
            let controller_id = controller_id.clone();
            Box::pin(async move { mark_registered(session, tenant, &controller_id, now).await })
        })
        .await?;
        self.reload(caller).await
    }

    async fn reload(&self, caller: &DeviceCaller) -> Result<Arc<Device>> {
        self.devices.forget(caller.tenant.id, &caller.controller_id);
        let device = self.device(caller.tenant.id, &caller.controller_id).await?;
        device.ok_or_else(|| Error::not_found(Entity::Target, &caller.controller_id))
    }
}

async fn insert(
    session: &Session<'_>,
    tenant: TenantId,
    target: &Target,
    now: Timestamp,
) -> Result<()> {
    let target = session.insert_target(tenant, target).await?;
    Log { session, tenant, now }.target(Happened::TargetCreated, &target).await
}

async fn mark_registered(
    session: &Session<'_>,
    tenant: TenantId,
    controller_id: &str,
    now: Timestamp,
) -> Result<()> {
    let Some(mut target) = session.target(tenant, controller_id).await? else {
        return Ok(());
    };
    if target.update_status != UpdateStatus::Unknown {
        return Ok(());
    }
    target.update_status = UpdateStatus::Registered;
    let target = session.save_target(&target).await?;
    Log { session, tenant, now }.target(Happened::TargetUpdated, &target).await
}

/// The target's address when it was seen at this IP address (hawkBit's form of a URI).
fn address_of(peer: &str) -> String {
    if peer.contains(':') { format!("http://[{peer}]") } else { format!("http://{peer}") }
}
