//! What hawkBit's two HTTP interfaces, DDI and Management, have in common.
//!
//! A request passes [`finish`] (paths that are refused, security headers, ETags, the media type
//! of errors), is matched to a [`resource`] (405, OPTIONS), is read with [`negotiate`] and
//! [`body::read`], and is answered with [`Representation::render`], a [`Problem`] or
//! [`download::respond`]. [`docs`] tells readers of it all.
//! Whose request it is says [`caller`]; where links point says [`Origin`].

pub mod body;
pub mod caller;
mod certificate;
pub mod docs;
pub mod download;
mod etag;
mod exception;
mod finish;
mod forwarded;
mod media;
mod origin;
mod peer;
mod problem;
mod resource;
mod segment;
mod settings;

pub use exception::Exception;
pub use finish::{Untagged, finish};
pub use forwarded::client_address;
pub use media::{Format, Representation, accepts, negotiate};
pub use origin::Origin;
pub use peer::{ClientCertificate, Peer};
pub use problem::Problem;
pub use resource::{not_found, resource};
pub use segment::segment;
pub use settings::{CertificateHeaders, HttpSettings};
