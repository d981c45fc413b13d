//! Distribution sets.

use otahub_domain::distribution_set::{Set as DistributionSet, SetDraft};
use otahub_domain::filter::{Filter, SetField};
use otahub_domain::{Audit, ModuleId, SetId, SetTagId, SetTypeId, TenantId};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::distribution_set::{ActiveModel, Column, Entity, Model};
use crate::entity::{action, rollout, set_module, set_tag_set, target};
use crate::page::Sortable;
use crate::target::CHUNK;
use crate::{DeletedMode, Error, Listed, Page, Session, filter_sql};

/// Which sets are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetQuery {
    /// Those that match.
    pub filter: Option<Filter<SetField>>,
    /// Those of this type.
    pub set_type: Option<SetTypeId>,
    /// Those that have this module.
    pub module: Option<ModuleId>,
    /// Those with this tag.
    pub tag: Option<SetTagId>,
    /// Those that are complete, or those that are not.
    pub complete: Option<bool>,
    /// Those of exactly this name.
    pub name: Option<String>,
    /// Those of exactly this version.
    pub version: Option<String>,
    /// Whether soft-deleted ones are.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<SetOrder>,
}

/// By what sets can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum SetOrder {
    Id,
    Name,
    Version,
    Description,
    Type,
    Valid,
    Complete,
    RequiredMigrationStep,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for SetOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::Name => Column::Name,
            Self::Version => Column::Version,
            Self::Description => Column::Description,
            Self::Type => Column::SetTypeId,
            Self::Valid => Column::Valid,
            Self::Complete => Column::Complete,
            Self::RequiredMigrationStep => Column::RequiredMigrationStep,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        *self == Self::Description
    }
}

fn set(row: Model, modules: Vec<ModuleId>) -> DistributionSet {
    DistributionSet {
        id: SetId(row.id),
        tenant: TenantId(row.tenant_id),
        set_type: SetTypeId(row.set_type_id),
        name: row.name,
        version: row.version,
        description: row.description,
        required_migration_step: row.required_migration_step,
        locked: row.locked,
        deleted: row.deleted,
        valid: row.valid,
        complete: row.complete,
        modules,
        audit: audit_of!(row),
        row_version: row.row_version,
    }
}

fn new_row(tenant: TenantId, kind: SetTypeId, draft: &SetDraft) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant.0),
        set_type_id: Set(kind.0),
        name: Set(draft.name.clone()),
        version: Set(draft.version.clone()),
        description: Set(draft.description.clone()),
        required_migration_step: Set(draft.required_migration_step),
        locked: Set(false),
        deleted: Set(false),
        deleted_marker: Set(0),
        valid: Set(true),
        complete: Set(false),
        row_version: Set(1),
        ..ActiveModel::default()
    }
}

fn changeable(set: &DistributionSet) -> ActiveModel {
    let mut row = ActiveModel {
        name: Set(set.name.clone()),
        version: Set(set.version.clone()),
        description: Set(set.description.clone()),
        required_migration_step: Set(set.required_migration_step),
        locked: Set(set.locked),
        deleted: Set(set.deleted),
        valid: Set(set.valid),
        ..ActiveModel::default()
    };
    set_touch!(row, set.audit);
    row
}

