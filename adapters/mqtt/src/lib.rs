//! The MQTT bridge: devices behind a broker, spoken to in the words of Edgehog's OTAEvent.
//!
//! A message comes in over the one connection of `session`, waits in a lane of its device
//! (`intake`), is read by a codec (`json`, `astarte`), told to the hub by `handler`, and
//! acknowledged to the broker once the hub has it on disk. What a device is to be sent the hub
//! says when it is asked: because something happened (`work`), because the device is back, or
//! because its time has come. Nothing is decided and nothing is kept here but the connection.
//!
//! Of several nodes one holds the bridge of a broker (`lead`), the others stand by.

mod acks;
pub mod astarte;
mod bridge;
mod handler;
mod intake;
mod json;
mod lane;
mod lead;
mod options;
mod order;
mod request_id;
mod session;
mod speaker;
mod status;
mod throttle;
mod topic;
mod work;

pub use bridge::Bridge;
pub use options::{Options, TlsFiles};
pub use status::{Row, TABLE};

/// The name under which the bridge vouches for devices.
const ADAPTER: &str = "mqtt";
