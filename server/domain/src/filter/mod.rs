//! The query language of lists: AIP-160, read into a tree, checked against the fields of an entity.
//!
//! A filter is text (`update_status = "ERROR" AND (group = "eu*" OR attributes.rev >= "3")`).
//! [`parse`] reads it into an [`Expr`], which prints as text again. [`Expr::resolve`] checks it
//! against the fields of one entity and gives a [`Filter`]: what a store turns into conditions and
//! [`Filter::matches`] decides in memory, both with the same meaning:
//!
//! - `AND` joins what `OR` has joined: as in AIP-160 `OR` binds tighter;
//! - texts are compared without regard to the case of A to Z, and of no other letters, because
//!   that is what SQLite and PostgreSQL (on columns sorted by their bytes) both do;
//! - `*` in a text stands for any characters, `\*` for the asterisk itself;
//! - `= ("a" OR "b")` is any of them, `!= ("a" OR "b")` none of them;
//! - `!=` is true where there is no value at all, save for maps, where the key has to be there;
//! - `= ""` is true of an empty text and of none, `= null` of none only;
//! - of several values (tags, modules) one must match for `=`, none may for `!=`;
//! - `now()` and `overdue()` are instants that whoever resolves the filter knows;
//! - times are RFC 3339 or milliseconds since 1970.

mod ast;
mod evaluate;
mod field;
mod fields;
mod parse;
mod pattern;
mod print;
mod resolve;

pub use ast::{Expr, Function, Item, Op, Term, Value};
pub use evaluate::{Datum, Row};
pub use field::{Entry, Kind, Searchable};
pub use fields::{
    ActionField, AuditField, ModuleField, ModuleTypeField, RolloutField, RolloutGroupField,
    SetField, SetTagField, SetTypeField, TargetField, TargetFilterField, TargetTagField,
    TargetTypeField,
};
pub use parse::{DEPTH_MAX, LENGTH_MAX, TERMS_MAX, parse};
pub use pattern::Pattern;
pub use resolve::{Bound, Check, Condition, Filter, Moments, Order};

#[cfg(test)]
mod tests;
