//! Indices for what lists are searched and sorted by.
//!
//! Texts are searched in lower case, of A to Z only, and sorted as they are. There is none on when
//! a target was last heard of, because that is written with every poll; and none on the values of
//! metadata, because they may be larger than an entry of an index.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0008_search",
    "
CREATE INDEX IF NOT EXISTS targets_controller_id_lower
    ON targets (tenant_id, lower(controller_id));
CREATE INDEX IF NOT EXISTS targets_name ON targets (tenant_id, name);
CREATE INDEX IF NOT EXISTS targets_name_lower ON targets (tenant_id, lower(name));
CREATE INDEX IF NOT EXISTS targets_group_lower ON targets (tenant_id, lower(group_name));
CREATE INDEX IF NOT EXISTS targets_update_status ON targets (tenant_id, update_status);
CREATE INDEX IF NOT EXISTS targets_created_at ON targets (tenant_id, created_at);
CREATE INDEX IF NOT EXISTS target_attributes_value
    ON target_attributes (lower(key), lower(value), target_id);
CREATE INDEX IF NOT EXISTS target_metadata_key ON target_metadata (lower(key), owner_id);
CREATE INDEX IF NOT EXISTS distribution_sets_name_lower
    ON distribution_sets (tenant_id, lower(name));
CREATE INDEX IF NOT EXISTS distribution_set_metadata_key
    ON distribution_set_metadata (lower(key), owner_id);
CREATE INDEX IF NOT EXISTS software_modules_name_lower
    ON software_modules (tenant_id, lower(name));
CREATE INDEX IF NOT EXISTS software_module_metadata_key
    ON software_module_metadata (lower(key), owner_id);
CREATE INDEX IF NOT EXISTS actions_state ON actions (tenant_id, state, id);
",
);
