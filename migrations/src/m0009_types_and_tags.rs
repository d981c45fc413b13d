//! Target types, and tags of targets and of distribution sets.
//!
//! SQLite cannot add a reference to a table that is there: on it, the store's one writer sees to
//! it that a target's type stays.

use crate::Script;

pub(crate) const SCRIPT: Script = Script {
    name: "m0009_types_and_tags",
    sql: "
CREATE TABLE IF NOT EXISTS target_types (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    colour {text},
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS target_types_key ON target_types (tenant_id, key);
CREATE UNIQUE INDEX IF NOT EXISTS target_types_name ON target_types (tenant_id, name);

CREATE TABLE IF NOT EXISTS target_type_set_types (
    target_type_id bigint NOT NULL REFERENCES target_types (id) ON DELETE CASCADE,
    set_type_id bigint NOT NULL REFERENCES distribution_set_types (id) ON DELETE CASCADE,
    position integer NOT NULL,
    PRIMARY KEY (target_type_id, set_type_id)
);
CREATE INDEX IF NOT EXISTS target_type_set_types_set_type
    ON target_type_set_types (set_type_id);
CREATE INDEX IF NOT EXISTS targets_type ON targets (target_type_id);

CREATE TABLE IF NOT EXISTS target_tags (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    description {text},
    colour {text},
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS target_tags_name ON target_tags (tenant_id, name);

CREATE TABLE IF NOT EXISTS target_tag_targets (
    tag_id bigint NOT NULL REFERENCES target_tags (id) ON DELETE CASCADE,
    target_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, target_id)
);
CREATE INDEX IF NOT EXISTS target_tag_targets_target ON target_tag_targets (target_id);

CREATE TABLE IF NOT EXISTS distribution_set_tags (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    description {text},
    colour {text},
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS distribution_set_tags_name
    ON distribution_set_tags (tenant_id, name);

CREATE TABLE IF NOT EXISTS distribution_set_tag_sets (
    tag_id bigint NOT NULL REFERENCES distribution_set_tags (id) ON DELETE CASCADE,
    set_id bigint NOT NULL REFERENCES distribution_sets (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, set_id)
);
CREATE INDEX IF NOT EXISTS distribution_set_tag_sets_set ON distribution_set_tag_sets (set_id);
",
    sqlite: "",
    postgres: "
ALTER TABLE targets DROP CONSTRAINT IF EXISTS targets_target_type;
ALTER TABLE targets ADD CONSTRAINT targets_target_type
    FOREIGN KEY (target_type_id) REFERENCES target_types (id);
",
};
