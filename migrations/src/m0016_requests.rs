//! Requests of operators that are done once: under which id each was made, and what came of it.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0016_requests",
    "
CREATE TABLE IF NOT EXISTS requests (
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    caller {text} NOT NULL,
    method {text} NOT NULL,
    request_id {text} NOT NULL,
    fingerprint {text} NOT NULL,
    outcome {text} NOT NULL,
    made_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, caller, method, request_id)
);
CREATE INDEX IF NOT EXISTS requests_time ON requests (made_at);
",
);
