//! Stored target filters and what they assign by themselves; and an index for whether a target
//! ever had an action of a set.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0010_target_filters",
    "
CREATE TABLE IF NOT EXISTS target_filters (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    filter {text} NOT NULL,
    source {text},
    auto_set_id bigint REFERENCES distribution_sets (id),
    auto_type {text},
    auto_weight integer,
    auto_confirmation boolean,
    auto_by {text},
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS target_filters_name ON target_filters (tenant_id, name);
CREATE INDEX IF NOT EXISTS target_filters_auto_set
    ON target_filters (auto_set_id) WHERE auto_set_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS actions_target_set ON actions (target_id, set_id);
",
);
