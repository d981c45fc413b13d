//! Maintenance windows of actions that are under way.

use crate::codec;
use crate::{Error, Session};
use otahub_domain::action::MaintenanceWindow;
use otahub_domain::{ActionId, TenantId, Timestamp};

/// An action that waits for its window, or is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windowed {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which one.
    pub action: ActionId,
    /// Its window.
    pub window: MaintenanceWindow,
    /// When it was made.
    pub created_at: Timestamp,
}

const WINDOWED: &str = "\
SELECT a.id, a.tenant_id, a.window_schedule, a.window_duration, a.window_timezone, a.created_at
FROM actions a JOIN targets t ON t.id = a.target_id
WHERE a.window_schedule IS NOT NULL AND a.active AND a.id > ? AND t.address LIKE ?
ORDER BY a.id LIMIT ?";

impl Session<'_> {
    /// The next actions after one that are active, have a window and are of devices whose
    /// addresses begin with `address_prefix`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn windowed_actions(
        &self,
        after: ActionId,
        address_prefix: &str,
        limit: u64,
    ) -> Result<Vec<Windowed>, Error> {
        let like = format!("{address_prefix}%");
        let values = [after.0.into(), like.into(), codec::signed(limit).into()];
        let rows = self.query_sql(WINDOWED, values).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let text = |name: &str| row.try_get("", name).map_err(Error::of);
            let number = |name: &str| row.try_get::<i64>("", name).map_err(Error::of);
            let window = codec::window(
                text("window_schedule")?,
                text("window_duration")?,
                text("window_timezone")?,
            )?;
            if let Some(window) = window {
                found.push(Windowed {
                    tenant: TenantId(number("tenant_id")?),
                    action: ActionId(number("id")?),
                    window,
                    created_at: Timestamp::from_millis(number("created_at")?),
                });
            }
        }
        Ok(found)
    }
}
