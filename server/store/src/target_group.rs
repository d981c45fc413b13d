//! The groups that targets stand in: plain texts on the targets.

use otahub_domain::target::Target;
use otahub_domain::{TenantId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _};

use crate::entity::target::{Column, Entity};
use crate::target::CHUNK;
use crate::{Error, Session};

/// Which group targets are wanted of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupQuery {
    /// Its name, in any case of (ASCII) letters.
    pub name: String,
    /// Those of groups below it (`name/...`) too.
    pub subgroups: bool,
}

impl GroupQuery {
    /// What a target's row has to meet. An index serves it.
    pub(crate) fn condition(&self) -> Condition {
        let column = || Expr::expr(Func::lower(Expr::col(Column::GroupName)));
        let name = self.name.to_ascii_lowercase();
        let any = Condition::any().add(column().eq(name.clone()));
        if !self.subgroups {
            return any;
        }
        // `0` is the character behind `/`
        let below = Condition::all()
            .add(column().gte(format!("{name}/")))
            .add(column().lt(format!("{name}0")));
        any.add(below)
    }
}

impl Session<'_> {
    /// The distinct groups of a tenant's targets, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_groups(&self, tenant: TenantId) -> Result<Vec<String>, Error> {
        const SQL: &str = "SELECT DISTINCT group_name FROM targets \
            WHERE tenant_id = ? AND group_name IS NOT NULL ORDER BY group_name";
        let rows = self.query_sql(SQL, [tenant.0.into()]).await?;
        rows.iter().map(|row| row.try_get("", "group_name").map_err(Error::of)).collect()
    }

    /// Puts targets into a group, or out of all.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_target_group(
        &self,
        targets: &[Target],
        group: Option<&str>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        for some in targets.chunks(CHUNK) {
            let update = Entity::update_many()
                .col_expr(Column::GroupName, Expr::value(group.map(str::to_owned)))
                .col_expr(Column::ModifiedAt, Expr::value(now.millis()))
                .col_expr(Column::ModifiedBy, Expr::value(by))
                .col_expr(Column::Version, Expr::col(Column::Version).add(1))
                .filter(Column::Id.is_in(some.iter().map(|target| target.id.0)));
            self.update(update).await?;
        }
        Ok(())
    }
}
