//! Targets, their attributes and metadata.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0004_targets",
    "
CREATE TABLE IF NOT EXISTS targets (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    controller_id {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    address {text},
    security_token {text} NOT NULL,
    group_name {text},
    target_type_id bigint,
    update_status {text} NOT NULL,
    assigned_set_id bigint REFERENCES distribution_sets (id),
    installed_set_id bigint REFERENCES distribution_sets (id),
    installed_at bigint,
    request_attributes boolean NOT NULL,
    last_poll_at bigint,
    auto_confirm_at bigint,
    auto_confirm_by {text},
    auto_confirm_initiator {text},
    auto_confirm_remark {text},
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS targets_controller_id ON targets (tenant_id, controller_id);
CREATE INDEX IF NOT EXISTS targets_assigned_set ON targets (assigned_set_id);
CREATE INDEX IF NOT EXISTS targets_installed_set ON targets (installed_set_id);
CREATE INDEX IF NOT EXISTS targets_modified_at ON targets (tenant_id, modified_at);

CREATE TABLE IF NOT EXISTS target_attributes (
    target_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (target_id, key)
);

CREATE TABLE IF NOT EXISTS target_metadata (
    owner_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    target_visible boolean NOT NULL,
    PRIMARY KEY (owner_id, key)
);
",
);
