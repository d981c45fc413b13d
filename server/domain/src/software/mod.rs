//! Software modules, their types and their artifacts.

mod model;
mod relation;
mod rules;
mod types;

pub use model::{
    Artifact, ArtifactDraft, Decrypted, Hashes, Metadata, Module, ModuleDraft, ModulePatch,
    ModuleType,
};
pub use relation::{
    ArtifactKind, Relation, RelationDraft, Subject, check_relation, check_removable, relate,
};
pub use rules::{
    check_hashes, check_metadata, check_not_deleted, check_unlocked, device_part, is_complete,
    new_module, update_module, validate_filename,
};
pub use types::{
    ModuleTypeDraft, TypePatch, check_type_not_deleted, default_module_types, new_module_type,
    update_module_type,
};

#[cfg(test)]
mod tests;
