//! hawkBit's query language (the parameter `q`), as the hub's filter.
//!
//! `parse` reads RSQL into a tree, `print` writes the tree as AIP-160, which the hub serves. There
//! `OR` binds tighter than `AND`, so whatever joins comparisons is put in brackets. `fields` has
//! hawkBit's names of each entity's fields.
//!
//! hawkBit puts a whole query into lower case before it reads it. Here names, keywords and
//! operators are read without regard to case, and the hub compares values without regard to the
//! case of A to Z: that comes to the same, but for letters beyond these, whose case counts.

mod fields;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub(crate) use fields::{
    ACTIONS, Field, MODULE_TYPES, MODULES, ROLLOUT_GROUPS, ROLLOUTS, SET_TAGS, SET_TYPES, SETS,
    TARGET_FILTERS, TARGET_TAGS, TARGET_TYPES, TARGETS,
};
pub(crate) use print::Unfit;

/// A text as a query compares with it: in quotes where it needs them.
pub(crate) fn value(text: &str) -> String {
    if !text.is_empty() && text.chars().all(parse::is_unreserved) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The hub's filter for a query over these fields.
///
/// # Errors
/// Why the query cannot be used.
pub(crate) fn filter(query: &str, fields: &[Field]) -> Result<String, Unfit> {
    let query = parse::parse(query).ok_or(Unfit::Syntax)?;
    print::print(&query, fields)
}
