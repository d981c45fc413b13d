//! Tenants, what they have set, and their users.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0001_tenants",
    "
CREATE TABLE IF NOT EXISTS tenants (
    id {id},
    name {text} NOT NULL UNIQUE,
    default_set_type_id bigint
);

CREATE TABLE IF NOT EXISTS tenant_settings (
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    PRIMARY KEY (tenant_id, key)
);

CREATE TABLE IF NOT EXISTS users (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name {text} NOT NULL UNIQUE,
    password_hash {text} NOT NULL,
    authorities {text} NOT NULL,
    disabled boolean NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS users_tenant ON users (tenant_id);
",
);
