//! Leases: which node does a piece of background work.

use std::time::Duration;

use otahub_domain::Timestamp;

use crate::{Error, Session};

/// The right to do a piece of work until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub name: String,
    /// The node.
    pub owner: String,
    /// Grows with each new lease: what a former owner still does can be told by it.
    pub token: i64,
    /// Until when.
    pub expires_at: Timestamp,
}

const ACQUIRE: &str = "\
INSERT INTO leases (name, owner, token, expires_at) VALUES (?, ?, 1, ?)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = leases.token + 1,
  expires_at = excluded.expires_at
WHERE leases.expires_at <= ? OR leases.owner = excluded.owner
RETURNING token";

impl Session<'_> {
    /// Takes a lease that is free, has expired, or is the owner's already. `None` if another
    /// holds it. To be called in a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<Lease>, Error> {
        let expires_at = now.plus(ttl);
        let values = [name.into(), owner.into(), expires_at.millis().into(), now.millis().into()];
        let rows = self.query_sql(ACQUIRE, values).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let token = row.try_get("", "token").map_err(Error::of)?;
        Ok(Some(Lease { name: name.to_owned(), owner: owner.to_owned(), token, expires_at }))
    }

    /// Prolongs a lease; `None` if it was lost to another.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew_lease(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<Lease>, Error> {
        let expires_at = now.plus(ttl);
        let sql = "UPDATE leases SET expires_at = ? WHERE name = ? AND owner = ? AND token = ?";
        let values = [
            expires_at.millis().into(),
            lease.name.as_str().into(),
            lease.owner.as_str().into(),
            lease.token.into(),
        ];
        let is_mine = self.execute_sql(sql, values).await? > 0;
        Ok(is_mine.then(|| Lease { expires_at, ..lease.clone() }))
    }

    /// Gives a lease up; whether it was still held. Its token goes on counting.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn release_lease(&self, lease: &Lease) -> Result<bool, Error> {
        let sql = "UPDATE leases SET expires_at = 0 WHERE name = ? AND owner = ? AND token = ?";
        let values = [lease.name.as_str().into(), lease.owner.as_str().into(), lease.token.into()];
        Ok(self.execute_sql(sql, values).await? > 0)
    }

    /// Whether a lease is held still. In a job it stays so until the transaction ends: nobody
    /// can take the lease before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn holds_lease(&self, lease: &Lease) -> Result<bool, Error> {
        let lock = if self.is_postgres() && self.is_in_job() { " FOR UPDATE" } else { "" };
        let sql =
            format!("SELECT 1 AS one FROM leases WHERE name = ? AND owner = ? AND token = ?{lock}");
        let values = [lease.name.as_str().into(), lease.owner.as_str().into(), lease.token.into()];
        Ok(!self.query_sql(&sql, values).await?.is_empty())
    }
}
