//! Users of the configuration file, API tokens, and who changed what.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0012_identity",
    "
CREATE TABLE IF NOT EXISTS configured_users (
    user_id bigint NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS api_tokens (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    secret_hash {text} NOT NULL UNIQUE,
    description {text} NOT NULL,
    authorities {text} NOT NULL,
    expires_at bigint,
    last_used_at bigint,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS api_tokens_tenant ON api_tokens (tenant_id);
CREATE INDEX IF NOT EXISTS api_tokens_user ON api_tokens (user_id);

CREATE TABLE IF NOT EXISTS audit_entries (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    happened_at bigint NOT NULL,
    actor {text} NOT NULL,
    credential {text} NOT NULL,
    protocol {text} NOT NULL,
    method {text} NOT NULL,
    resource {text} NOT NULL,
    outcome {text} NOT NULL,
    truncated boolean NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_entries_tenant ON audit_entries (tenant_id, id);
CREATE INDEX IF NOT EXISTS audit_entries_resource ON audit_entries (tenant_id, lower(resource));
CREATE INDEX IF NOT EXISTS audit_entries_time ON audit_entries (happened_at);
",
);
