//! The use cases of otahub, served as gRPC.
//!
//! Every use case has the same shape: recognise the caller, load a value, let the rules of
//! `otahub-domain` decide, commit the value with its history and events in one transaction, and
//! make whoever remembers forget. [`routes`] is all of it behind one router, which the binary
//! calls in process for its adapters and puts on a socket for everybody else.

pub mod auth;
mod authority;
mod blob;
mod devices;
mod entropy;
mod event;
mod hub;
mod last_seen;
mod layers;
mod routes;
mod service;
mod status;
mod tenants;
mod translate;
mod usecase;
mod worker;

pub use blob::Blobs;
pub use entropy::{Entropy, SystemEntropy};
pub use hub::{Hub, HubOptions, HubParts};
pub use routes::{public, routes};
pub use status::from_error;
pub use usecase::{DEFAULT_TENANT, DEFAULT_USER};
