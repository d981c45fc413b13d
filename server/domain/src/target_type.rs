//! Target types: which distribution set types a target takes.

use crate::request::Expected;
use crate::tenant::Quotas;
use crate::{Audit, Error, Result, SetTypeId, TargetTypeId, TenantId, Timestamp, text};

/// A kind of target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetType {
    /// Number.
    pub id: TargetTypeId,
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
    /// The set types that its targets take, in order of addition.
    pub set_types: Vec<SetTypeId>,
    /// Who made it and who touched it last.
    pub audit: Audit,
}

/// What an operator says of a new target type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetTypeDraft {
    /// Without one, the name.
    pub key: Option<String>,
    /// Without one, the key.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// A colour for user interfaces.
    pub colour: Option<String>,
    /// The set types that its targets take.
    pub set_types: Vec<SetTypeId>,
}

/// A change to a target type; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetTypePatch {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New colour.
    pub colour: Option<String>,
    /// All the set types that its targets take from now on.
    pub set_types: Option<Vec<SetTypeId>>,
    /// What it is a change of.
    pub expected: Expected,
}

/// Makes a target type of what an operator says (Management API reference: "Target types").
/// Number and tenant are 0 until the store sets them.
///
/// # Errors
/// - [`Error::KeyOrNameRequired`] without key and name;
/// - [`Error::Invalid`] if a text is too long or has markup;
/// - [`Error::QuotaExceeded`]: too many set types.
pub fn new_target_type(
    draft: &TargetTypeDraft,
    quotas: &Quotas,
    by: &str,
    now: Timestamp,
) -> Result<TargetType> {
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).unwrap_or_default();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (key, name) = match (given(&draft.key), given(&draft.name)) {
        (None, None) => return Err(Error::KeyOrNameRequired),
        (Some(key), None) => (key.clone(), key),
        (None, Some(name)) => (name.clone(), name),
        (Some(key), Some(name)) => (key, name),
    };
    let description = draft.description.as_deref();
    Ok(TargetType {
        id: TargetTypeId(0),
        tenant: TenantId(0),
        key: text::required("key", &key, text::KEY_MAX)?,
        name: text::required("name", &name, text::NAME_MAX)?,
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        colour: text::optional("colour", draft.colour.as_deref(), text::COLOUR_MAX)?,
        set_types: change_set_types(&[], &draft.set_types, &[], quotas)?,
        audit: Audit::new(by, now),
    })
}

/// Applies an operator's change. The quota of set types is that of [`change_set_types`].
///
/// # Errors
/// [`Error::Invalid`] as in [`new_target_type`]; [`Error::EtagMismatch`].
pub fn update_target_type(
    target_type: &TargetType,
    patch: &TargetTypePatch,
    by: &str,
    now: Timestamp,
) -> Result<TargetType> {
    patch.expected.check(target_type.id.0, target_type.audit.modified_at.millis())?;
    let mut changed = target_type.clone();
    if let Some(name) = &patch.name {
        changed.name = text::required("name", name, text::NAME_MAX)?;
    }
    if let Some(new) = &patch.description {
        changed.description = text::optional("description", Some(new), text::DESCRIPTION_MAX)?;
    }
    if let Some(new) = &patch.colour {
        changed.colour = text::optional("colour", Some(new), text::COLOUR_MAX)?;
    }
    changed.audit.touch_later(by, now);
    Ok(changed)
}

/// Gives the set types that targets take after some are added and removed. One that is there
/// already stays where it is.
///
/// # Errors
/// [`Error::QuotaExceeded`]: too many.
pub fn change_set_types(
    set_types: &[SetTypeId],
    added: &[SetTypeId],
    removed: &[SetTypeId],
    quotas: &Quotas,
) -> Result<Vec<SetTypeId>> {
    let mut changed = set_types.to_vec();
    changed.retain(|id| !removed.contains(id));
    for id in added {
        if !changed.contains(id) {
            changed.push(*id);
        }
    }
    let count = u64::try_from(changed.len()).unwrap_or(u64::MAX);
    let limit = quotas.set_types_per_target_type;
    Quotas::check("distribution set types per target type", 0, count, limit)?;
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(7);

    fn made(key: Option<&str>, name: Option<&str>) -> Result<TargetType> {
        let draft = TargetTypeDraft {
            key: key.map(Into::into),
            name: name.map(Into::into),
            ..TargetTypeDraft::default()
        };
        new_target_type(&draft, &Quotas::default(), "op", NOW)
    }

    #[test]
    fn key_and_name_stand_in_for_each_other() {
        for (key, name, expected) in [
            (Some("valve"), Some("Valve"), ("valve", "Valve")),
            (Some("valve"), None, ("valve", "valve")),
            (Some(" "), Some(" Valve "), ("Valve", "Valve")),
        ] {
            let made = made(key, name).unwrap();
            assert_eq!((made.key.as_str(), made.name.as_str()), expected);
        }
        assert_eq!(made(None, None), Err(Error::KeyOrNameRequired));
        assert_eq!(made(Some(""), Some("  ")), Err(Error::KeyOrNameRequired));
    }

    #[test]
    fn a_long_name_is_no_key() {
        assert!(made(None, Some(&"n".repeat(65))).is_err());
        assert!(made(Some("k"), Some(&"n".repeat(128))).is_ok());
    }

    #[test]
    fn set_types_are_added_once_and_within_the_quota() {
        let quotas = Quotas { set_types_per_target_type: 2, ..Quotas::default() };
        let (a, b, c) = (SetTypeId(1), SetTypeId(2), SetTypeId(3));
        assert_eq!(change_set_types(&[a], &[b, a, b], &[], &quotas), Ok(vec![a, b]));
        assert_eq!(change_set_types(&[a, b], &[c], &[a], &quotas), Ok(vec![b, c]));
        assert!(change_set_types(&[a, b], &[c], &[], &quotas).is_err());
    }

    #[test]
    fn a_change_touches_the_type_and_keeps_its_key() {
        let before = made(Some("valve"), None).unwrap();
        let patch = TargetTypePatch {
            name: Some("Valve".into()),
            colour: Some("#fff".into()),
            ..TargetTypePatch::default()
        };
        let after = update_target_type(&before, &patch, "me", NOW).unwrap();
        assert_eq!((after.key.as_str(), after.name.as_str()), ("valve", "Valve"));
        assert_eq!(after.audit.modified_by, "me");
    }
}
