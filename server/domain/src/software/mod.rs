//! Software modules, their types and their artifacts.

mod model;
mod rules;

pub use model::{
    Artifact, ArtifactDraft, Hashes, Metadata, Module, ModuleDraft, ModulePatch, ModuleType,
};
pub use rules::{
    ModuleTypeDraft, check_hashes, check_metadata, check_not_deleted, check_unlocked,
    default_module_types, device_part, is_complete, new_module, new_module_type, update_module,
    validate_filename,
};

#[cfg(test)]
mod tests;
