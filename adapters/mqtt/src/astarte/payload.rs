//! A value on the wire: a BSON document with the value as `v` and, if the sender says so, the
//! time as `t`.

use bson::RawDocument;
use bson::raw::RawBsonRef;
use std::collections::BTreeMap;

/// The most bytes of a document that are read.
const DOCUMENT_MAX: usize = 64 << 10;
/// The most members of an object.
const MEMBERS_MAX: usize = 256;

/// What a device sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Payload {
    /// The value.
    pub content: Content,
    /// When it was so by the device's clock, in milliseconds since 1970.
    pub at: Option<i64>,
}

/// A value or several.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// The value of an endpoint.
    One(Scalar),
    /// The values of the endpoints below a path, by their last level.
    Object(BTreeMap<String, Scalar>),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Whole(i64),
    Real(f64),
    Flag(bool),
    /// Milliseconds since 1970.
    Moment(i64),
    /// A list, or bytes: there is no use for them here.
    Other,
}

impl Scalar {
    /// The value as a text; nothing if there is no use for it.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Whole(number) | Self::Moment(number) => Some(number.to_string()),
            Self::Real(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Other => None,
        }
    }
}

/// Reads a document.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn read(payload: &[u8]) -> Result<Payload, String> {
    if payload.len() > DOCUMENT_MAX {
        return Err(format!("the document has more than {DOCUMENT_MAX} bytes"));
    }
    let document = RawDocument::from_bytes(payload).map_err(|error| error.to_string())?;
    let (mut content, mut at) = (None, None);
    for element in document {
        let (key, value) = element.map_err(|error| error.to_string())?;
        match (key.as_str(), value) {
            ("v", value) => content = Some(self::content(value)?),
            ("t", RawBsonRef::DateTime(time)) => at = Some(time.timestamp_millis()),
            // what else there may be is of no concern
            _ => {}
        }
    }
    let content = match content {
        Some(content) => content,
        // as it was written before there was a time
        None => Content::Object(members(document)?),
    };
    Ok(Payload { content, at })
}

fn content(value: RawBsonRef<'_>) -> Result<Content, String> {
    match value {
        RawBsonRef::Document(members_of) => members(members_of).map(Content::Object),
        value => scalar(value).map(Content::One),
    }
}

fn members(document: &RawDocument) -> Result<BTreeMap<String, Scalar>, String> {
    let mut members = BTreeMap::new();
    for element in document {
        let (key, value) = element.map_err(|error| error.to_string())?;
        if members.len() >= MEMBERS_MAX {
            return Err(format!("the object has more than {MEMBERS_MAX} members"));
        }
        members.insert(key.as_str().to_owned(), scalar(value)?);
    }
    Ok(members)
}

fn scalar(value: RawBsonRef<'_>) -> Result<Scalar, String> {
    Ok(match value {
        RawBsonRef::String(text) => Scalar::Text(text.to_owned()),
        RawBsonRef::Int32(number) => Scalar::Whole(number.into()),
        RawBsonRef::Int64(number) => Scalar::Whole(number),
        RawBsonRef::Double(number) if number.is_finite() => Scalar::Real(number),
        RawBsonRef::Boolean(flag) => Scalar::Flag(flag),
        RawBsonRef::DateTime(time) => Scalar::Moment(time.timestamp_millis()),
        RawBsonRef::Array(_) | RawBsonRef::Binary(_) => Scalar::Other,
        other => return Err(format!("no interface has values of type {:?}", other.element_type())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read_as_the_sdk_writes_them() {
        let property = hex::decode("1200000002760006000000312e322e330000").unwrap();
        let read_back = read(&property).unwrap();
        assert_eq!(read_back.content, Content::One(Scalar::Text("1.2.3".into())));
        let event = hex::decode(concat!(
            "9900000003760086000000027265717565737455554944002500000030346266343931632d61663934",
            "2d346539642d383133662d6562656562666238353661360002737461747573000c000000446f776e6c",
            "6f6164696e67001073746174757350726f6772657373003200000002737461747573436f6465000100",
            "000000026d657373616765000100000000000974002e8fa97c9b01000000"
        ))
        .unwrap();
        let read_back = read(&event).unwrap();
        assert_eq!(read_back.at, Some(1_767_323_045_678));
        let Content::Object(members) = read_back.content else { panic!("no object") };
        assert_eq!(members["statusProgress"], Scalar::Whole(50));
        assert_eq!(members["status"], Scalar::Text("Downloading".into()));
    }

    #[test]
    fn odd_documents_are_refused_or_read_without_what_is_odd() {
        assert!(read(b"").is_err());
        assert!(read(&vec![0; DOCUMENT_MAX + 1]).is_err());
        let bare = bson::rawdoc! {"a": 1, "b": [1, 2]};
        let Content::Object(members) = read(bare.as_bytes()).unwrap().content else { panic!() };
        assert_eq!(members["b"], Scalar::Other);
        let infinite = bson::rawdoc! {"v": f64::INFINITY};
        assert!(read(infinite.as_bytes()).unwrap_err().contains("Double"));
        let wrong_time = bson::rawdoc! {"v": 1, "t": 5};
        assert_eq!(read(wrong_time.as_bytes()).unwrap().at, None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            if bytes.len() >= 5 {
                // as a document that says its own length and ends as one
                let length = u32::try_from(bytes.len()).unwrap();
                bytes[..4].copy_from_slice(&length.to_le_bytes());
                *bytes.last_mut().unwrap() = 0;
                let _ = read(&bytes);
            }
        }

        #[test]
        fn no_change_of_a_document_panics(at in 0..200_usize, byte in any::<u8>()) {
            let document = bson::rawdoc! {"v": {"a": "text", "b": 7, "c": [1, 2], "d": 1.5},
                "t": bson::DateTime::from_millis(5)};
            let mut bytes = document.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(&bytes);
        }
    }
}
