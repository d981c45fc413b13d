//! The contract of otahub: its services and messages (see the `.proto` files for what every
//! part means), the form of its resource names, and the metadata that a call carries.

pub mod metadata;
pub mod names;
mod time;

pub use time::{millis, timestamp};

mod generated {
    #![expect(missing_docs, clippy::all, reason = "generated code, documented in the protos")]
    include!(concat!(env!("OUT_DIR"), "/all.rs"));
}

pub use generated::otahub;

/// The compiled descriptors of every file, with comments, for server reflection and lints.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
