//! Requests that may come again, and changes that count only for what was read: AIP-155 and
//! AIP-154.

use crate::{Error, Result};
use std::time::Duration;

/// The longest id of a request.
const ID_MAX: usize = 128;
/// For how long it is remembered at least under which id a request was made.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Refuses what cannot be the id of a request: 1 to 128 visible characters of ASCII can.
///
/// # Errors
/// [`Error::Invalid`].
pub fn check_request_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > ID_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("has to be 1 to {ID_MAX} visible characters of ASCII");
        return Err(Error::invalid("request_id", message));
    }
    Ok(())
}

/// Refuses a request that is another one than was made under its id. `noted` and `fingerprint`
/// tell the content of the two.
///
/// # Errors
/// [`Error::RequestIdReused`].
pub fn check_repeat(id: &str, noted: &str, fingerprint: &str) -> Result<()> {
    if noted == fingerprint {
        return Ok(());
    }
    Err(Error::RequestIdReused { request_id: id.to_owned() })
}

/// The etag of a row: what was deleted and made again has another one.
#[must_use]
pub fn etag(id: i64, version: i64) -> String {
    format!("{id:x}-{version:x}")
}

/// The etag that a change names; empty if it is to be made whatever the entity has become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected(pub String);

impl Expected {
    /// Refuses a change of a row that is not as the caller read it.
    ///
    /// # Errors
    /// [`Error::EtagMismatch`].
    pub fn check(&self, id: i64, version: i64) -> Result<()> {
        if self.0.is_empty() || self.0 == etag(id, version) {
            return Ok(());
        }
        Err(Error::EtagMismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_visible_and_not_too_long() {
        for good in ["1", "8b9c6f3e-3d7f-4f3e-9e0b-0d4f5b6a7c8d", &"x".repeat(128)] {
            assert_eq!(check_request_id(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "tab\t", "é", &"x".repeat(129)] {
            assert!(check_request_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_stands_for_one_request() {
        assert_eq!(check_repeat("1", "a", "a"), Ok(()));
        let reused = Error::RequestIdReused { request_id: "1".into() };
        assert_eq!(check_repeat("1", "a", "b"), Err(reused));
    }

    #[test]
    fn an_etag_counts_for_one_state_of_one_row() {
        let read = Expected(etag(1, 2));
        assert_eq!(read.check(1, 2), Ok(()));
        assert_eq!(read.check(1, 3), Err(Error::EtagMismatch));
        assert_eq!(read.check(2, 2), Err(Error::EtagMismatch));
        assert_eq!(Expected::default().check(1, 3), Ok(()));
        assert_ne!(etag(1, 0x12), etag(0x11, 2));
    }
}
