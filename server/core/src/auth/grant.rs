//! Grants: the right to download the files of one action for a while, in a form that fits into a
//! link. Devices that cannot send a credential get them.

use crate::hub::Hub;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use otahub_domain::{ActionId, Error, Result, Timestamp};
use sha2::Sha256;

/// Under which name the key is kept.
const PURPOSE: &str = "grants";

/// A grant that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The action whose files may be downloaded.
    pub action: ActionId,
}

impl Hub {
    /// Grants a device the files of an action until an instant.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the key cannot be had.
    pub(crate) async fn grant(
        &self,
        tenant: &str,
        controller_id: &str,
        action: ActionId,
        until: Timestamp,
    ) -> Result<String> {
        let seconds = until.millis() / 1000;
        let mac = self.grant_mac(tenant, controller_id, (action, seconds)).await?;
        let seal = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok(format!("{}.{seconds}.{seal}", action.0))
    }

    /// What a grant allows; nothing if it is not ours, another device's, or over.
    pub(crate) async fn check_grant(
        &self,
        tenant: &str,
        controller_id: &str,
        grant: &str,
    ) -> Result<Option<Grant>> {
        let Some((action, seconds, seal)) = parts(grant) else {
            return Ok(None);
        };
        if seconds.saturating_mul(1000) <= self.now().millis() {
            return Ok(None);
        }
        let mac = self.grant_mac(tenant, controller_id, (action, seconds)).await?;
        Ok(mac.verify_slice(&seal).is_ok().then_some(Grant { action }))
    }

    async fn grant_mac(
        &self,
        tenant: &str,
        controller_id: &str,
        (action, seconds): (ActionId, i64),
    ) -> Result<Hmac<Sha256>> {
        let key = self.grant_key.get_or_try_init(|| self.load_grant_key()).await?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Internal)?;
        // the id comes last: it is the one part that may contain anything
        mac.update(format!("{tenant}\n{}\n{seconds}\n{controller_id}", action.0).as_bytes());
        Ok(mac)
    }

    async fn load_grant_key(&self) -> Result<Vec<u8>> {
        let fresh = [self.entropy.bytes(), self.entropy.bytes()].concat();
        let kept = self.secret(PURPOSE.to_owned(), hex::encode(fresh)).await?;
        hex::decode(kept).map_err(|_| Error::Internal)
    }
}

fn parts(grant: &str) -> Option<(ActionId, i64, Vec<u8>)> {
    let mut parts = grant.splitn(3, '.');
    let action = parts.next()?.parse().ok()?;
    let seconds = parts.next()?.parse().ok()?;
    let seal = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    Some((ActionId(action), seconds, seal))
}
