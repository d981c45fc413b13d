//! A client of the hub's gRPC services.
//!
//! [`HubClient`] is what adapters, the command line and backend services hold. Behind it stands a
//! [`HubChannel`]: the core in the same process, called as a function, or a hub across the
//! network. Both run the same layers and give the same errors.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use otahub_client::{Caller, HubChannel, HubClient, proto};
//! let hub = HubClient::new(HubChannel::connect("http://127.0.0.1:50051").await?);
//! let caller = Caller::basic("admin", "admin");
//! let list = hub.targets(&caller).list_targets(proto::ListTargetsRequest::default()).await?;
//! println!("{} targets", list.into_inner().total_size);
//! # Ok(()) }
//! ```

mod caller;
mod channel;
mod client;
mod error;

pub use caller::{Caller, CallerInterceptor};
pub use channel::HubChannel;
pub use client::{Called, HubClient};
pub use error::HubError;
pub use otahub_proto::otahub::device::v1 as device;
pub use otahub_proto::otahub::v1 as proto;
pub use otahub_proto::{metadata, millis, names, timestamp};
pub use proto::Reason;
