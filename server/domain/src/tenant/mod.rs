//! Tenants: their settings and their quotas.

mod configuration;
mod duration;
mod key;
mod quota;

pub use configuration::{Configuration, Setting, cleanup_statuses};
pub use duration::{format_duration, parse_duration};
pub use key::{Key, Limits, Value, ValueType};
pub use quota::Quotas;

#[cfg(test)]
mod tests;
