//! All targets, piece by piece.

use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::target::Target;
use otahub_domain::{TargetId, TenantId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
};

use crate::entity::target::{Column, Entity};
use crate::{Error, Session, filter_sql};

impl Session<'_> {
    /// The targets that match, in the order of their numbers, after one of these numbers: at most
    /// `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn targets_after(
        &self,
        tenant: TenantId,
        filter: Option<&Filter<TargetField>>,
        after: TargetId,
        limit: u64,
    ) -> Result<Vec<Target>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Id.gt(after.0))
            .apply_if(filter, |select, filter| select.filter(filter_sql::condition(tenant, filter)))
            .order_by_asc(Column::Id)
            .limit(limit);
        self.all(select).await?.into_iter().map(Target::try_from).collect()
    }
}
