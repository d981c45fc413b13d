//! Simulated devices: they speak to a hub over the wire, as real devices do.
//!
//! A [`Device`] speaks DDI, the HTTP protocol that hawkBit defined. It follows the links that it is
//! given verbatim, keeps to the hub's polling interval, downloads with resumption and checks every
//! hash. What it does is told to an [`Observer`]. A [`Fleet`] is many devices at once.
//!
//! [`Things`] is a service that speaks for many things over AMQP, as DMF has it. [`MqttDevices`]
//! are devices behind an MQTT broker, each with a connection of its own.
//!
//! The HTTP client is handed in, so that thousands of devices share its connections. It is built
//! without a TLS provider of its own: **a program that uses this library installs one first**, e.g.
//! `rustls::crypto::ring::default_provider().install_default()`, or `reqwest::Client` panics.
//!
//! ```no_run
//! # async fn run() -> Result<(), otahub_sim::SimError> {
//! use otahub_sim::{Credential, Deed, Device, DeviceOptions, SimEvent};
//! let http = reqwest::Client::new();
//! let options = DeviceOptions {
//!     credential: Credential::Gateway("secret".to_owned()),
//!     attributes: [("board".to_owned(), "raspberrypi4".to_owned())].into(),
//!     ..DeviceOptions::new("http://127.0.0.1:8080", "gate-7", http)
//! };
//! let mut device = Device::new(options)?.observed_by(|_device: &str, event: &SimEvent| {
//!     if let SimEvent::DownloadProgress { file, done, total } = event {
//!         // draw a bar: `done` of `total` bytes of `file`
//!         let _ = (file, done, total);
//!     }
//! });
//! let last = device.run_until(|stepped| stepped.deed == Deed::Finished).await?;
//! assert_eq!(last.deed, Deed::Finished);
//! # Ok(()) }
//! ```

mod answers;
mod ddi;
mod deployment;
mod device;
mod download;
mod error;
mod event;
mod fleet;
mod http;
mod mqtt;
mod options;
mod orders;
mod stats;
mod things;
mod update;
mod wire;

pub use device::{Deed, Device, Stepped};
pub use error::SimError;
pub use event::{Module, Observer, SimEvent};
pub use fleet::{Fleet, FleetOptions};
pub use mqtt::{MqttDevices, MqttOptions, MqttSpeech, MqttVersion};
pub use options::{Behaviour, Credential, DeviceOptions, Outcome, Retry, Step};
pub use orders::{OrderGauge, OrderStats};
pub use reqwest;
pub use stats::{FleetGauge, FleetStats};
pub use things::{Things, ThingsError, ThingsOptions};
