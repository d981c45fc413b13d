//! What is common to all texts that come from outside: lengths, blanks, markup.

use crate::{Error, Result};

/// The most characters of a name.
pub const NAME_MAX: usize = 128;
/// The most characters of a description.
pub const DESCRIPTION_MAX: usize = 512;
/// The most characters of a version.
pub const VERSION_MAX: usize = 64;
/// The most characters of a type's key.
pub const KEY_MAX: usize = 64;
/// The most characters of a colour.
pub const COLOUR_MAX: usize = 16;

/// Whether the text would open, close or declare something in HTML or XML: a `<` before a
/// letter, `/`, `!` or `?` (hawkBit's "valid string" refuses such texts).
#[must_use]
pub fn has_markup(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    })
}

/// Gives the text without blanks around it if it has 1 to `max` characters and no markup.
///
/// # Errors
/// [`Error::Invalid`] for `field` otherwise.
pub fn required(field: &'static str, text: &str, max: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid(field, "is required"));
    }
    limited(field, text, max)?;
    Ok(text.to_owned())
}

/// As [`required`] for a text that may be absent; an empty one counts as given.
///
/// # Errors
/// [`Error::Invalid`] for `field` if it is longer than `max` characters or has markup.
pub fn optional(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    limited(field, text, max)?;
    Ok(Some(text.to_owned()))
}

/// Checks length (in characters) and markup only.
///
/// # Errors
/// [`Error::Invalid`] for `field` if it is longer than `max` characters or has markup.
pub fn limited(field: &'static str, text: &str, max: usize) -> Result<()> {
    if text.chars().count() > max {
        return Err(Error::invalid(field, format!("has more than {max} characters")));
    }
    if has_markup(text) {
        return Err(Error::invalid(field, "contains markup"));
    }
    Ok(())
}

/// The first `max` characters of the text.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_a_bracket_before_a_name_or_a_sign() {
        for text in ["<b>bold</b>", "a<script", "</p>", "<!-- x -->", "<?xml?>", "x<y"] {
            assert!(has_markup(text), "{text}");
        }
        for text in ["", "<", "a < b", "1<2", "a > b", "<<", "<ä", "x <= y"] {
            assert!(!has_markup(text), "{text}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(required("name", &"ä".repeat(128), 128), Ok("ä".repeat(128)));
        assert!(required("name", &"ä".repeat(129), 128).is_err());
        assert!(required("name", "   ", 128).is_err());
        assert_eq!(optional("name", Some("  "), 128), Ok(Some(String::new())));
        assert_eq!(optional("name", None, 128), Ok(None));
        assert_eq!(cut("äöü", 2), "äö");
    }
}
