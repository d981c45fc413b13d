//! What encrypted artifacts were before, and which artifacts sign or make others.
//!
//! An artifact never changes its name or bytes, and one that is spoken of is not removed: so its
//! name and hash may stand with whoever speaks of it.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0013_artifact_details",
    "
CREATE TABLE IF NOT EXISTS artifact_decryptions (
    artifact_id bigint NOT NULL PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
    size bigint NOT NULL,
    md5 {text} NOT NULL,
    sha1 {text} NOT NULL,
    sha256 {text} NOT NULL,
    scheme {text} NOT NULL,
    key_id {text} NOT NULL
);

CREATE TABLE IF NOT EXISTS artifact_relations (
    artifact_id bigint NOT NULL PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
    kind {text} NOT NULL,
    subject_filename {text},
    subject_sha256 {text},
    format {text},
    base_version {text},
    base_sha256 {text}
);
",
);
