//! What to push to a device.

use super::Owner;
use super::deployment::{Deployment, chunks};
use crate::auth::DeviceCaller;
use crate::hub::Hub;
use otahub_domain::action::{ActionType, Offer, OfferKind, current, handling, offer};
use otahub_domain::{ActionId, Entity, Error, Result, TenantId};

/// What to push to a device.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// The tenant's name.
    pub tenant: String,
    /// Where the device can be reached.
    pub address: String,
    /// Its own secret.
    pub security_token: String,
    /// What is on offer.
    pub offer: Option<Offer>,
    /// What to install, or to confirm.
    pub deployment: Option<Deployment>,
    /// Only to be downloaded.
    pub download_only: bool,
    /// Orders of this tenant go out in batches.
    pub batch: bool,
    /// The device's attributes are wanted.
    pub attributes_requested: bool,
}

impl Hub {
    /// What to push to a device, as the rows are now.
    pub(crate) async fn order(&self, caller: &DeviceCaller) -> Result<Order> {
        let (tenant, id) = (&caller.tenant, &caller.controller_id);
        let loaded = self.store.read().device(tenant.id, id).await?;
        let loaded = loaded.ok_or_else(|| Error::not_found(Entity::Target, id))?;
        let open: Vec<_> = loaded.open.into_iter().map(|open| open.action).collect();
        let mut order = Order {
            tenant: tenant.name.clone(),
            address: loaded.target.address.unwrap_or_default(),
            security_token: loaded.target.security_token,
            offer: None,
            deployment: None,
            download_only: false,
            batch: tenant.configuration.batch_assignments,
            attributes_requested: loaded.target.request_attributes,
        };
        let Some(action) = current(&open).cloned() else {
            return Ok(order);
        };
        let action = self.end_lapsed_action(tenant.id, action).await?;
        let now = self.now();
        order.download_only = action.action_type == ActionType::DownloadOnly;
        order.offer = offer(std::slice::from_ref(&action), now);
        if order.offer.is_some_and(|offer| offer.kind != OfferKind::Cancellation) {
            order.deployment = Some(Deployment {
                action: action.id,
                handling: handling(&action, now),
                chunks: chunks(&self.store.read(), tenant.id, &action).await?,
                history: None,
            });
        }
        Ok(order)
    }

    /// Which device an action is of.
    pub(crate) async fn device_of_action(
        &self,
        tenant: TenantId,
        action: ActionId,
    ) -> Result<String> {
        let (_, target) = self.find_action(tenant, action, &Owner::Any).await?;
        Ok(target.controller_id)
    }
}
