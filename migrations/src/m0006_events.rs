//! The event log, which is the outbox too.
//!
//! On PostgreSQL an event's number is made of its transaction's number: see the store's event.rs
//! for the reason. What is added to these numbers stands in `event_clock`.

use crate::Script;

pub(crate) const SCRIPT: Script = Script {
    name: "m0006_events",
    sql: "",
    sqlite: "
CREATE TABLE IF NOT EXISTS events (
    seq {id},
    tenant_id bigint NOT NULL,
    kind {text} NOT NULL,
    target_id bigint,
    controller_id {text},
    action_id bigint,
    payload {text} NOT NULL,
    created_at bigint NOT NULL
);
",
    postgres: "
CREATE TABLE IF NOT EXISTS events (
    seq bigint NOT NULL PRIMARY KEY,
    tenant_id bigint NOT NULL,
    kind {text} NOT NULL,
    target_id bigint,
    controller_id {text},
    action_id bigint,
    payload {text} NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS event_clock (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    shift bigint NOT NULL
);
INSERT INTO event_clock (id, shift) VALUES (1, 0) ON CONFLICT DO NOTHING;
",
};
