//! Pairings of devices, and the certificates that they were given.

use otahub_domain::pairing::{Certificate, Pairing};
use otahub_domain::{TargetId, TenantId, Timestamp};

use crate::{Error, Session};

const SAVE: &str = "\
INSERT INTO pairings (target_id, tenant_id, secret_hash, serial) VALUES (?, ?, ?, ?)
ON CONFLICT (target_id) DO UPDATE SET secret_hash = excluded.secret_hash, serial = excluded.serial";

/// Certificates whose time is not over and that are nobody's.
const REVOKED: &str = "\
SELECT serial FROM certificates WHERE not_after > ?
  AND NOT EXISTS (SELECT 1 FROM pairings WHERE pairings.serial = certificates.serial)
ORDER BY serial";

impl Session<'_> {
    /// The pairing of a target.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn pairing(&self, target: TargetId) -> Result<Option<Pairing>, Error> {
        let sql = "SELECT target_id, tenant_id, secret_hash, serial FROM pairings \
                   WHERE target_id = ?";
        let rows = self.query_sql(sql, [target.0.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(Pairing {
            target: TargetId(row.try_get("", "target_id").map_err(Error::of)?),
            tenant: TenantId(row.try_get("", "tenant_id").map_err(Error::of)?),
            secret_hash: row.try_get("", "secret_hash").map_err(Error::of)?,
            serial: row.try_get("", "serial").map_err(Error::of)?,
        }))
    }

    /// Keeps the pairing of a target.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn save_pairing(&self, pairing: &Pairing) -> Result<(), Error> {
        let values = [
            pairing.target.0.into(),
            pairing.tenant.0.into(),
            pairing.secret_hash.as_str().into(),
            pairing.serial.as_deref().into(),
        ];
        self.execute_sql(SAVE, values).await.map(|_| ())
    }

    /// Forgets the pairing of a target, and how it was reached by it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_pairing(&self, target: TargetId) -> Result<(), Error> {
        for table in ["pairings", "links"] {
            let sql = format!("DELETE FROM {table} WHERE target_id = ?");
            self.execute_sql(&sql, [target.0.into()]).await?;
        }
        Ok(())
    }

    /// The certificate of this fingerprint.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn certificate(&self, fingerprint: &str) -> Result<Option<Certificate>, Error> {
        let sql = "SELECT serial, fingerprint, not_after FROM certificates WHERE fingerprint = ?";
        let rows = self.query_sql(sql, [fingerprint.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let not_after = row.try_get("", "not_after").map_err(Error::of)?;
        Ok(Some(Certificate {
            serial: row.try_get("", "serial").map_err(Error::of)?,
            fingerprint: row.try_get("", "fingerprint").map_err(Error::of)?,
            not_after: Timestamp::from_millis(not_after),
        }))
    }

    /// Keeps a certificate, and forgets those whose time is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn insert_certificate(
        &self,
        certificate: &Certificate,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "DELETE FROM certificates WHERE not_after <= ?";
        self.execute_sql(sql, [now.millis().into()]).await?;
        let sql = "INSERT INTO certificates (serial, fingerprint, not_after) VALUES (?, ?, ?)";
        let values = [
            certificate.serial.as_str().into(),
            certificate.fingerprint.as_str().into(),
            certificate.not_after.millis().into(),
        ];
        self.execute_sql(sql, values).await.map(|_| ())
    }

    /// The serial numbers of certificates that count no more though their time is not over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoked_serials(&self, now: Timestamp) -> Result<Vec<String>, Error> {
        let rows = self.query_sql(REVOKED, [now.millis().into()]).await?;
        rows.iter().map(|row| row.try_get("", "serial").map_err(Error::of)).collect()
    }
}
