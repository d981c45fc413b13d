//! A client of the hub's gRPC services.
//!
//! [`HubClient`] is what adapters, the command line and backend services hold. Behind it stands a
//! [`HubChannel`]: the core in the same process, called as a function, or a hub across the
//! network. Both run the same layers and give the same errors.
//!
//! [`Hub`] is the same for one caller, with what programs need beside the calls: repetition with
//! back-off of what may be made twice, pages, watches that resume, and checked transfers.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use futures::TryStreamExt;
//! use otahub_client::{Caller, Hub, proto};
//! let hub = Hub::connect("http://127.0.0.1:50051", Caller::basic("admin", "admin"))?;
//! let request = proto::ListTargetsRequest::default();
//! let targets = hub.each(request, |hub, request| async move {
//!     hub.targets().list_targets(request).await
//! });
//! targets.try_for_each(|target| async move { Ok(println!("{}", target.controller_id)) }).await?;
//! # Ok(()) }
//! ```

mod caller;
mod channel;
mod client;
mod error;
mod gateway;
mod hub;
mod pages;
mod repeat;
mod tls;
mod transfer;
mod watch;

pub use caller::{Caller, CallerInterceptor};
pub use channel::HubChannel;
pub use client::{ANSWER_BYTES_MAX, Called, HubClient};
pub use error::{Details, HubError, Violation};
pub use gateway::{Gateway, GatewayNews};
pub use hub::Hub;
pub use otahub_proto::otahub::device::v1 as device;
pub use otahub_proto::otahub::v1 as proto;
pub use otahub_proto::{DESCRIPTORS, metadata, millis, names, timestamp};
pub use pages::{ListRequest, Page};
pub use proto::Reason;
pub use repeat::{Identified, request_id};
pub use tls::Tls;
pub use transfer::{TransferError, Upload};
