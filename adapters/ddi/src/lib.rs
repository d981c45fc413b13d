//! hawkBit's Direct Device Integration API (DDI): what devices speak over HTTP, translated to
//! the hub's `DeviceService`.
//!
//! A request is matched in [`router`], read by a function of `handle` into a `Call` and the words
//! of `wire`, translated by `translate`, answered by the hub, and translated back. What the hub
//! refuses, `error` puts into hawkBit's words, and `docs` tells readers of it all.
//! Nothing is decided and nothing is kept here.

mod call;
mod docs;
mod error;
mod handle;
mod routes;
mod translate;
mod wire;

pub use docs::docs;
pub use routes::router;
