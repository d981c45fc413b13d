//! What is known of the fields that a filter can name.

use crate::{Error, Result};

/// What kind of values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Whole numbers.
    Number,
    /// Instants.
    Time,
    /// True or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Texts by key.
    Map,
}

/// A field of an entity.
#[derive(Debug, Clone, Copy)]
pub struct Entry<F: 'static> {
    /// Which one.
    pub field: F,
    /// What kind.
    pub kind: Kind,
    /// Its names: the proper one first.
    pub names: &'static [&'static str],
}

/// The fields of an entity that a filter can name.
pub trait Searchable: Copy + Eq + std::fmt::Debug + 'static {
    /// All of them.
    const FIELDS: &'static [Entry<Self>];
}

/// The field at a path, and the key if it is a map.
///
/// # Errors
/// [`Error::FilterField`] if there is none, or a map without a key.
pub(super) fn find<F: Searchable>(path: &[String]) -> Result<(&'static Entry<F>, Option<String>)> {
    let whole = path.join(".");
    let named = |name: &str| F::FIELDS.iter().find(|entry| entry.names.contains(&name));
    let plain = named(&whole).filter(|entry| entry.kind != Kind::Map);
    if let Some(entry) = plain {
        return Ok((entry, None));
    }
    let map = path.split_first().and_then(|(first, key)| {
        let entry = named(first).filter(|entry| entry.kind == Kind::Map)?;
        (!key.is_empty()).then(|| (entry, Some(key.join(".").to_ascii_lowercase())))
    });
    map.ok_or_else(|| Error::FilterField {
        message: format!("there is no field {}", whole.escape_debug()),
        path: whole,
        allowed: Vec::new(),
    })
}
