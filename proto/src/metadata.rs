//! Names of the metadata that carry the caller of a call.
//!
//! What begins with [`INTERNAL_PREFIX`] is believed only from adapters; the public gRPC listener
//! removes it.

/// The credential, as in HTTP: `Basic …`, `Bearer …`, `TargetToken …`, `GatewayToken …`,
/// `Grant …`, `Pairing …`.
pub const AUTHORIZATION: &str = "authorization";
/// The address that the device or user called from, as text.
pub const PEER_ADDRESS: &str = "x-otahub-peer-address";
/// The protocol in which the call came in, e.g. `rest`.
pub const PROTOCOL: &str = "x-otahub-protocol";
/// The common name of the client certificate's subject, percent-encoded.
pub const CLIENT_CN: &str = "x-otahub-client-cn";
/// An issuer of the client certificate, percent-encoded; repeated for each.
pub const CLIENT_ISSUER: &str = "x-otahub-client-issuer";
/// The adapter that vouches for whatever device or work the call is about, by its name.
pub const ADAPTER: &str = "x-otahub-adapter";
/// The prefix of what only adapters may say.
pub const INTERNAL_PREFIX: &str = "x-otahub-";
