//! Software module types: how they come to be and how they change.

use super::ModuleType;
use crate::request::Expected;
use crate::{Entity, Error, Result, Timestamp, text};

/// What is said of a new module type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleTypeDraft {
    /// Required.
    pub key: String,
    /// Required.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A colour for user interfaces.
    pub colour: Option<String>,
    /// How many modules of this type one set may have.
    pub max_assignments: i32,
    /// How many artifacts a module of this type needs.
    pub min_artifacts: i32,
}

/// A change to a type of modules or sets; what is `None` stays. Key and name never change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypePatch {
    /// New description.
    pub description: Option<String>,
    /// New colour.
    pub colour: Option<String>,
    /// What it is a change of.
    pub expected: Expected,
}

impl TypePatch {
    /// Changes the two texts.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one is too long or has markup.
    pub(crate) fn apply(
        &self,
        description: &mut Option<String>,
        colour: &mut Option<String>,
    ) -> Result<()> {
        if let Some(new) = &self.description {
            *description = text::optional("description", Some(new), text::DESCRIPTION_MAX)?;
        }
        if let Some(new) = &self.colour {
            *colour = text::optional("colour", Some(new), text::COLOUR_MAX)?;
        }
        Ok(())
    }
}

/// The types that every tenant begins with (hawkBit domain rules: "Tenancy").
#[must_use]
pub fn default_module_types() -> Vec<ModuleTypeDraft> {
    let of = |key: &str, name: &str, description: &str, max_assignments| ModuleTypeDraft {
        key: key.to_owned(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        colour: None,
        max_assignments,
        min_artifacts: 0,
    };
    vec![
        of("application", "Application", "Application Addons", i32::MAX),
        of("os", "OS", "Core firmware or operating system", 1),
    ]
}

/// Checks and trims what is said of a new module type.
///
/// # Errors
/// [`Error::Invalid`] if a text is missing, too long or has markup, or a number is out of range.
pub fn new_module_type(draft: &ModuleTypeDraft) -> Result<ModuleTypeDraft> {
    if draft.max_assignments < 1 {
        return Err(Error::invalid("max_assignments", "must be at least 1"));
    }
    if draft.min_artifacts < 0 {
        return Err(Error::invalid("min_artifacts", "must not be negative"));
    }
    let description = draft.description.as_deref();
    Ok(ModuleTypeDraft {
        key: text::required("key", &draft.key, text::KEY_MAX)?,
        name: text::required("name", &draft.name, text::NAME_MAX)?,
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        colour: text::optional("colour", draft.colour.as_deref(), text::COLOUR_MAX)?,
        max_assignments: draft.max_assignments,
        min_artifacts: draft.min_artifacts,
    })
}

/// Applies an operator's change to a module type.
///
/// # Errors
/// [`Error::Deleted`] for a soft-deleted type; [`Error::Invalid`] as in [`new_module_type`];
/// [`Error::EtagMismatch`].
pub fn update_module_type(
    module_type: &ModuleType,
    patch: &TypePatch,
    by: &str,
    now: Timestamp,
) -> Result<ModuleType> {
    check_type_not_deleted(module_type)?;
    patch.expected.check(module_type.id.0, module_type.audit.modified_at.millis())?;
    let mut changed = module_type.clone();
    patch.apply(&mut changed.description, &mut changed.colour)?;
    changed.audit.touch_later(by, now);
    Ok(changed)
}

/// Refuses the use of a soft-deleted module type.
///
/// # Errors
/// [`Error::Deleted`].
pub fn check_type_not_deleted(module_type: &ModuleType) -> Result<()> {
    if module_type.deleted {
        return Err(Error::Deleted {
            entity: Entity::SoftwareModuleType,
            id: module_type.id.to_string(),
        });
    }
    Ok(())
}
