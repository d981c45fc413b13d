//! Which modules a distribution set has.

use std::collections::HashMap;

use otahub_domain::distribution_set::Set as DistributionSet;
use otahub_domain::{ModuleId, SetId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set};

use crate::entity::set_module::{ActiveModel, Column, Entity};
use crate::target::CHUNK;
use crate::{Error, Session};

impl Session<'_> {
    /// Makes `modules` the modules of a set, in this order, and sets whether it is complete.
    /// Save the set too, so that its version counts the change.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a module is gone.
    pub async fn replace_set_modules(
        &self,
        set: &DistributionSet,
        modules: &[ModuleId],
    ) -> Result<(), Error> {
        let old = Entity::delete_many().filter(Column::SetId.eq(set.id.0));
        self.delete(old).await?;
        self.insert_set_modules(set.id, modules).await?;
        self.recompute_set(set.tenant, set.id).await
    }

    /// Adds the modules of a set that has none.
    pub(crate) async fn insert_set_modules(
        &self,
        set: SetId,
        modules: &[ModuleId],
    ) -> Result<(), Error> {
        let place = |(position, module): (usize, &ModuleId)| ActiveModel {
            set_id: Set(set.0),
            module_id: Set(module.0),
            position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
        };
        let places = modules.iter().enumerate().map(place).collect();
        self.insert_all::<ActiveModel>(places).await
    }

    /// The modules of each of some sets.
    pub(crate) async fn modules_of_sets(
        &self,
        sets: &[i64],
    ) -> Result<HashMap<i64, Vec<ModuleId>>, Error> {
        let mut modules: HashMap<i64, Vec<ModuleId>> = HashMap::new();
        for some in sets.chunks(CHUNK) {
            let select = Entity::find()
                .filter(Column::SetId.is_in(some.iter().copied()))
                .order_by_asc(Column::Position);
            for row in self.all(select).await? {
                modules.entry(row.set_id).or_default().push(ModuleId(row.module_id));
            }
        }
        Ok(modules)
    }
}
