//! Actions and their histories.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0005_actions",
    "
CREATE TABLE IF NOT EXISTS actions (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    target_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    set_id bigint NOT NULL REFERENCES distribution_sets (id),
    action_type {text} NOT NULL,
    forced_at bigint,
    state {text} NOT NULL,
    active boolean NOT NULL,
    weight integer NOT NULL,
    window_schedule {text},
    window_duration {text},
    window_timezone {text},
    last_code integer,
    retrieved_last boolean NOT NULL,
    entries integer NOT NULL,
    external_ref {text},
    rollout_id bigint,
    rollout_group_id bigint,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS actions_offer ON actions (target_id, active, weight DESC, id);
CREATE INDEX IF NOT EXISTS actions_target ON actions (target_id, id);
CREATE INDEX IF NOT EXISTS actions_tenant ON actions (tenant_id, id);
CREATE INDEX IF NOT EXISTS actions_set ON actions (set_id, id);

CREATE TABLE IF NOT EXISTS action_entries (
    id {id},
    action_id bigint NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    status {text} NOT NULL,
    messages {text} NOT NULL,
    code integer,
    occurred_at bigint NOT NULL,
    reported_at bigint NOT NULL,
    request_id {text}
);
CREATE INDEX IF NOT EXISTS action_entries_action ON action_entries (action_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS action_entries_request
    ON action_entries (action_id, request_id) WHERE request_id IS NOT NULL;
",
);
