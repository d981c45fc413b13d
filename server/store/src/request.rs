//! Which requests of operators were made, under the ids that their callers gave them.

use otahub_domain::{TenantId, Timestamp};

use crate::{Error, Session};

/// By what a repeat of a request is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's tenant.
    pub tenant: TenantId,
    /// The caller's name.
    pub caller: String,
    /// The rpc.
    pub method: String,
    /// The caller's word.
    pub id: String,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedRequest {
    /// Tells its content.
    pub fingerprint: String,
    /// What came of it, in the words of who noted it.
    pub outcome: String,
}

/// Where somebody else makes the same request, this waits for what comes of it.
const NOTE: &str = "\
INSERT INTO requests (tenant_id, caller, method, request_id, fingerprint, outcome, made_at)
VALUES (?, ?, ?, ?, ?, '', ?) ON CONFLICT DO NOTHING";

const OF_KEY: &str = "WHERE tenant_id = ? AND caller = ? AND method = ? AND request_id = ?";

fn values(key: &RequestKey) -> [sea_orm::Value; 4] {
    [
        key.tenant.0.into(),
        key.caller.as_str().into(),
        key.method.as_str().into(),
        key.id.as_str().into(),
    ]
}

impl Session<'_> {
    /// Notes a request that is being made, unless it was made before: then that one. To be called
    /// first in the job that makes it, and followed by [`Session::finish_request`].
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was forgotten in the same moment.
    pub async fn note_request(
        &self,
        key: &RequestKey,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Option<NotedRequest>, Error> {
        let more = [fingerprint.into(), now.millis().into()];
        let noted = self.execute_sql(NOTE, values(key).into_iter().chain(more)).await?;
        if noted > 0 {
            return Ok(None);
        }
        self.noted_request(key).await?.map(Some).ok_or(Error::Conflict)
    }

    /// Notes what came of a request.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn finish_request(&self, key: &RequestKey, outcome: &str) -> Result<(), Error> {
        let sql = format!("UPDATE requests SET outcome = ? {OF_KEY}");
        let all = std::iter::once(outcome.into()).chain(values(key));
        self.execute_sql(&sql, all).await.map(|_| ())
    }

    /// The request that was made under this key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn noted_request(&self, key: &RequestKey) -> Result<Option<NotedRequest>, Error> {
        let sql = format!("SELECT fingerprint, outcome FROM requests {OF_KEY}");
        let rows = self.query_sql(&sql, values(key)).await?;
        let read = |row: &sea_orm::QueryResult| {
            Ok(NotedRequest {
                fingerprint: row.try_get("", "fingerprint").map_err(Error::of)?,
                outcome: row.try_get("", "outcome").map_err(Error::of)?,
            })
        };
        rows.first().map(read).transpose()
    }

    /// Forgets requests from before an instant; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_requests(&self, before: Timestamp) -> Result<u64, Error> {
        let sql = "DELETE FROM requests WHERE made_at < ?";
        self.execute_sql(sql, [before.millis().into()]).await
    }
}
