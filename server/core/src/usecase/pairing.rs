//! Pairing: secrets and certificates of devices behind a broker.

use crate::auth::{DeviceCaller, secret_hash};
use crate::authority::{Authority, fingerprint};
use crate::hub::Hub;
use base64::{Engine, engine::general_purpose::STANDARD};
use otahub_domain::pairing::{Pairing, Verdict, verify};
use otahub_domain::{Entity, Error, Result};
use otahub_store::Lane;

/// Under which name the authority is kept.
const PURPOSE: &str = "pairing/authority";

impl Hub {
    /// Gives a device a secret, unless it has a certificate already.
    pub(crate) async fn register_pairing(&self, caller: &DeviceCaller) -> Result<String> {
        if !caller.may_register {
            return Err(Error::Unauthenticated);
        }
        let device = self.heard_of(caller).await?;
        let secret = STANDARD.encode([self.entropy.bytes(), self.entropy.bytes()].concat());
        let pairing = Pairing {
            target: device.id,
            tenant: caller.tenant.id,
            secret_hash: secret_hash(&secret),
            serial: None,
        };
        self.write(Lane::target(caller.tenant.id, &caller.controller_id), move |session| {
            let pairing = pairing.clone();
            Box::pin(async move {
                let known = session.pairing(pairing.target).await?;
                if known.is_some_and(|known| known.serial.is_some()) {
                    return Err(Error::AlreadyExists { entity: Entity::Target });
                }
                Ok(session.save_pairing(&pairing).await?)
            })
        })
        .await?;
        Ok(secret)
    }

    /// Ends a device's pairing, whether or not it has one.
    pub(crate) async fn delete_pairing(&self, caller: &DeviceCaller) -> Result<()> {
        if !caller.may_register {
            return Err(Error::Unauthenticated);
        }
        let Some(device) = &caller.device else {
            return Ok(());
        };
        let target = device.id;
        self.write(Lane::target(caller.tenant.id, &caller.controller_id), move |session| {
            Box::pin(async move { Ok(session.delete_pairing(target).await?) })
        })
        .await?;
        self.paired.invalidate(&target);
        Ok(())
    }

    /// A certificate (PEM) for the key of a request. What the device had before counts no more.
    pub(crate) async fn issue_certificate(
        &self,
        (caller, pairing): (&DeviceCaller, Pairing),
        request: &str,
    ) -> Result<String> {
        let now = self.now();
        let name = format!("{}/{}", caller.tenant.name.to_lowercase(), caller.controller_id);
        let issued = self.authority().await?.issue(request, &name, self.entropy.bytes(), now)?;
        let certificate = issued.certificate;
        let pairing = Pairing { serial: Some(certificate.serial.clone()), ..pairing };
        self.write(Lane::target(pairing.tenant, &caller.controller_id), move |session| {
            let (pairing, certificate) = (pairing.clone(), certificate.clone());
            Box::pin(async move {
                let known = session.pairing(pairing.target).await?;
                if known.is_none_or(|known| known.secret_hash != pairing.secret_hash) {
                    // ended, or begun anew, in between
                    return Err(Error::Unauthenticated);
                }
                session.insert_certificate(&certificate, now).await?;
                Ok(session.save_pairing(&pairing).await?)
            })
        })
        .await?;
        Ok(issued.pem)
    }

    /// What is to be said of a certificate (PEM) that a device shows.
    pub(crate) async fn verify_certificate(
        &self,
        pairing: &Pairing,
        certificate: &str,
    ) -> Result<Verdict> {
        let Some(fingerprint) = fingerprint(certificate) else {
            return Ok(Verdict::Unreadable);
        };
        let known = self.store.read().certificate(&fingerprint).await?;
        Ok(verify(pairing, known.as_ref(), self.now()))
    }

    /// The authority's certificate and the list of what counts no more (PEM).
    pub(crate) async fn trust(&self) -> Result<(String, String)> {
        let (authority, now) = (self.authority().await?, self.now());
        let revoked = self.store.read().revoked_serials(now).await?;
        Ok((authority.certificate.clone(), authority.revocations(&revoked, now)?))
    }

    async fn authority(&self) -> Result<&Authority> {
        self.authority.get_or_try_init(|| self.load_authority()).await
    }

    async fn load_authority(&self) -> Result<Authority> {
        let proposal = Authority::generate(self.now())?;
        let kept = self.secret(PURPOSE.to_owned(), proposal).await?;
        Authority::open(&kept)
    }
}
