//! Who calls, and whether it may: for every protocol, here and nowhere else.

mod device;
mod grant;
mod operator;
mod pairing;
mod password;

pub use device::DeviceCaller;
pub(crate) use device::adapter;
pub(crate) use grant::Grant;
pub use operator::{Operator, Passwords};
pub(crate) use pairing::hash_secret;
pub use password::{hash_password, verify_password};

use tonic::metadata::MetadataMap;

/// A metadata value as text.
pub(crate) fn text<'a>(metadata: &'a MetadataMap, key: &str) -> Option<&'a str> {
    metadata.get(key).and_then(|value| value.to_str().ok())
}
