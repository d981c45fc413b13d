//! What is known of software.

use super::Relation;
use crate::request::Expected;
use crate::{ArtifactId, Audit, ModuleId, ModuleTypeId, TenantId};

/// A kind of software module, such as `os` or `application`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleType {
    /// Number.
    pub id: ModuleTypeId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Unique in the tenant, at most 64 characters, unchangeable.
    pub key: String,
    /// Unique in the tenant, at most 128 characters.
    pub name: String,
    /// At most 512 characters.
    pub description: Option<String>,
    /// A colour for user interfaces, at most 16 characters.
    pub colour: Option<String>,
    /// How many modules of this type one set may have; at least 1.
    pub max_assignments: i32,
    /// How many artifacts a module of this type needs to be complete.
    pub min_artifacts: i32,
    /// Soft-deleted.
    pub deleted: bool,
    /// Who made it and who touched it last.
    pub audit: Audit,
}

/// A piece of software in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Number.
    pub id: ModuleId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its kind.
    pub module_type: ModuleTypeId,
    /// At most 128 characters; unique with type and version.
    pub name: String,
    /// At most 64 characters.
    pub version: String,
    /// At most 512 characters.
    pub description: Option<String>,
    /// At most 256 characters.
    pub vendor: Option<String>,
    /// Artifacts are encrypted at upload.
    pub encrypted: bool,
    /// Artifacts can no longer be added or removed.
    pub locked: bool,
    /// Soft-deleted.
    pub deleted: bool,
    /// Has as many artifacts as its type demands. Kept by the store with every change.
    pub complete: bool,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking.
    pub row_version: i64,
}

/// What an operator says of a new module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleDraft {
    /// Required.
    pub name: String,
    /// Required.
    pub version: String,
    /// Key of its type; required.
    pub type_key: String,
    /// Free text.
    pub description: Option<String>,
    /// Who made the software.
    pub vendor: Option<String>,
    /// Encrypt artifacts at upload.
    pub encrypted: bool,
}

/// A change to a module; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModulePatch {
    /// New description.
    pub description: Option<String>,
    /// New vendor.
    pub vendor: Option<String>,
    /// Lock or unlock.
    pub locked: Option<bool>,
    /// What it is a change of.
    pub expected: Expected,
}

/// The three hashes of an artifact's bytes, lower-case hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hashes {
    /// 32 digits.
    pub md5: String,
    /// 40 digits.
    pub sha1: String,
    /// 64 digits; also the name under which the bytes are stored.
    pub sha256: String,
}

/// A file of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Number.
    pub id: ArtifactId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The module it belongs to.
    pub module: ModuleId,
    /// 1 to 256 characters, unique in the module whatever the case.
    pub filename: String,
    /// Bytes as they are stored and served.
    pub size: u64,
    /// What these bytes hash to.
    pub hashes: Hashes,
    /// What was uploaded, if it was encrypted then.
    pub decrypted: Option<Decrypted>,
    /// How it relates to another artifact of the module.
    pub relation: Relation,
    /// Who uploaded it, and who changed it last.
    pub audit: Audit,
}

/// What an encrypted artifact is once it is decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// Bytes.
    pub size: u64,
    /// What they hash to.
    pub hashes: Hashes,
    /// How it was encrypted, in the encryptor's words.
    pub scheme: String,
    /// With which key, in the encryptor's words.
    pub key_id: String,
}

/// What is known of an upload when its bytes are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactDraft {
    /// The name it is to have.
    pub filename: String,
    /// Bytes that are stored.
    pub size: u64,
    /// Hashes of these bytes.
    pub hashes: Hashes,
    /// What came, if it was encrypted.
    pub decrypted: Option<Decrypted>,
    /// How it relates to another artifact of the module.
    pub relation: Relation,
}

/// A key and value on a target, set or module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// 1 to 128 characters.
    pub key: String,
    /// At most 4000 characters.
    pub value: String,
    /// On modules only: devices get to see it.
    pub target_visible: bool,
}
