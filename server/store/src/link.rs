//! How devices are reached that are told of their work.

use otahub_domain::push::{Link, LinkProtocol};
use otahub_domain::{TargetId, TenantId, Timestamp};
use sea_orm::QueryResult;

use crate::{Error, Session};

const SAVE: &str = "\
INSERT INTO links (target_id, tenant_id, protocol, online, since, confirms, download_only)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (target_id) DO UPDATE SET protocol = excluded.protocol, online = excluded.online,
  since = excluded.since, confirms = excluded.confirms, download_only = excluded.download_only";

const LOAD: &str = "\
SELECT target_id, tenant_id, protocol, online, since, confirms, download_only
FROM links WHERE target_id = ?";

impl Session<'_> {
    /// How a target is reached; nothing if it is not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn link(&self, target: TargetId) -> Result<Option<Link>, Error> {
        let rows = self.query_sql(LOAD, [target.0.into()]).await?;
        rows.first().map(link).transpose()
    }

    /// Notes how a target is reached.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn save_link(&self, link: &Link) -> Result<(), Error> {
        let values = [
            link.target.0.into(),
            link.tenant.0.into(),
            link.protocol.as_str().into(),
            link.online.into(),
            link.since.millis().into(),
            link.confirms.into(),
            link.download_only.into(),
        ];
        self.execute_sql(SAVE, values).await.map(|_| ())
    }

    /// The secret of this name; `proposal` becomes it if there is none. To be called in a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn secret(&self, name: &str, proposal: &str) -> Result<String, Error> {
        let sql = "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING";
        self.execute_sql(sql, [name.into(), proposal.into()]).await?;
        let rows =
            self.query_sql("SELECT value FROM secrets WHERE name = ?", [name.into()]).await?;
        let row = rows.first().ok_or_else(|| Error::Corrupt("a secret has no row".into()))?;
        row.try_get("", "value").map_err(Error::of)
    }
}

fn link(row: &QueryResult) -> Result<Link, Error> {
    let protocol: String = row.try_get("", "protocol").map_err(Error::of)?;
    Ok(Link {
        target: TargetId(row.try_get("", "target_id").map_err(Error::of)?),
        tenant: TenantId(row.try_get("", "tenant_id").map_err(Error::of)?),
        protocol: LinkProtocol::parse(&protocol)
            .ok_or_else(|| Error::Corrupt(format!("no protocol is called {protocol}")))?,
        online: row.try_get("", "online").map_err(Error::of)?,
        since: Timestamp::from_millis(row.try_get("", "since").map_err(Error::of)?),
        confirms: row.try_get("", "confirms").map_err(Error::of)?,
        download_only: row.try_get("", "download_only").map_err(Error::of)?,
    })
}
