//! Devices that show the secret of their pairing, and those that a broker let in for it.

use super::{DeviceCaller, secret_hash, text};
use crate::devices::Device;
use crate::hub::Hub;
use otahub_domain::pairing::Pairing;
use otahub_domain::{Error, Result};
use otahub_proto::metadata;
use otahub_proto::otahub::device::v1::DeviceRef;
use subtle::ConstantTimeEq;
use tonic::metadata::MetadataMap;

/// The adapter that vouches only for devices that are paired.
pub(super) const ASTARTE: &str = "astarte";

impl Hub {
    /// The device behind a call that shows the secret of its pairing.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if tenant, device or secret do not fit.
    pub(crate) async fn paired_caller(
        &self,
        metadata: &MetadataMap,
        named: Option<DeviceRef>,
    ) -> Result<(DeviceCaller, Pairing)> {
        let named = named.ok_or_else(|| Error::invalid("device", "is required"))?;
        let tenant = self.tenant(&named.tenant).await?.ok_or(Error::Unauthenticated)?;
        let device = self.device(tenant.id, &named.controller_id).await?;
        let device = device.ok_or(Error::Unauthenticated)?;
        let pairing = self.store.read().pairing(device.id).await?;
        let shown = text(metadata, metadata::AUTHORIZATION).and_then(|v| v.split_once(' '));
        let fits = |pairing: &Pairing| {
            let Some(("Pairing", secret)) = shown else {
                return false;
            };
            let hash = secret_hash(secret);
            bool::from(hash.as_bytes().ct_eq(pairing.secret_hash.as_bytes()))
        };
        let pairing = pairing.filter(fits).ok_or(Error::Unauthenticated)?;
        let caller = DeviceCaller {
            tenant,
            controller_id: named.controller_id,
            device: Some(device),
            peer_address: text(metadata, metadata::PEER_ADDRESS).map(str::to_owned),
            may_register: false,
            adapter: None,
            is_anonymous: false,
            grant: None,
        };
        Ok((caller, pairing))
    }

    /// Whether a broker may have let a device in: whether it is paired. Believed for some seconds.
    pub(super) async fn is_paired(&self, device: Option<&Device>) -> Result<bool> {
        let Some(device) = device else {
            return Ok(false);
        };
        if self.paired.contains_key(&device.id) {
            return Ok(true);
        }
        let pairing = self.store.read().pairing(device.id).await?;
        let is_paired = pairing.is_some_and(|pairing| pairing.serial.is_some());
        if is_paired {
            self.paired.insert(device.id, ());
        }
        Ok(is_paired)
    }
}
