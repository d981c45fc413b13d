//! Software modules, their types, metadata and artifacts, and the bytes of these.
//!
//! `deleted_marker` is 0, so that a soft-deleted row keeps its name from others, as in hawkBit. An
//! early row that was soft-deleted may have its own number there: its name is free.

use crate::Script;

pub(crate) const SCRIPT: Script = Script::new(
    "m0002_software",
    "
CREATE TABLE IF NOT EXISTS software_module_types (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    colour {text},
    max_assignments integer NOT NULL,
    min_artifacts integer NOT NULL,
    deleted boolean NOT NULL,
    deleted_marker bigint NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS software_module_types_key
    ON software_module_types (tenant_id, key, deleted_marker);
CREATE UNIQUE INDEX IF NOT EXISTS software_module_types_name
    ON software_module_types (tenant_id, name, deleted_marker);

CREATE TABLE IF NOT EXISTS software_modules (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    module_type_id bigint NOT NULL REFERENCES software_module_types (id),
    name {text} NOT NULL,
    version {text} NOT NULL,
    description {text},
    vendor {text},
    encrypted boolean NOT NULL,
    locked boolean NOT NULL,
    deleted boolean NOT NULL,
    deleted_marker bigint NOT NULL,
    complete boolean NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL,
    row_version bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS software_modules_name
    ON software_modules (tenant_id, module_type_id, name, version, deleted_marker);
CREATE INDEX IF NOT EXISTS software_modules_type ON software_modules (module_type_id);

CREATE TABLE IF NOT EXISTS software_module_metadata (
    owner_id bigint NOT NULL REFERENCES software_modules (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    target_visible boolean NOT NULL,
    PRIMARY KEY (owner_id, key)
);

CREATE TABLE IF NOT EXISTS artifacts (
    id {id},
    tenant_id bigint NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    module_id bigint NOT NULL REFERENCES software_modules (id) ON DELETE CASCADE,
    filename {text} NOT NULL,
    filename_lower {text} NOT NULL,
    size bigint NOT NULL,
    md5 {text} NOT NULL,
    sha1 {text} NOT NULL,
    sha256 {text} NOT NULL,
    created_at bigint NOT NULL,
    created_by {text} NOT NULL,
    modified_at bigint NOT NULL,
    modified_by {text} NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS artifacts_filename ON artifacts (module_id, filename_lower);
CREATE INDEX IF NOT EXISTS artifacts_sha256 ON artifacts (sha256);
CREATE INDEX IF NOT EXISTS artifacts_tenant ON artifacts (tenant_id);

CREATE TABLE IF NOT EXISTS blobs (
    sha256 {text} NOT NULL PRIMARY KEY,
    size bigint NOT NULL,
    pending integer NOT NULL,
    claimed_at bigint NOT NULL,
    orphaned_at bigint
);
",
);
