//! Lists of targets.

use otahub_domain::target::Target;
use otahub_domain::{SetId, TenantId};
use sea_orm::sea_query::{ExprTrait as _, LikeExpr, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryTrait as _,
};

use crate::entity::target::{Column, Entity};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session};

/// Which targets are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetQuery {
    /// Those to which this set is assigned.
    pub assigned_set: Option<SetId>,
    /// Those that have this set installed.
    pub installed_set: Option<SetId>,
    /// Those whose controller id starts so, in this case of letters.
    pub controller_id_prefix: Option<String>,
    /// Those whose name starts so, in this case of letters.
    pub name_prefix: Option<String>,
    /// The part of the list.
    pub page: Page<TargetOrder>,
}

/// By what targets can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum TargetOrder {
    Id,
    ControllerId,
    Name,
    Description,
    Address,
    Group,
    UpdateStatus,
    InstalledAt,
    LastPollAt,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for TargetOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::ControllerId => Column::ControllerId,
            Self::Name => Column::Name,
            Self::Description => Column::Description,
            Self::Address => Column::Address,
            Self::Group => Column::GroupName,
            Self::UpdateStatus => Column::UpdateStatus,
            Self::InstalledAt => Column::InstalledAt,
            Self::LastPollAt => Column::LastPollAt,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }
}

/// Whether a text column starts with `prefix`; none of its characters is a wildcard.
pub(crate) fn starts_with(column: SimpleExpr, prefix: &str) -> SimpleExpr {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for letter in prefix.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    column.like(LikeExpr::new(pattern).escape('\\'))
}

impl Session<'_> {
    /// The targets of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_targets(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Listed<Target>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.assigned_set, |select, set| {
                select.filter(Column::AssignedSetId.eq(set.0))
            })
            .apply_if(query.installed_set, |select, set| {
                select.filter(Column::InstalledSetId.eq(set.0))
            })
            .apply_if(query.controller_id_prefix.as_deref(), |select, prefix| {
                select.filter(starts_with(Column::ControllerId.into_simple_expr(), prefix))
            })
            .apply_if(query.name_prefix.as_deref(), |select, prefix| {
                select.filter(starts_with(Column::Name.into_simple_expr(), prefix))
            });
        self.page(select, &query.page)
            .await?
            .try_map(Target::try_from)
    }
}