impl Session<'_> {
    /// The set of this number, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set(
        &self,
        tenant: TenantId,
        set: SetId,
    ) -> Result<Option<DistributionSet>, Error> {
        Ok(self.sets_by_ids(tenant, &[set]).await?.pop())
    }

    /// The sets of these numbers, deleted or not, by number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sets_by_ids(
        &self,
        tenant: TenantId,
        sets: &[SetId],
    ) -> Result<Vec<DistributionSet>, Error> {
        let mut found = Vec::with_capacity(sets.len());
        for some in sets.chunks(CHUNK) {
            let select = Entity::find()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::Id.is_in(some.iter().map(|id| id.0)))
                .order_by_asc(Column::Id);
            found.extend(self.all(select).await?);
        }
        self.with_modules(found).await
    }

    /// The sets of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_sets(
        &self,
        tenant: TenantId,
        query: &SetQuery,
    ) -> Result<Listed<DistributionSet>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.set_type, |select, kind| select.filter(Column::SetTypeId.eq(kind.0)))
            .apply_if(query.tag, |select, tag| {
                let sets = set_tag_set::Entity::find()
                    .select_only()
                    .column(set_tag_set::Column::SetId)
                    .filter(set_tag_set::Column::TagId.eq(tag.0));
                select.filter(Column::Id.in_subquery(sets.into_query()))
            })
            .apply_if(query.complete, |select, complete| {
                select.filter(Column::Complete.eq(complete))
            })
            .apply_if(query.name.as_deref(), |select, name| select.filter(Column::Name.eq(name)))
            .apply_if(query.version.as_deref(), |select, version| {
                select.filter(Column::Version.eq(version))
            })
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(Column::Deleted.eq(deleted))
            })
            .apply_if(query.module, |select, module| {
                let sets = set_module::Entity::find()
                    .select_only()
                    .column(set_module::Column::SetId)
                    .filter(set_module::Column::ModuleId.eq(module.0));
                select.filter(Column::Id.in_subquery(sets.into_query()))
            });
        let Listed { items, total } = self.page(select, &query.page).await?;
        Ok(Listed { items: self.with_modules(items).await?, total })
    }

    /// Adds a set with the modules of the draft. Whether it is complete is set here.
    ///
    /// # Errors
    /// [`Error::Unique`] if type, name and version are taken; [`Error::Conflict`] if the type or
    /// a module is gone.
    pub async fn insert_set(
        &self,
        tenant: TenantId,
        set_type: SetTypeId,
        draft: &SetDraft,
        audit: &Audit,
    ) -> Result<DistributionSet, Error> {
        let mut row = new_row(tenant, set_type, draft);
        set_audit!(row, audit);
        let id = SetId(self.insert(row).await?);
        self.insert_set_modules(id, &draft.modules).await?;
        self.recompute_set(tenant, id).await?;
        self.set(tenant, id).await?.ok_or(Error::Conflict)
    }

    /// Writes a changed set back and returns it with its new version. Type, modules and whether
    /// it is complete stay as they are; a deleted one keeps its name.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read; [`Error::Unique`] if
    /// type, name and version are taken.
    pub async fn save_set(&self, set: &DistributionSet) -> Result<DistributionSet, Error> {
        let update = Entity::update_many()
            .set(changeable(set))
            .col_expr(Column::RowVersion, Expr::value(set.row_version + 1))
            .filter(Column::Id.eq(set.id.0))
            .filter(Column::TenantId.eq(set.tenant.0))
            .filter(Column::RowVersion.eq(set.row_version));
        self.changed_one(self.update(update).await?)?;
        Ok(DistributionSet { row_version: set.row_version + 1, ..set.clone() })
    }

    /// Removes a set with all that it owns; whether there was one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if an action or a target refers to it.
    pub async fn delete_set(&self, tenant: TenantId, set: SetId) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(set.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Whether any action, target or rollout refers to a set.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_in_use(&self, set: &DistributionSet) -> Result<bool, Error> {
        let actions = action::Entity::find()
            .filter(action::Column::TenantId.eq(set.tenant.0))
            .filter(action::Column::SetId.eq(set.id.0))
            .limit(1);
        if self.one(actions).await?.is_some() {
            return Ok(true);
        }
        let rollouts = rollout::Entity::find().filter(rollout::Column::SetId.eq(set.id.0)).limit(1);
        if self.one(rollouts).await?.is_some() {
            return Ok(true);
        }
        let mine = || target::Entity::find().filter(target::Column::TenantId.eq(set.tenant.0));
        let assigned = mine().filter(target::Column::AssignedSetId.eq(set.id.0)).limit(1);
        let installed = mine().filter(target::Column::InstalledSetId.eq(set.id.0)).limit(1);
        Ok(self.one(assigned).await?.is_some() || self.one(installed).await?.is_some())
    }

    async fn with_modules(&self, rows: Vec<Model>) -> Result<Vec<DistributionSet>, Error> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut modules = self.modules_of_sets(&ids).await?;
        let with = |row: Model| {
            let modules = modules.remove(&row.id).unwrap_or_default();
            set(row, modules)
        };
        Ok(rows.into_iter().map(with).collect())
    }
}
