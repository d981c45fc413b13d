//! The use cases of otahub, served as gRPC.
//!
//! Every use case has the same shape: recognise the caller, load a value, let the rules of
//! `otahub-domain` decide, commit the value with its history and events in one transaction, and
//! make whoever remembers forget. [`routes`] is all of it behind one router, which the binary
//! calls in process for its adapters and puts on a socket for everybody else.

mod audit;
pub mod auth;
mod authority;
mod auto_assigner;
mod blob;
mod devices;
pub mod encryption;
mod entropy;
mod event;
mod hub;
mod incoming;
mod large_lists;
mod last_seen;
mod layers;
mod once;
mod outcome;
mod routes;
mod service;
mod status;
mod tenants;
mod translate;
mod usecase;
mod webhooks;
mod worker;

pub use auto_assigner::AutoAssigner;
pub use blob::Blobs;
pub use entropy::{Entropy, SystemEntropy};
pub use hub::{Hub, HubOptions, HubParts};
pub use otahub_domain::identity::DEFAULT_TENANT;
pub use routes::{public, routes, trusted};
pub use status::from_error;
pub use usecase::{ConfiguredUser, DEFAULT_USER};
