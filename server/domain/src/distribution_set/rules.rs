//! How distribution sets come to be and how they change.

use super::{Set, SetDraft, SetPatch, SetType, check_unlocked};
use crate::software::{Module, ModuleType};
use crate::target::Target;
use crate::tenant::Quotas;
use crate::{Entity, Error, ModuleId, Result, SetTypeId, Timestamp, text};

/// A module together with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModulePart<'a> {
    /// The module.
    pub module: &'a Module,
    /// Its type.
    pub module_type: &'a ModuleType,
}

/// Checks and trims what is said of a new set of a type. Its modules go through [`add_modules`].
///
/// # Errors
/// [`Error::Invalid`] for a soft-deleted type, or if a text is missing, too long or has markup.
pub fn new_set(draft: &SetDraft, set_type: &SetType) -> Result<SetDraft> {
    if set_type.deleted {
        return Err(Error::invalid("type", "is soft-deleted"));
    }
    let description = draft.description.as_deref();
    Ok(SetDraft {
        name: text::required("name", &draft.name, text::NAME_MAX)?,
        version: text::required("version", &draft.version, text::VERSION_MAX)?,
        type_key: Some(set_type.key.clone()),
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        required_migration_step: draft.required_migration_step,
        modules: draft.modules.clone(),
    })
}

/// Applies an operator's change to a set. Locking this way asks for no completeness; the modules
/// of a set that becomes locked are to be locked too.
///
/// # Errors
/// [`Error::Deleted`], [`Error::SetInvalid`]: the set can no longer be changed;
/// [`Error::Locked`]: the migration step of a locked set; [`Error::Invalid`]: as in [`new_set`];
/// [`Error::EtagMismatch`].
pub fn update_set(set: &Set, patch: &SetPatch, by: &str, now: Timestamp) -> Result<Set> {
    check_usable(set)?;
    patch.expected.check(set.id.0, set.row_version)?;
    let mut changed = set.clone();
    if let Some(name) = &patch.name {
        changed.name = text::required("name", name, text::NAME_MAX)?;
    }
    if let Some(version) = &patch.version {
        changed.version = text::required("version", version, text::VERSION_MAX)?;
    }
    if let Some(description) = &patch.description {
        changed.description =
            text::optional("description", Some(description), text::DESCRIPTION_MAX)?;
    }
    if let Some(step) = patch.required_migration_step {
        if step != set.required_migration_step {
            check_unlocked(set, "UPDATE_REQUIRED_MIGRATION_STEP")?;
        }
        changed.required_migration_step = step;
    }
    changed.locked = patch.locked.unwrap_or(set.locked);
    changed.audit.touch(by, now);
    Ok(changed)
}

/// Refuses the use of a set that is soft-deleted or was invalidated.
///
/// # Errors
/// [`Error::Deleted`], [`Error::SetInvalid`].
pub fn check_usable(set: &Set) -> Result<()> {
    let id = set.id.to_string();
    if set.deleted {
        return Err(Error::Deleted { entity: Entity::DistributionSet, id });
    }
    if !set.valid {
        return Err(Error::SetInvalid { id });
    }
    Ok(())
}

/// Refuses to assign, or roll out, a set that is deleted, invalid or incomplete.
///
/// # Errors
/// [`Error::Deleted`], [`Error::SetInvalid`], [`Error::SetIncomplete`].
pub fn check_assignable(set: &Set) -> Result<()> {
    check_usable(set)?;
    if !set.complete {
        return Err(Error::SetIncomplete { id: set.id.to_string() });
    }
    Ok(())
}

/// Makes a set unusable for good (hawkBit domain rules: "Invalidation"). One that is so already
/// stays as it is: invalidation may be repeated, to cancel more than the first time.
///
/// # Errors
/// [`Error::Deleted`], [`Error::SetIncomplete`].
pub fn invalidate_set(set: &Set, by: &str, now: Timestamp) -> Result<Set> {
    if set.deleted {
        return Err(Error::Deleted { entity: Entity::DistributionSet, id: set.id.to_string() });
    }
    if !set.complete {
        return Err(Error::SetIncomplete { id: set.id.to_string() });
    }
    let mut set = set.clone();
    if set.valid {
        set.valid = false;
        set.audit.touch(by, now);
    }
    Ok(set)
}

