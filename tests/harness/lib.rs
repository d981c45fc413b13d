//! Starts real hubs, each with its own data, and talks to them as devices and operators do.

mod authority;
mod binary;
mod broker;
mod clock;
pub mod cost;
mod database;
pub mod fill;
mod fixture;
mod http;
mod hub;
mod issuer;
mod limit;
mod network;
mod people;
mod ports;
mod process;
mod seed;
pub mod wire;

pub use authority::Authority;
pub use binary::otahub;
pub use broker::{Broker, Received, Service, json_message};
pub use clock::epoch_millis;
pub use database::Database;
pub use fixture::{GATEWAY_KEY, Software, allow_gateway, set_setting};
pub use http::{Answer, Http, ensure_crypto};
pub use hub::{Hub, HubPlan};
pub use issuer::{Issuer, SigningKey};
pub use limit::{eventually, skip, within};
pub use network::Network;
pub use people::{Admin, Device};
pub use ports::free_port;
pub use process::Process;
pub use seed::{Seed, bytes_of};
