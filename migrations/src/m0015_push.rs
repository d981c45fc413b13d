//! Devices that are told of their work: how they are reached, what they were
//! sent, and the certificates with which a broker lets them in.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0015_push",
    "
CREATE TABLE IF NOT EXISTS links (
    target_id bigint NOT NULL PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    protocol {text} NOT NULL,
    online boolean NOT NULL,
    since bigint NOT NULL,
    confirms boolean NOT NULL,
    download_only boolean NOT NULL
);

CREATE TABLE IF NOT EXISTS deliveries (
    action_id bigint NOT NULL PRIMARY KEY REFERENCES actions (id) ON DELETE CASCADE,
    target_id bigint NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    stage {text} NOT NULL,
    progress integer NOT NULL,
    noted integer NOT NULL,
    stumbled boolean NOT NULL,
    sends integer NOT NULL,
    asks integer NOT NULL,
    cancels integer NOT NULL,
    refusals integer NOT NULL,
    returned boolean NOT NULL,
    next_at bigint,
    expires_at bigint,
    image_before {text},
    last_digest {text},
    last_at bigint
);
CREATE INDEX IF NOT EXISTS deliveries_target ON deliveries (target_id);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS secrets (
    name {text} NOT NULL PRIMARY KEY,
    value {text} NOT NULL
);

CREATE TABLE IF NOT EXISTS pairings (
    target_id bigint NOT NULL PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    secret_hash {text} NOT NULL,
    serial {text}
);
CREATE UNIQUE INDEX IF NOT EXISTS pairings_serial ON pairings (serial);

CREATE TABLE IF NOT EXISTS certificates (
    serial {text} NOT NULL PRIMARY KEY,
    fingerprint {text} NOT NULL UNIQUE,
    not_after bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS certificates_end ON certificates (not_after);
",
);
