//! Astarte's protocol over MQTT, version 1, as devices on its SDK speak it: payloads in BSON,
//! interfaces that a device says it has, properties that it says it keeps.

mod attributes;
mod handle;
mod interfaces;
mod introspection;
mod ota;
mod payload;
mod properties;
mod settling;
mod topic;

pub use interfaces::{ROWS, Row};
pub(crate) use settling::Settling;
pub(crate) use topic::{AstarteTopics, Subject};