/// Refuses a set whose type is not among those that the target's type is `compatible` with
/// (hawkBit domain rules: "Compatibility"). A target without type takes any set.
///
/// # Errors
/// [`Error::TargetTypeIncompatible`].
pub fn check_compatible(
    target: &Target,
    compatible: &[SetTypeId],
    set_type: &SetType,
) -> Result<()> {
    if target.target_type.is_none() || compatible.contains(&set_type.id) {
        return Ok(());
    }
    Err(Error::TargetTypeIncompatible {
        controller_id: target.controller_id.clone(),
        set_type: set_type.key.clone(),
    })
}

/// Whether a set of the type with these modules is complete (hawkBit domain rules:
/// "Completeness").
#[must_use]
pub fn is_complete(set_type: &SetType, modules: &[Module]) -> bool {
    let has = |wanted| modules.iter().any(|module| module.module_type == wanted);
    let mut mandatory = set_type.modules.iter().filter(|one| one.mandatory);
    !modules.is_empty()
        && modules.iter().all(|module| module.complete)
        && mandatory.all(|one| has(one.module_type))
}

/// Adds modules to a set that has the modules `present` (of `set.modules`, in that order), and
/// gives the new list. A module that is there already stays where it is. Where a type's
/// `max_assignments` is reached, the oldest module of that type gives way.
///
/// # Errors
/// - [`Error::Deleted`], [`Error::SetInvalid`], [`Error::Locked`]: the set cannot change;
/// - [`Error::Deleted`]: a soft-deleted module;
/// - [`Error::ModuleTypeUnsupported`]: a module whose type the set's type does not have;
/// - [`Error::QuotaExceeded`]: too many modules.
pub fn add_modules(
    set: &Set,
    set_type: &SetType,
    present: &[ModulePart<'_>],
    added: &[ModulePart<'_>],
    quotas: &Quotas,
) -> Result<Vec<ModuleId>> {
    check_usable(set)?;
    let mut parts = present.to_vec();
    for part in added {
        if parts.iter().any(|old| old.module.id == part.module.id) {
            continue;
        }
        check_unlocked(set, "ASSIGN_MODULE")?;
        crate::software::check_not_deleted(part.module)?;
        check_supported(set_type, part)?;
        let of_type = |old: &ModulePart<'_>| old.module.module_type == part.module.module_type;
        let max = usize::try_from(part.module_type.max_assignments.max(1)).unwrap_or(usize::MAX);
        if parts.iter().filter(|old| of_type(old)).count() >= max
            && let Some(oldest) = parts.iter().position(of_type)
        {
            parts.remove(oldest);
        }
        parts.push(*part);
    }
    let count = u64::try_from(parts.len()).unwrap_or(u64::MAX);
    Quotas::check("modules per distribution set", 0, count, quotas.modules_per_set)?;
    Ok(parts.into_iter().map(|part| part.module.id).collect())
}

/// Takes a module out of a set and gives the new list.
///
/// # Errors
/// [`Error::Deleted`], [`Error::SetInvalid`], [`Error::Locked`]: the set cannot change.
pub fn remove_module(set: &Set, module: ModuleId) -> Result<Vec<ModuleId>> {
    check_usable(set)?;
    check_unlocked(set, "UNASSIGN_MODULE")?;
    Ok(set.modules.iter().copied().filter(|id| *id != module).collect())
}

fn check_supported(set_type: &SetType, part: &ModulePart<'_>) -> Result<()> {
    if set_type.modules.iter().any(|one| one.module_type == part.module.module_type) {
        return Ok(());
    }
    Err(Error::ModuleTypeUnsupported {
        module_type: part.module_type.key.clone(),
        set_type: set_type.key.clone(),
    })
}
