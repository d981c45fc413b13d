//! Between hawkBit's JSON and the hub's messages. Pure functions, no rules.

pub(crate) mod action;
pub(crate) mod assignment;
mod audit;
pub(crate) mod config;
pub(crate) mod distribution_set;
pub(crate) mod metadata;
pub(crate) mod rollout;
pub(crate) mod rollout_body;
pub(crate) mod rollout_extras;
pub(crate) mod software;
pub(crate) mod tag;
pub(crate) mod target;
pub(crate) mod target_filter;
pub(crate) mod types;
pub(crate) mod upload;

#[cfg(test)]
mod tests;

use audit::audit;
use otahub_client::{millis, names};

/// A text of the hub's, where empty means absent.
fn text(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

/// A time in milliseconds since the epoch.
fn time(value: Option<&prost_types::Timestamp>) -> Option<i64> {
    value.map(millis)
}

/// The number at the end of `{collection}/{id}`.
fn number(collection: &str, name: &str) -> Option<i64> {
    names::number(collection, name)
}

/// Whether links to what belongs to an entity are given beside the one to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// As in lists: only `self`.
    Compact,
    /// As for a single entity.
    Full,
}

impl Detail {
    fn is_full(self) -> bool {
        self == Self::Full
    }
}
