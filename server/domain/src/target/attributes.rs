//! Device attributes: what a device says about itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::tenant::Quotas;
use crate::{Error, Result};

/// The most characters of a key, and of a value.
const LENGTH_MAX: usize = 128;

/// Attributes by key.
pub type Attributes = BTreeMap<String, String>;

/// What to do with attributes that come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AttributeMode {
    /// Add and overwrite; a key without value is removed.
    #[default]
    Merge,
    /// Forget all others; a key without value is left out.
    Replace,
    /// Remove the named ones, whatever their values.
    Remove,
}

/// Refuses a change that changes nothing, where one is expected.
///
/// # Errors
/// [`Error::InvalidAttributes`].
pub fn check_attributes_given(change: &BTreeMap<String, Option<String>>) -> Result<()> {
    if change.is_empty() {
        return Err(invalid("no attributes given"));
    }
    Ok(())
}

/// Applies a device's change to its attributes (DDI reference: "configData").
///
/// Gives the new attributes, and whether the device thereby delivered what the hub asked for
/// (`request_attributes` becomes false); removing keys is no delivery. `quota` is the most
/// attributes that a target may have, 0 for any number.
///
/// # Errors
/// - [`Error::InvalidAttributes`]: a key or value with more than 128 or other than plain
///   characters;
/// - [`Error::QuotaExceeded`]: more than `quota` would be left.
pub fn merge_attributes(
    current: &Attributes,
    change: &BTreeMap<String, Option<String>>,
    mode: AttributeMode,
    quota: u64,
) -> Result<(Attributes, bool)> {
    for (key, value) in change {
        check(key, "key")?;
        check(value.as_deref().unwrap_or_default(), "value")?;
    }
    let mut merged = match mode {
        AttributeMode::Merge | AttributeMode::Remove => current.clone(),
        AttributeMode::Replace => Attributes::new(),
    };
    for (key, value) in change {
        match (mode, value) {
            (AttributeMode::Merge | AttributeMode::Replace, Some(value)) => {
                merged.insert(key.clone(), value.clone());
            }
            (AttributeMode::Merge | AttributeMode::Replace, None) | (AttributeMode::Remove, _) => {
                merged.remove(key);
            }
        }
    }
    let count = u64::try_from(merged.len()).unwrap_or(u64::MAX);
    Quotas::check("attributes per target", 0, count, quota)?;
    Ok((merged, mode != AttributeMode::Remove))
}

/// The attributes without those that begin with one of `prefixes` and are not among `keys`.
#[must_use]
pub fn retain_attributes(
    current: &Attributes,
    prefixes: &[String],
    keys: &BTreeSet<String>,
) -> Attributes {
    let mut kept = current.clone();
    kept.retain(|key, _| keys.contains(key) || !prefixes.iter().any(|p| key.starts_with(p)));
    kept
}

fn check(text: &str, what: &str) -> Result<()> {
    if text.chars().count() > LENGTH_MAX {
        return Err(invalid(&format!("a {what} has more than {LENGTH_MAX} characters")));
    }
    if !text.chars().all(is_plain) {
        return Err(invalid(&format!("a {what} has characters that are not allowed")));
    }
    Ok(())
}

/// ASCII letters, digits, white space and signs, without `~` and the backtick.
const fn is_plain(sign: char) -> bool {
    match sign {
        '~' | '`' => false,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' => true,
        _ => sign.is_ascii_graphic(),
    }
}

fn invalid(message: &str) -> Error {
    Error::InvalidAttributes { message: message.to_owned() }
}
