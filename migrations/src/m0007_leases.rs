//! Leases: which node does a piece of background work.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0007_leases",
    "
CREATE TABLE IF NOT EXISTS leases (
    name {text} NOT NULL PRIMARY KEY,
    owner {text} NOT NULL,
    token bigint NOT NULL,
    expires_at bigint NOT NULL
);
",
);
