//! Software modules.

use otahub_domain::distribution_set::Set as DistributionSet;
use otahub_domain::filter::{Filter, ModuleField};
use otahub_domain::software::{Module, ModuleDraft};
use otahub_domain::{Audit, ModuleId, ModuleTypeId, SetId, TenantId};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::module::{ActiveModel, Column, Entity, Model};
use crate::entity::{distribution_set, set_module};
use crate::page::Sortable;
use crate::target::CHUNK;
use crate::{DeletedMode, Error, Listed, Page, Session, filter_sql};

/// Which modules are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleQuery {
    /// Those that match.
    pub filter: Option<Filter<ModuleField>>,
    /// Those of this type.
    pub module_type: Option<ModuleTypeId>,
    /// Those of this set.
    pub set: Option<SetId>,
    /// Whether soft-deleted ones are.
    pub deleted: DeletedMode,
    /// The part of the list.
    pub page: Page<ModuleOrder>,
}

/// By what modules can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum ModuleOrder {
    Id,
    Name,
    Version,
    Description,
    Vendor,
    Type,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

impl Sortable for ModuleOrder {
    fn column(&self) -> SimpleExpr {
        let column = match self {
            Self::Id => Column::Id,
            Self::Name => Column::Name,
            Self::Version => Column::Version,
            Self::Description => Column::Description,
            Self::Vendor => Column::Vendor,
            Self::Type => Column::ModuleTypeId,
            Self::CreatedAt => Column::CreatedAt,
            Self::CreatedBy => Column::CreatedBy,
            Self::ModifiedAt => Column::ModifiedAt,
            Self::ModifiedBy => Column::ModifiedBy,
        };
        column.into_simple_expr()
    }

    fn is_nullable(&self) -> bool {
        matches!(self, Self::Description | Self::Vendor)
    }
}

impl From<Model> for Module {
    fn from(row: Model) -> Self {
        Self {
            id: ModuleId(row.id),
            tenant: TenantId(row.tenant_id),
            module_type: ModuleTypeId(row.module_type_id),
            name: row.name,
            version: row.version,
            description: row.description,
            vendor: row.vendor,
            encrypted: row.encrypted,
            locked: row.locked,
            deleted: row.deleted,
            complete: row.complete,
            audit: audit_of!(row),
            row_version: row.row_version,
        }
    }
}

fn new_row(tenant: TenantId, kind: ModuleTypeId, draft: &ModuleDraft) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant.0),
        module_type_id: Set(kind.0),
        name: Set(draft.name.clone()),
        version: Set(draft.version.clone()),
        description: Set(draft.description.clone()),
        vendor: Set(draft.vendor.clone()),
        encrypted: Set(draft.encrypted),
        locked: Set(false),
        deleted: Set(false),
        deleted_marker: Set(0),
        complete: Set(false),
        row_version: Set(1),
        ..ActiveModel::default()
    }
}

impl Session<'_> {
    /// The module of this number, deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module(
        &self,
        tenant: TenantId,
        module: ModuleId,
    ) -> Result<Option<Module>, Error> {
        let select = Entity::find_by_id(module.0).filter(Column::TenantId.eq(tenant.0));
        Ok(self.one(select).await?.map(Module::from))
    }

    /// The modules of these numbers, deleted or not, by number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn modules_by_ids(
        &self,
        tenant: TenantId,
        modules: &[ModuleId],
    ) -> Result<Vec<Module>, Error> {
        let mut found = Vec::with_capacity(modules.len());
        for some in modules.chunks(CHUNK) {
            let select = Entity::find()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::Id.is_in(some.iter().map(|id| id.0)))
                .order_by_asc(Column::Id);
            found.extend(self.all(select).await?.into_iter().map(Module::from));
        }
        Ok(found)
    }

    /// The modules of a set, in the order of their assignment.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn modules_of_set(&self, set: &DistributionSet) -> Result<Vec<Module>, Error> {
        let mut found = self.modules_by_ids(set.tenant, &set.modules).await?;
        let place = |id| set.modules.iter().position(|module| *module == id);
        found.sort_by_key(|module| place(module.id));
        Ok(found)
    }

    /// The modules of a tenant that a query asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list_modules(
        &self,
        tenant: TenantId,
        query: &ModuleQuery,
    ) -> Result<Listed<Module>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(query.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(query.set, |select, set| {
                let modules = set_module::Entity::find()
                    .select_only()
                    .column(set_module::Column::ModuleId)
                    .filter(set_module::Column::SetId.eq(set.0));
                select.filter(Column::Id.in_subquery(modules.into_query()))
            })
            .apply_if(query.module_type, |select, kind| {
                select.filter(Column::ModuleTypeId.eq(kind.0))
            })
            .apply_if(query.deleted.wanted(), |select, deleted| {
                select.filter(Column::Deleted.eq(deleted))
            });
        self.page(select, &query.page).await?.try_map(|row| Ok(row.into()))
    }

    /// Adds a module. Whether it is complete is set here.
    ///
    /// # Errors
    /// [`Error::Unique`] if type, name and version are taken; [`Error::Conflict`] if the type is
    /// gone.
    pub async fn insert_module(
        &self,
        tenant: TenantId,
        module_type: ModuleTypeId,
        draft: &ModuleDraft,
        audit: &Audit,
    ) -> Result<Module, Error> {
        let mut row = new_row(tenant, module_type, draft);
        set_audit!(row, audit);
        let id = ModuleId(self.insert(row).await?);
        self.recompute_module(tenant, id).await?;
        self.module(tenant, id).await?.ok_or(Error::Conflict)
    }

    /// Writes description, vendor, lock and soft-deletion back and returns the module with its
    /// new version. A deleted one keeps its name.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read.
    pub async fn save_module(&self, module: &Module) -> Result<Module, Error> {
        let mut row = ActiveModel {
            description: Set(module.description.clone()),
            vendor: Set(module.vendor.clone()),
            locked: Set(module.locked),
            deleted: Set(module.deleted),
            ..ActiveModel::default()
        };
        set_touch!(row, module.audit);
        let update = Entity::update_many()
            .set(row)
            .col_expr(Column::RowVersion, Expr::value(module.row_version + 1))
            .filter(Column::Id.eq(module.id.0))
            .filter(Column::TenantId.eq(module.tenant.0))
            .filter(Column::RowVersion.eq(module.row_version));
        self.changed_one(self.update(update).await?)?;
        Ok(Module { row_version: module.row_version + 1, ..module.clone() })
    }

    /// Removes a module with all that it owns; whether there was one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a set has it.
    pub async fn delete_module(&self, tenant: TenantId, module: ModuleId) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(module.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Whether any set, deleted or not, has a module.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_in_use(&self, module: &Module) -> Result<bool, Error> {
        let select = set_module::Entity::find()
            .filter(set_module::Column::ModuleId.eq(module.id.0))
            .limit(1);
        Ok(self.one(select).await?.is_some())
    }

    /// Whether a locked set that is not deleted has a module.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn module_in_locked_set(&self, module: &Module) -> Result<bool, Error> {
        let sets = set_module::Entity::find()
            .select_only()
            .column(set_module::Column::SetId)
            .filter(set_module::Column::ModuleId.eq(module.id.0))
            .into_query();
        let select = distribution_set::Entity::find()
            .filter(distribution_set::Column::Id.in_subquery(sets))
            .filter(distribution_set::Column::Locked.eq(true))
            .filter(distribution_set::Column::Deleted.eq(false))
            .limit(1);
        Ok(self.one(select).await?.is_some())
    }
}
