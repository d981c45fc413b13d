//! Distribution set types.

use super::SetTypeModule;
use crate::software::ModuleType;
use crate::{Result, text};

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
    let of = |key: &str, name: &str, mandatory: &[&str], optional: &[&str]| SetTypeDraft {
        key: key.to_owned(),
        name: name.to_owned(),
        description: None,
        colour: None,
        mandatory: mandatory.iter().map(ToString::to_string).collect(),
        optional: optional.iter().map(ToString::to_string).collect(),
    };
    vec![
        of("os", "OS only", &["os"], &[]),
        of("app", "App(s) only", &["application"], &[]),
        of("os_app", "OS with app(s)", &["os"], &["application"]),
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
