//! Distribution sets, their types, modules and metadata.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0003_distribution_sets",
    "
CREATE TABLE IF NOT EXISTS distribution_set_types (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    colour {text},
    deleted boolean NOT NULL,
    deleted_marker bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS distribution_set_types_key
    ON distribution_set_types (tenant_id, key, deleted_marker);
CREATE UNIQUE INDEX IF NOT EXISTS distribution_set_types_name
    ON distribution_set_types (tenant_id, name, deleted_marker);

CREATE TABLE IF NOT EXISTS distribution_set_type_modules (
    set_type_id bigint NOT NULL REFERENCES distribution_set_types (id) ON DELETE CASCADE,
    module_type_id bigint NOT NULL REFERENCES software_module_types (id),
    mandatory boolean NOT NULL,
    position integer NOT NULL,
    PRIMARY KEY (set_type_id, module_type_id)
);
CREATE INDEX IF NOT EXISTS distribution_set_type_modules_module_type
    ON distribution_set_type_modules (module_type_id);

CREATE TABLE IF NOT EXISTS distribution_sets (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    set_type_id bigint NOT NULL REFERENCES distribution_set_types (id),
    name {text} NOT NULL,
    version {text} NOT NULL,
    description {text},
    required_migration_step boolean NOT NULL,
    locked boolean NOT NULL,
    deleted boolean NOT NULL,
    deleted_marker bigint NOT NULL,
    valid boolean NOT NULL,
    complete boolean NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    row_version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS distribution_sets_name
    ON distribution_sets (tenant_id, name, version, set_type_id, deleted_marker);
CREATE INDEX IF NOT EXISTS distribution_sets_type ON distribution_sets (set_type_id);

CREATE TABLE IF NOT EXISTS distribution_set_modules (
    set_id bigint NOT NULL REFERENCES distribution_sets (id) ON DELETE CASCADE,
    module_id bigint NOT NULL REFERENCES software_modules (id),
    position integer NOT NULL,
    PRIMARY KEY (set_id, module_id)
);
CREATE INDEX IF NOT EXISTS distribution_set_modules_module
    ON distribution_set_modules (module_id);

CREATE TABLE IF NOT EXISTS distribution_set_metadata (
    owner_id bigint NOT NULL REFERENCES distribution_sets (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    target_visible boolean NOT NULL,
    PRIMARY KEY (owner_id, key)
);
",
);
