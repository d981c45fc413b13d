//! Devices: an adapter that vouches for them, a certificate, a token of their own, or the tenant's
//! gateway token, in this order; a grant for downloads.

use super::pairing::ASTARTE;
use super::{Grant, text};
use crate::devices::Device;
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::{Error, Result};
use otahub_proto::metadata;
use otahub_proto::otahub::device::v1::DeviceRef;
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tonic::metadata::MetadataMap;

/// A device that was recognised.
#[derive(Debug, Clone)]
pub struct DeviceCaller {
    /// Whose it is.
    pub tenant: Arc<Tenant>,
    /// Its name.
    pub controller_id: String,
    /// What is remembered of it; absent if it is not registered.
    pub device: Option<Arc<Device>>,
    /// Where it called from, as text.
    pub peer_address: Option<String>,
    /// Its credential vouches for any name, so that it may register itself.
    pub may_register: bool,
    /// The adapter that vouches for it; none if it spoke for itself.
    pub adapter: Option<String>,
    /// It showed no credential; it may download and leaves no trace in the history.
    pub is_anonymous: bool,
    /// It showed a grant, and may download what that is for.
    pub(crate) grant: Option<Grant>,
}

/// The hub's own adapter that calls.
///
/// # Errors
/// [`Error::Unauthenticated`] if none does: strangers cannot say so.
pub(crate) fn adapter(metadata: &MetadataMap) -> Result<&str> {
    text(metadata, metadata::ADAPTER).filter(|name| !name.is_empty()).ok_or(Error::Unauthenticated)
}

enum Proof {
    /// It is this very device.
    Own,
    /// Somebody vouches for it.
    Vouched,
    /// Nobody says so.
    Nobody,
}

impl Hub {
    /// Recognises the device behind a call.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if tenant or credential do not fit.
    pub(crate) async fn device_caller(
        &self,
        metadata: &MetadataMap,
        named: Option<DeviceRef>,
    ) -> Result<DeviceCaller> {
        self.recognise(metadata, named, false).await
    }

    /// As [`Hub::device_caller`] for whom an adapter vouches whose word is enough: what is known of
    /// the device is not looked up.
    pub(crate) async fn vouched(
        &self,
        metadata: &MetadataMap,
        named: Option<DeviceRef>,
    ) -> Result<DeviceCaller> {
        let vouching = adapter(metadata)?;
        let named = match named {
            Some(named) if vouching != ASTARTE => named,
            named => return self.device_caller(metadata, named).await,
        };
        let tenant = self.tenant(&named.tenant).await?.ok_or(Error::Unauthenticated)?;
        Ok(DeviceCaller {
            tenant,
            controller_id: named.controller_id,
            device: None,
            peer_address: text(metadata, metadata::PEER_ADDRESS).map(str::to_owned),
            adapter: Some(vouching.to_owned()),
            may_register: true,
            is_anonymous: false,
            grant: None,
        })
    }

    /// As [`Hub::device_caller`]; a tenant may have opened downloads to callers without any
    /// credential.
    pub(crate) async fn downloader(
        &self,
        metadata: &MetadataMap,
        named: Option<DeviceRef>,
    ) -> Result<DeviceCaller> {
        self.recognise(metadata, named, true).await
    }

    async fn recognise(
        &self,
        metadata: &MetadataMap,
        named: Option<DeviceRef>,
        downloads: bool,
    ) -> Result<DeviceCaller> {
        let named = named.ok_or_else(|| Error::invalid("device", "is required"))?;
        let tenant = self.tenant(&named.tenant).await?.ok_or(Error::Unauthenticated)?;
        let device = self.device(tenant.id, &named.controller_id).await?;
        let grant = self.granted(metadata, &tenant, &named).await?.filter(|_| downloads);
        let vouching = adapter(metadata).ok().map(str::to_owned);
        if vouching.as_deref() == Some(ASTARTE) && !self.is_paired(device.as_deref()).await? {
            return Err(Error::Unauthenticated);
        }
        let proof = vouching
            .is_some()
            .then_some(Proof::Vouched)
            .or_else(|| grant.map(|_| Proof::Own))
            .or_else(|| certificate(metadata, &tenant, &named.controller_id))
            .or_else(|| token(metadata, &tenant, device.as_deref()))
            .or_else(|| {
                (downloads && tenant.configuration.anonymous_download).then_some(Proof::Nobody)
            })
            .ok_or(Error::Unauthenticated)?;
        Ok(DeviceCaller {
            tenant,
            controller_id: named.controller_id,
            device,
            peer_address: text(metadata, metadata::PEER_ADDRESS).map(str::to_owned),
            adapter: vouching,
            may_register: matches!(proof, Proof::Vouched),
            is_anonymous: matches!(proof, Proof::Nobody),
            grant,
        })
    }

    async fn granted(
        &self,
        metadata: &MetadataMap,
        tenant: &Tenant,
        named: &DeviceRef,
    ) -> Result<Option<Grant>> {
        let credential = text(metadata, metadata::AUTHORIZATION).unwrap_or_default();
        match credential.split_once(' ') {
            Some(("Grant", grant)) => {
                self.check_grant(&tenant.name, &named.controller_id, grant).await
            }
            _ => Ok(None),
        }
    }
}

fn certificate(metadata: &MetadataMap, tenant: &Tenant, controller_id: &str) -> Option<Proof> {
    if !tenant.configuration.header_enabled {
        return None;
    }
    let decode = |s: &str| percent_decode_str(s).decode_utf8().ok().map(String::from);
    let common_name = text(metadata, metadata::CLIENT_CN).and_then(decode)?;
    let trusted = || {
        tenant
            .configuration
            .header_authority
            .split([',', ';'])
            .map(str::trim)
            .filter(|s| !s.is_empty())
    };
    let issued = metadata
        .get_all(metadata::CLIENT_ISSUER)
        .iter()
        .filter_map(|v| v.to_str().ok().and_then(decode))
        .any(|issuer| trusted().any(|t| t.eq_ignore_ascii_case(issuer.trim())));
    (issued && common_name == controller_id).then_some(Proof::Vouched)
}

fn token(metadata: &MetadataMap, tenant: &Tenant, device: Option<&Device>) -> Option<Proof> {
    let (scheme, given) = text(metadata, metadata::AUTHORIZATION)?.split_once(' ')?;
    let configuration = &tenant.configuration;
    if scheme == "TargetToken" && configuration.target_token_enabled {
        return equal(given, &device?.security_token).then_some(Proof::Own);
    }
    let fits = scheme == "GatewayToken"
        && configuration.gateway_token_enabled
        && equal(given, &configuration.gateway_token_key);
    fits.then_some(Proof::Vouched)
}

/// Whether two secrets are the same, in a time that does not tell where they differ. An empty
/// one never fits.
fn equal(given: &str, secret: &str) -> bool {
    !secret.is_empty() && bool::from(given.as_bytes().ct_eq(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn an_empty_secret_never_fits() {
        assert!(equal("key", "key"));
        assert!(!equal("key", "kex"));
        assert!(!equal("", ""));
    }
}
