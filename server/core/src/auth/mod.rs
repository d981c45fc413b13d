//! Who calls, and whether it may: for every protocol, here and nowhere else.

mod bearer;
mod device;
mod grant;
mod logins;
mod oidc;
mod operator;
mod pairing;
mod password;

pub(crate) use bearer::secret_hash;
pub use device::DeviceCaller;
pub(crate) use device::adapter;
pub(crate) use grant::Grant;
pub(crate) use logins::Logins;
pub(crate) use oidc::Oidc;
pub use oidc::OidcOptions;
pub use operator::{Credential, Operator};
pub use password::{hash_password, is_password_hash, verify_password};

use tonic::metadata::MetadataMap;

/// A metadata value as text.
pub(crate) fn text<'a>(metadata: &'a MetadataMap, key: &str) -> Option<&'a str> {
    metadata.get(key).and_then(|value| value.to_str().ok())
}
