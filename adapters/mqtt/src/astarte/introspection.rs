//! Which interfaces a device says that it has: `name:major:minor;…`.

use super::interfaces::{OTA_EVENT, OTA_REQUEST};
use std::collections::BTreeMap;

/// The most bytes that are read.
const LENGTH_MAX: usize = 64 << 10;

/// The interfaces of a device, with the first number of their versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Introspection(BTreeMap<String, u32>);

impl Introspection {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(super) fn read(payload: &[u8]) -> Result<Self, String> {
        if payload.len() > LENGTH_MAX {
            return Err(format!("the introspection has more than {LENGTH_MAX} bytes"));
        }
        let text = std::str::from_utf8(payload).map_err(|error| error.to_string())?;
        let entries = text.split(';').filter(|entry| !entry.is_empty());
        let read = |entry: &str| {
            parsed(entry).ok_or_else(|| format!("{:?} is no interface", shortened(entry)))
        };
        entries.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the device can be sent updates, and says how they go.
    pub(super) fn takes_updates(&self) -> bool {
        self.0.get(OTA_REQUEST) == Some(&1) && self.0.get(OTA_EVENT) == Some(&0)
    }
}

fn parsed(entry: &str) -> Option<(String, u32)> {
    let mut parts = entry.splitn(3, ':');
    let (name, major, minor) = (parts.next()?, parts.next()?, parts.next()?);
    let _: u32 = minor.parse().ok()?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_name = name.len() < 128
        && name.split('.').all(|label| !label.is_empty() && label.chars().all(is_letter));
    Some((name.to_owned(), major.parse().ok().filter(|_| is_name)?))
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Introspection, String> {
        Introspection::read(text.as_bytes())
    }

    #[test]
    fn a_device_with_both_interfaces_takes_updates() {
        let both = format!("{OTA_EVENT}:0:1;a.b:1:0;{OTA_REQUEST}:1:0");
        assert!(read(&both).unwrap().takes_updates());
        let old = format!("{OTA_EVENT}:0:1;{OTA_REQUEST}:0:1");
        assert!(!read(&old).unwrap().takes_updates());
        assert!(!read(&format!("{OTA_REQUEST}:1:0")).unwrap().takes_updates());
        assert!(!read("").unwrap().takes_updates());
    }

    #[test]
    fn what_is_no_interface_is_refused() {
        for wrong in ["a", "a:1", "a:x:1", "a:1:-1", "a b:1:1", "a..b:0:1", ":0:1", "a:1:1:1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(Introspection::read(&[0xff]).is_err());
        assert!(Introspection::read(&vec![b';'; LENGTH_MAX + 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Introspection::read(&bytes);
        }
    }
}
