//! What a process of the hub does: everything, or a part of it.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A part of the hub that may run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The core: database, artifacts and gRPC.
    Hub,
    /// The adapter of DDI.
    Ddi,
    /// The adapter of the Management API.
    Mgmt,
    /// The adapter of DMF, for message brokers.
    Dmf,
    /// The MQTT bridge, with the pairing of devices on Astarte's protocol.
    Mqtt,
}
