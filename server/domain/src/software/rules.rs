//! How software modules, artifacts and metadata come to be and how they change.

use super::{Hashes, Metadata, Module, ModuleDraft, ModulePatch, ModuleType};
use crate::{Entity, Error, Result, Timestamp, text};

const VENDOR_MAX: usize = 256;
const FILENAME_MAX: usize = 256;
const METADATA_KEY_MAX: usize = 128;
const METADATA_VALUE_MAX: usize = 4000;

/// Checks and trims what is said of a new module of a type. `can_encrypt` says whether the hub
/// has an encryptor.
///
/// # Errors
/// - [`Error::Invalid`] if a text is missing, too long or has markup, or the type is deleted;
/// - [`Error::EncryptionNotSupported`]: it is to be encrypted and cannot be.
pub fn new_module(
    draft: &ModuleDraft,
    module_type: &ModuleType,
    can_encrypt: bool,
) -> Result<ModuleDraft> {
    if module_type.deleted {
        return Err(Error::invalid("type", "is soft-deleted"));
    }
    if draft.encrypted && !can_encrypt {
        return Err(Error::EncryptionNotSupported);
    }
    let description = draft.description.as_deref();
    Ok(ModuleDraft {
        name: text::required("name", &draft.name, text::NAME_MAX)?,
        version: text::required("version", &draft.version, text::VERSION_MAX)?,
        type_key: module_type.key.clone(),
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        vendor: text::optional("vendor", draft.vendor.as_deref(), VENDOR_MAX)?,
        encrypted: draft.encrypted,
    })
}

/// Applies an operator's change to a module.
///
/// # Errors
/// [`Error::Deleted`] for a soft-deleted module; [`Error::Invalid`] as in [`new_module`];
/// [`Error::EtagMismatch`].
pub fn update_module(
    module: &Module,
    patch: &ModulePatch,
    by: &str,
    now: Timestamp,
) -> Result<Module> {
    check_not_deleted(module)?;
    patch.expected.check(module.id.0, module.row_version)?;
    let mut module = module.clone();
    if let Some(description) = &patch.description {
        module.description =
            text::optional("description", Some(description), text::DESCRIPTION_MAX)?;
    }
    if let Some(vendor) = &patch.vendor {
        module.vendor = text::optional("vendor", Some(vendor), VENDOR_MAX)?;
    }
    module.locked = patch.locked.unwrap_or(module.locked);
    module.audit.touch(by, now);
    Ok(module)
}

/// Refuses the use of a soft-deleted module.
///
/// # Errors
/// [`Error::Deleted`].
pub fn check_not_deleted(module: &Module) -> Result<()> {
    if module.deleted {
        let id = module.id.to_string();
        return Err(Error::Deleted { entity: Entity::SoftwareModule, id });
    }
    Ok(())
}

/// Refuses a change to the artifacts of a locked module. `operation` names the change, such as
/// `ADD_ARTIFACT`.
///
/// # Errors
/// [`Error::Locked`].
pub fn check_unlocked(module: &Module, operation: &'static str) -> Result<()> {
    if module.locked {
        let id = module.id.to_string();
        return Err(Error::Locked { entity: Entity::SoftwareModule, id, operation });
    }
    Ok(())
}

/// Whether a module of the type with so many artifacts is complete (hawkBit domain rules:
/// "Completeness").
#[must_use]
pub fn is_complete(module_type: &ModuleType, artifacts: u64) -> bool {
    u64::try_from(module_type.min_artifacts).unwrap_or(0) <= artifacts
}

/// The word by which devices know a module type (DDI reference: "Chunk").
#[must_use]
pub fn device_part(type_key: &str) -> &str {
    match type_key {
        "application" => "bApp",
        "runtime" => "jvm",
        other => other,
    }
}

/// Checks the name of an artifact and gives it back trimmed.
///
/// # Errors
/// [`Error::Invalid`] if it is empty, longer than 256 characters or has markup.
pub fn validate_filename(filename: &str) -> Result<String> {
    text::required("filename", filename, FILENAME_MAX)
}

/// Compares the hashes that an uploader gives (empty: not given, any case) with those of the
/// bytes: sha1 first, then md5, then sha256.
///
/// # Errors
/// [`Error::ChecksumMismatch`] for the first that differs.
pub fn check_hashes(given: &Hashes, computed: &Hashes) -> Result<()> {
    let pairs = [
        ("sha1", &given.sha1, &computed.sha1),
        ("md5", &given.md5, &computed.md5),
        ("sha256", &given.sha256, &computed.sha256),
    ];
    for (algorithm, given, computed) in pairs {
        let given = given.trim();
        if !given.is_empty() && !given.eq_ignore_ascii_case(computed) {
            return Err(Error::ChecksumMismatch { algorithm });
        }
    }
    Ok(())
}

/// Checks a metadata entry of a target, set or module.
///
/// # Errors
/// [`Error::Invalid`] if the key has not 1 to 128 characters or the value more than 4000.
pub fn check_metadata(metadata: &Metadata) -> Result<()> {
    text::required("key", &metadata.key, METADATA_KEY_MAX)?;
    if metadata.value.chars().count() > METADATA_VALUE_MAX {
        let message = format!("has more than {METADATA_VALUE_MAX} characters");
        return Err(Error::invalid("value", message));
    }
    Ok(())
}
