//! How resources look: as rows for people, as JSON for programs.

mod action;
mod artifact;
mod fields;
mod identity;
mod rollout;
mod set;
mod setting;
mod target;
mod webhook;

pub(crate) use fields::{Fields, flatten, moment, word};
pub(crate) use rollout::progress;

use serde_json::Value;

/// A resource that can be shown.
pub(crate) trait View {
    /// What its columns are called.
    const COLUMNS: &'static [&'static str];
    /// Its row.
    fn cells(&self) -> Vec<String>;
    /// All of it, with protobuf's JSON names.
    fn json(&self) -> Value;
}
