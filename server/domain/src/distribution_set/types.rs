//! Distribution set types.

use super::{SetType, SetTypeModule};
use crate::software::{ModuleType, TypePatch};
use crate::tenant::Quotas;
use crate::{Entity, Error, ModuleTypeId, Result, Timestamp, text};

/// What is said of a new set type; module types by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetTypeDraft {
    /// Required.
    pub key: String,
    /// Required.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A colour for user interfaces.
    pub colour: Option<String>,
    /// Keys of the module types that a complete set has.
    pub mandatory: Vec<String>,
    /// Keys of the module types that a set may have beside.
    pub optional: Vec<String>,
}

impl SetTypeDraft {
    /// The places of the named module types, mandatory ones first. Unknown keys are left out.
    #[must_use]
    pub fn places(&self, types: &[ModuleType]) -> Vec<SetTypeModule> {
        let mandatory = self.mandatory.iter().map(|key| (key, true));
        let named = mandatory.chain(self.optional.iter().map(|key| (key, false)));
        let place = |(key, mandatory): (&String, bool)| {
            let found = types.iter().find(|one| one.key == *key)?;
            Some(SetTypeModule { module_type: found.id, mandatory })
        };
        named.filter_map(place).collect()
    }
}

/// The types that every tenant begins with (hawkBit domain rules: "Tenancy"). The last one,
/// `os_app`, is the tenant's default type.
#[must_use]
pub fn default_set_types() -> Vec<SetTypeDraft> {
    let of = |key: &str, texts: (&str, &str), mandatory: &[&str], optional: &[&str]| SetTypeDraft {
        key: key.to_owned(),
        name: texts.0.to_owned(),
        description: Some(texts.1.to_owned()),
        colour: None,
        mandatory: mandatory.iter().map(ToString::to_string).collect(),
        optional: optional.iter().map(ToString::to_string).collect(),
    };
    vec![
        of("os", ("OS only", "Default type with Firmware/OS only."), &["os"], &[]),
        of("app", ("App(s) only", "Default type with app(s) only."), &["application"], &[]),
        of(
            "os_app",
            ("OS with app(s)", "Default type with Firmware/OS and optional app(s)."),
            &["os"],
            &["application"],
        ),
    ]
}

/// Checks and trims what is said of a new set type. The quota of module types is the caller's.
///
/// # Errors
/// [`crate::Error::Invalid`] if a text is missing, too long or has markup.
pub fn new_set_type(draft: &SetTypeDraft) -> Result<SetTypeDraft> {
    let description = draft.description.as_deref();
    Ok(SetTypeDraft {
        key: text::required("key", &draft.key, text::KEY_MAX)?,
        name: text::required("name", &draft.name, text::NAME_MAX)?,
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        colour: text::optional("colour", draft.colour.as_deref(), text::COLOUR_MAX)?,
        mandatory: draft.mandatory.clone(),
        optional: draft.optional.clone(),
    })
}

/// Applies an operator's change to a set type.
///
/// # Errors
/// [`Error::Deleted`] for a soft-deleted type; [`Error::Invalid`] as in [`new_set_type`];
/// [`Error::EtagMismatch`].
pub fn update_set_type(
    set_type: &SetType,
    patch: &TypePatch,
    by: &str,
    now: Timestamp,
) -> Result<SetType> {
    check_set_type_not_deleted(set_type)?;
    patch.expected.check(set_type.id.0, set_type.audit.modified_at.millis())?;
    let mut changed = set_type.clone();
    patch.apply(&mut changed.description, &mut changed.colour)?;
    changed.audit.touch_later(by, now);
    Ok(changed)
}

/// Refuses the use of a soft-deleted set type.
///
/// # Errors
/// [`Error::Deleted`].
pub fn check_set_type_not_deleted(set_type: &SetType) -> Result<()> {
    if set_type.deleted {
        return Err(Error::Deleted {
            entity: Entity::DistributionSetType,
            id: set_type.id.to_string(),
        });
    }
    Ok(())
}

/// Which module types get and lose their places in a set type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceChange {
    /// A set must have them from now on.
    pub mandatory: Vec<ModuleTypeId>,
    /// A set may have them from now on.
    pub optional: Vec<ModuleTypeId>,
    /// They lose their places, wherever these are.
    pub removed: Vec<ModuleTypeId>,
}

/// Gives the places of module types as they are after a change. A module type that has a place
/// keeps it and becomes mandatory or optional; of two wishes the later, optional one counts.
///
/// # Errors
/// [`Error::QuotaExceeded`] if there would be too many.
pub fn place_module_types(
    places: &[SetTypeModule],
    change: &PlaceChange,
    quotas: &Quotas,
) -> Result<Vec<SetTypeModule>> {
    let mut places = places.to_vec();
    places.retain(|place| !change.removed.contains(&place.module_type));
    let mandatory = change.mandatory.iter().map(|id| (*id, true));
    let wishes = mandatory.chain(change.optional.iter().map(|id| (*id, false)));
    for (module_type, mandatory) in wishes {
        match places.iter_mut().find(|one| one.module_type == module_type) {
            Some(place) => place.mandatory = mandatory,
            None => places.push(SetTypeModule { module_type, mandatory }),
        }
    }
    let count = u64::try_from(places.len()).unwrap_or(u64::MAX);
    let limit = quotas.module_types_per_set_type;
    Quotas::check("module types per distribution set type", 0, count, limit)?;
    Ok(places)
}

/// Refuses a change to the places of module types once sets rely on them.
///
/// # Errors
/// [`Error::Deleted`]; [`Error::ReadOnly`] while a set has the type.
pub fn check_places_changeable(set_type: &SetType, in_use: bool) -> Result<()> {
    check_set_type_not_deleted(set_type)?;
    if in_use {
        return Err(Error::ReadOnly {
            entity: Entity::DistributionSetType,
            id: set_type.id.to_string(),
        });
    }
    Ok(())
}
