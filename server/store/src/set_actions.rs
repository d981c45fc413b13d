//! The actions of a distribution set, counted and one after the other.

use otahub_domain::action::State;
use otahub_domain::{ActionId, SetId, TenantId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::codec;
use crate::entity::action::{Column, Entity};
use crate::{Error, Session};

impl Session<'_> {
    /// How many actions of a set are in each state; states without any are left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_actions_by_state(
        &self,
        tenant: TenantId,
        set: SetId,
    ) -> Result<Vec<(State, u64)>, Error> {
        const SQL: &str = "SELECT state, COUNT(*) AS number FROM actions \
            WHERE tenant_id = ? AND set_id = ? GROUP BY state ORDER BY state";
        let rows = self.query_sql(SQL, [tenant.0.into(), set.0.into()]).await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("", "state").map_err(Error::of)?;
                let number: i64 = row.try_get("", "number").map_err(Error::of)?;
                Ok((codec::state(&state)?, codec::unsigned(number)))
            })
            .collect()
    }

    /// The first `limit` active actions of a set behind `after`, by number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn active_actions_of_set(
        &self,
        tenant: TenantId,
        set: SetId,
        after: ActionId,
        limit: u64,
    ) -> Result<Vec<ActionId>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::SetId.eq(set.0))
            .filter(Column::Active.eq(true))
            .filter(Column::Id.gt(after.0))
            .order_by_asc(Column::Id)
            .limit(limit);
        let rows = self.all(select).await?;
        Ok(rows.into_iter().map(|row| ActionId(row.id)).collect())
    }
}
