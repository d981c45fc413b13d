//! The `complete` columns of modules and sets, computed from counts whenever these change.

use otahub_domain::{ModuleId, SetId, TenantId};

use crate::{Error, Session};

/// A module is complete if it has as many artifacts as its type demands.
const MODULE: &str = "\
UPDATE software_modules SET complete =
  (SELECT COUNT(*) FROM artifacts f WHERE f.module_id = software_modules.id) >=
  (SELECT t.min_artifacts FROM software_module_types t
    WHERE t.id = software_modules.module_type_id)
WHERE tenant_id = ? AND id = ?";

/// A set is complete if it has a module, all its modules are, and no mandatory type is missing.
const SET: &str = "\
UPDATE distribution_sets SET complete =
  (EXISTS (SELECT 1 FROM distribution_set_modules x WHERE x.set_id = distribution_sets.id)
  AND NOT EXISTS (SELECT 1 FROM distribution_set_modules x
    JOIN software_modules m ON m.id = x.module_id
    WHERE x.set_id = distribution_sets.id AND NOT m.complete)
  AND NOT EXISTS (SELECT 1 FROM distribution_set_type_modules p
    WHERE p.set_type_id = distribution_sets.set_type_id AND p.mandatory
    AND NOT EXISTS (SELECT 1 FROM distribution_set_modules x
      JOIN software_modules m ON m.id = x.module_id
      WHERE x.set_id = distribution_sets.id AND m.module_type_id = p.module_type_id)))
WHERE tenant_id = ?";

impl Session<'_> {
    /// Sets whether a module is complete, and whether each set is that has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn recompute_module(&self, tenant: TenantId, module: ModuleId) -> Result<(), Error> {
        self.execute_sql(MODULE, [tenant.0.into(), module.0.into()]).await?;
        let its_sets =
            " AND id IN (SELECT set_id FROM distribution_set_modules WHERE module_id = ?)";
        let sql = format!("{SET}{its_sets}");
        self.execute_sql(&sql, [tenant.0.into(), module.0.into()]).await?;
        Ok(())
    }

    /// Sets whether a set is complete.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn recompute_set(&self, tenant: TenantId, set: SetId) -> Result<(), Error> {
        let sql = format!("{SET} AND id = ?");
        self.execute_sql(&sql, [tenant.0.into(), set.0.into()]).await?;
        Ok(())
    }
}
