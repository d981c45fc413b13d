//! Distribution sets: what is installed together.

mod lock;
mod model;
mod rules;
mod types;

pub use lock::{SKIP_LOCK_TAGS, check_unlocked, lock_set, locks_implicitly};
pub use model::{Set, SetDraft, SetPatch, SetType, SetTypeModule};
pub use rules::{
    ModulePart, add_modules, check_assignable, check_compatible, check_usable, invalidate_set,
    is_complete, new_set, remove_module, update_set,
};
pub use types::{
    PlaceChange, SetTypeDraft, check_places_changeable, check_set_type_not_deleted,
    default_set_types, new_set_type, place_module_types, update_set_type,
};

#[cfg(test)]
mod tests;
