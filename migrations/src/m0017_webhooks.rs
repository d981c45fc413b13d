//! Webhooks, and what could not be delivered.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0017_webhooks",
    "
CREATE TABLE IF NOT EXISTS webhooks (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    url {text} NOT NULL,
    description {text} NOT NULL,
    kinds {text} NOT NULL,
    sees {text} NOT NULL,
    controller_id {text},
    rollout_id bigint,
    batch_size integer NOT NULL,
    disabled boolean NOT NULL,
    secret {text} NOT NULL,
    seq bigint NOT NULL,
    failing_since bigint,
    succeeded_at bigint,
    disabled_reason {text},
    lost_at bigint,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS webhooks_tenant ON webhooks (tenant_id, id);

CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id {id},
    webhook_id bigint NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    dead boolean NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    events integer NOT NULL,
    body {text} NOT NULL,
    attempts integer NOT NULL,
    since bigint NOT NULL,
    attempted_at bigint NOT NULL,
    due_at bigint,
    status integer NOT NULL,
    error {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS webhook_deliveries_of ON webhook_deliveries (webhook_id, id);
",
);
