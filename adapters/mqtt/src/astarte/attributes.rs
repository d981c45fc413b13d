//! What a device says of itself, as attributes.

use super::interfaces;
use super::payload::{self, Content, Scalar};
use otahub_client::device::AttributeValue;
use std::collections::HashMap;

/// The most characters of a value that are kept.
const VALUE_MAX: usize = 128;

/// Attributes, and whether they are properties.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    /// By key; no value takes the attribute away.
    pub values: HashMap<String, AttributeValue>,
    /// The device keeps them, and says which of them it has.
    pub is_kept: bool,
}

/// Reads a value of an interface. An empty payload is a property that is gone.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn read(interface: &str, path: &str, bytes: &[u8]) -> Result<Said, String> {
    let mut said = Said::default();
    if bytes.is_empty() {
        if let Some((key, true)) = interfaces::key(interface, path) {
            said.values.insert(key, AttributeValue { value: None });
        }
        return Ok(said);
    }
    match payload::read(bytes)?.content {
        Content::One(value) => said.add(interface, path, &value),
        Content::Object(members) => {
            for (name, value) in &members {
                said.add(interface, &format!("{path}/{name}"), value);
            }
        }
    }
    Ok(said)
}

impl Said {
    fn add(&mut self, interface: &str, path: &str, value: &Scalar) {
        let Some(((key, is_kept), text)) = interfaces::key(interface, path).zip(value.shown())
        else {
            return;
        };
        self.is_kept |= is_kept;
        let text = text.chars().take(VALUE_MAX).collect();
        self.values.insert(key, AttributeValue { value: Some(text) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HARDWARE: &str = "io.edgehog.devicemanager.HardwareInfo";
    const STORAGE: &str = "io.edgehog.devicemanager.StorageUsage";

    #[test]
    fn properties_and_objects_become_attributes() {
        let number = bson::rawdoc! {"v": 1_i64 << 40};
        let said = read(HARDWARE, "/mem/totalBytes", number.as_bytes()).unwrap();
        assert!(said.is_kept);
        assert_eq!(said.values["hw.mem.totalBytes"].value.as_deref(), Some("1099511627776"));
        let gone = read(HARDWARE, "/cpu/model", b"").unwrap();
        assert_eq!(gone.values["hw.cpu.model"].value, None);
        let usage = bson::rawdoc! {"v": {"totalBytes": 10_i64, "freeBytes": 4, "mounts": ["/"]}};
        let said = read(STORAGE, "/sda1", usage.as_bytes()).unwrap();
        assert_eq!(said.values.len(), 2);
        assert_eq!(said.values["storage.sda1.freeBytes"].value.as_deref(), Some("4"));
        assert!(!said.is_kept);
        let other = bson::rawdoc! {"v": "x"};
        assert!(read(HARDWARE, "/cpu/colour", other.as_bytes()).unwrap().values.is_empty());
        let long = bson::rawdoc! {"v": "x".repeat(500)};
        let said = read(HARDWARE, "/cpu/model", long.as_bytes()).unwrap();
        assert_eq!(said.values["hw.cpu.model"].value.as_ref().map(String::len), Some(VALUE_MAX));
        assert!(read(HARDWARE, "/cpu/model", b"{}").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(
            path in "\\PC{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..80)
        ) {
            let _ = read(HARDWARE, &path, &bytes);
            let _ = read(STORAGE, &path, &bytes);
        }
    }
}
