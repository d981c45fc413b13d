//! Consumers of device work: how far each is, and what it could not deliver; and which actions
//! wait for a maintenance window.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0014_consumers",
    "
CREATE TABLE IF NOT EXISTS consumers (
    name {text} NOT NULL PRIMARY KEY,
    seq bigint NOT NULL,
    seen_at bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS held_work (
    id {id},
    consumer {text} NOT NULL,
    tenant_id bigint NOT NULL,
    controller_id {text} NOT NULL,
    kind {text} NOT NULL,
    action_id bigint NOT NULL,
    address {text} NOT NULL,
    cause {text} NOT NULL,
    tries bigint NOT NULL,
    since bigint NOT NULL,
    due_at bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS held_work_once
    ON held_work (consumer, tenant_id, controller_id, kind, action_id);
CREATE INDEX IF NOT EXISTS held_work_due ON held_work (consumer, due_at);
CREATE INDEX IF NOT EXISTS held_work_of ON held_work (tenant_id, controller_id);
CREATE INDEX IF NOT EXISTS actions_in_windows ON actions (id)
    WHERE window_schedule IS NOT NULL AND active;
",
);
