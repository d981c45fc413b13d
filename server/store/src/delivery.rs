//! What is remembered of requests to devices that are told of their work.

use otahub_domain::action::Action;
use otahub_domain::push::{Delivery, Heard, Stage};
use otahub_domain::{ActionId, TargetId, TenantId, Timestamp};
use sea_orm::{QueryResult, TryGetable};
use std::collections::HashMap;

use crate::target::CHUNK;
use crate::{Error, Session};

const COLUMNS: &str = "action_id, target_id, tenant_id, stage, progress, noted, stumbled, sends, \
asks, cancels, refusals, returned, next_at, expires_at, image_before, last_digest, last_at";

const CHANGED: [&str; 14] = [
    "stage",
    "progress",
    "noted",
    "stumbled",
    "sends",
    "asks",
    "cancels",
    "refusals",
    "returned",
    "next_at",
    "expires_at",
    "image_before",
    "last_digest",
    "last_at",
];

/// A device whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDevice {
    /// Its tenant's name.
    pub tenant: String,
    /// Its controller id.
    pub controller_id: String,
}

const DUE: &str = "\
SELECT tenants.name AS tenant, targets.controller_id AS controller_id
FROM deliveries
JOIN targets ON targets.id = deliveries.target_id
JOIN tenants ON tenants.id = deliveries.tenant_id
WHERE deliveries.next_at <= ? ORDER BY deliveries.next_at LIMIT ?";

impl Session<'_> {
    /// What is remembered of the request for an action; a fresh one if nothing is.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delivery(&self, action: &Action) -> Result<Delivery, Error> {
        let mut known = self.deliveries(&[action.id]).await?;
        let fresh = || Delivery::new(action.tenant, action.target, action.id);
        Ok(known.remove(&action.id).unwrap_or_else(fresh))
    }

    /// What is remembered of the requests for these actions.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn deliveries(
        &self,
        actions: &[ActionId],
    ) -> Result<HashMap<ActionId, Delivery>, Error> {
        let mut known = HashMap::with_capacity(actions.len());
        for some in actions.chunks(CHUNK) {
            let places = vec!["?"; some.len()].join(", ");
            let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE action_id IN ({places})");
            for row in self.query_sql(&sql, some.iter().map(|action| action.0.into())).await? {
                let found = delivery(&row)?;
                known.insert(found.action, found);
            }
        }
        Ok(known)
    }

    /// Remembers them. No action may be there twice.
    ///
    /// # Errors
    /// [`Error::Conflict`] if an action is gone.
    pub async fn save_deliveries(&self, deliveries: &[Delivery]) -> Result<(), Error> {
        let set = CHANGED.map(|name| format!("{name} = excluded.{name}")).join(", ");
        for some in deliveries.chunks(CHUNK) {
            let places = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; some.len()];
            let sql = format!(
                "INSERT INTO deliveries ({COLUMNS}) VALUES {} \
                 ON CONFLICT (action_id) DO UPDATE SET {set}",
                places.join(", ")
            );
            self.execute_sql(&sql, some.iter().flat_map(values)).await?;
        }
        Ok(())
    }

    /// Devices whose time has come, those that wait longest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn due_devices(&self, now: Timestamp, limit: u64) -> Result<Vec<DueDevice>, Error> {
        let values = [now.millis().into(), crate::codec::signed(limit).into()];
        let rows = self.query_sql(DUE, values).await?;
        let due = |row: &QueryResult| {
            Ok(DueDevice {
                tenant: row.try_get("", "tenant").map_err(Error::of)?,
                controller_id: row.try_get("", "controller_id").map_err(Error::of)?,
            })
        };
        rows.iter().map(due).collect()
    }

    /// Requests that a target has not answered, and that nothing else would bring up again, are
    /// due at an instant.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn wake_deliveries(&self, target: TargetId, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE deliveries SET next_at = ? \
                   WHERE target_id = ? AND next_at IS NULL AND stage = ?";
        let stage = Stage::Pending.as_str();
        self.execute_sql(sql, [at.millis().into(), target.0.into(), stage.into()]).await.map(|_| ())
    }

    /// Nothing that is remembered of a target's requests is due any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn calm_deliveries(
        &self,
        target: TargetId,
        but: Option<ActionId>,
    ) -> Result<(), Error> {
        let sql = "UPDATE deliveries SET next_at = NULL \
                   WHERE target_id = ? AND next_at IS NOT NULL AND action_id <> ?";
        let but = but.map_or(0, |action| action.0);
        self.execute_sql(sql, [target.0.into(), but.into()]).await.map(|_| ())
    }
}

/// What stands in the columns.
fn values(delivery: &Delivery) -> [sea_orm::Value; 17] {
    let last = delivery.last.as_ref();
    [
        delivery.action.0.into(),
        delivery.target.0.into(),
        delivery.tenant.0.into(),
        delivery.stage.as_str().into(),
        i32::from(delivery.progress).into(),
        i32::from(delivery.noted).into(),
        delivery.stumbled.into(),
        counted(delivery.sends).into(),
        counted(delivery.asks).into(),
        counted(delivery.cancels).into(),
        counted(delivery.refusals).into(),
        delivery.returned.into(),
        delivery.next_at.map(Timestamp::millis).into(),
        delivery.expires_at.map(Timestamp::millis).into(),
        delivery.image_before.clone().into(),
        last.map(|last| last.digest.clone()).into(),
        last.and_then(|last| last.at).map(Timestamp::millis).into(),
    ]
}

fn counted(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn get<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T, Error> {
    row.try_get("", name).map_err(Error::of)
}

fn percent(row: &QueryResult, name: &str) -> Result<u8, Error> {
    Ok(u8::try_from(get::<i32>(row, name)?).unwrap_or(100))
}

fn count(row: &QueryResult, name: &str) -> Result<u32, Error> {
    Ok(u32::try_from(get::<i32>(row, name)?).unwrap_or(0))
}

fn delivery(row: &QueryResult) -> Result<Delivery, Error> {
    let stage: String = get(row, "stage")?;
    let at = get::<Option<i64>>(row, "last_at")?.map(Timestamp::from_millis);
    let digest: Option<String> = get(row, "last_digest")?;
    Ok(Delivery {
        action: ActionId(get(row, "action_id")?),
        target: TargetId(get(row, "target_id")?),
        tenant: TenantId(get(row, "tenant_id")?),
        stage: Stage::parse(&stage)
            .ok_or_else(|| Error::Corrupt(format!("no stage is called {stage}")))?,
        progress: percent(row, "progress")?,
        noted: percent(row, "noted")?,
        stumbled: get(row, "stumbled")?,
        sends: count(row, "sends")?,
        asks: count(row, "asks")?,
        cancels: count(row, "cancels")?,
        refusals: count(row, "refusals")?,
        returned: get(row, "returned")?,
        next_at: get::<Option<i64>>(row, "next_at")?.map(Timestamp::from_millis),
        expires_at: get::<Option<i64>>(row, "expires_at")?.map(Timestamp::from_millis),
        image_before: get(row, "image_before")?,
        last: digest.map(|digest| Heard { digest, at }),
    })
}
