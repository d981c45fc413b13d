//! Starts real hubs, each with its own data, and talks to them as devices and operators do.

mod astarte;
mod binary;
mod broker;
mod clock;
mod database;
mod fixture;
mod http;
mod hub;
mod issuer;
mod limit;
mod mosquitto;
mod people;
mod ports;
mod process;
mod seed;
pub mod wire;

pub use astarte::{AstarteDevice, AstarteField, Pairing, certificates, write_acl};
pub use binary::otahub;
pub use broker::{Broker, Received, Service, json_message};
pub use clock::epoch_millis;
pub use database::Database;
pub use fixture::{GATEWAY_KEY, Software, allow_gateway, set_setting};
pub use http::{Answer, Http, ensure_crypto};
pub use hub::{Hub, HubPlan};
pub use issuer::{Issuer, SigningKey};
pub use limit::{eventually, skip, within};
pub use mosquitto::{Mosquitto, MqttDevice, bridged};
pub use people::{Admin, Device};
pub use ports::free_port;
pub use process::Process;
pub use seed::{Seed, bytes_of};
