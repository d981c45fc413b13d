//! Which properties exist: the length of a text, four bytes, and the text, deflated. The text has
//! interfaces with paths, joined by semicolons.

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::collections::BTreeSet;
use std::io::{Read, Write};

/// The most bytes of a text that are inflated, whatever the sender says of its length.
const TEXT_MAX: u32 = 1 << 20;

/// Reads which properties exist: of each the interface, and the path from its slash.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn read(payload: &[u8]) -> Result<BTreeSet<(String, String)>, String> {
    let Some((length, deflated)) = payload.split_first_chunk::<4>() else {
        return Err("the list of properties has no length".to_owned());
    };
    let length = u32::from_be_bytes(*length);
    if length > TEXT_MAX {
        return Err(format!("the list of properties has more than {TEXT_MAX} bytes"));
    }
    if length == 0 {
        // some leave out what is empty
        return Ok(BTreeSet::new());
    }
    let mut text = String::new();
    let mut inflated = ZlibDecoder::new(deflated).take(u64::from(length) + 1);
    let count = inflated.read_to_string(&mut text).map_err(|error| error.to_string())?;
    if count as u64 != u64::from(length) {
        return Err("the list of properties is not as long as it says".to_owned());
    }
    let split = |entry: &str| {
        let (interface, path) = entry.split_once('/')?;
        Some((interface.to_owned(), format!("/{path}")))
    };
    let entries = text.split(';').filter(|entry| !entry.is_empty());
    let listed: Option<BTreeSet<_>> = entries.map(split).collect();
    listed.ok_or_else(|| "a property has no path".to_owned())
}

/// That no properties exist.
pub(super) fn none() -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(vec![0; 4], Compression::default());
    encoder.flush()?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(text: &[u8], length: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(length.to_be_bytes().to_vec(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn listed_properties_are_read_as_the_sdk_writes_them() {
        let bytes = hex::decode(concat!(
            "00000052789ccbccd74b4d494fcdc84fd74b492dcb4c4ecd4dcc4b4c4f2dd2734a2c4ef5cc0532f5",
            "f3127353ad3309ab2b4b2d2acecccf0300fe3b1efd"
        ))
        .unwrap();
        let listed = read(&bytes).unwrap();
        let image = "io.edgehog.devicemanager.BaseImage".to_owned();
        let wanted = [(image.clone(), "/name".to_owned()), (image, "/version".to_owned())];
        assert_eq!(listed, BTreeSet::from(wanted));
        let empty = hex::decode("00000000789c030000000001").unwrap();
        assert!(read(&empty).unwrap().is_empty());
        assert!(read(&[0; 4]).unwrap().is_empty());
        assert!(read(&none().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let bomb = packed(&vec![b'a'; 64 << 20], 1000);
        assert!(bomb.len() < 100_000);
        assert!(read(&bomb).unwrap_err().contains("not as long"));
        assert!(read(&packed(b"", u32::MAX)).unwrap_err().contains("more than"));
        assert!(read(&packed(b"a/b", 100)).is_err(), "it is shorter than it says");
        assert!(read(&packed(b"without", 7)).unwrap_err().contains("path"));
        assert!(read(&[1, 2]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0..300_u32
        ) {
            let _ = read(&bytes);
            let _ = read(&packed(&bytes, length));
        }
    }
}
