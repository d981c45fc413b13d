//! What is known of distribution sets.

use crate::request::Expected;
use crate::{Audit, ModuleId, ModuleTypeId, SetId, SetTypeId, TenantId};

/// A module type's place in a set type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTypeModule {
    /// The module type.
    pub module_type: ModuleTypeId,
    /// A set without a module of this type is incomplete.
    pub mandatory: bool,
}

/// A kind of distribution set: which kinds of module it may and must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetType {
    /// Number.
    pub id: SetTypeId,
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
    /// Soft-deleted.
    pub deleted: bool,
    /// Which module types it has.
    pub modules: Vec<SetTypeModule>,
    /// Who made it and who touched it last.
    pub audit: Audit,
}

/// A distribution set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Number.
    pub id: SetId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its kind.
    pub set_type: SetTypeId,
    /// At most 128 characters; unique with version and type.
    pub name: String,
    /// At most 64 characters.
    pub version: String,
    /// At most 512 characters.
    pub description: Option<String>,
    /// A newer assignment must not cancel this one: the device has to pass through it.
    pub required_migration_step: bool,
    /// Its modules can no longer change.
    pub locked: bool,
    /// Soft-deleted.
    pub deleted: bool,
    /// False once it was invalidated, for good.
    pub valid: bool,
    /// Has all it needs. Kept by the store with every change.
    pub complete: bool,
    /// Its modules, in order of assignment.
    pub modules: Vec<ModuleId>,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking.
    pub row_version: i64,
}

/// What an operator says of a new set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetDraft {
    /// Required.
    pub name: String,
    /// Required.
    pub version: String,
    /// Key of its type; without one the tenant's default type.
    pub type_key: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// See [`Set::required_migration_step`].
    pub required_migration_step: bool,
    /// Its modules.
    pub modules: Vec<ModuleId>,
}

/// A change to a set; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetPatch {
    /// New name.
    pub name: Option<String>,
    /// New version.
    pub version: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New value; refused while locked.
    pub required_migration_step: Option<bool>,
    /// Lock (with all modules) or unlock (the set alone).
    pub locked: Option<bool>,
    /// What it is a change of.
    pub expected: Expected,
}
