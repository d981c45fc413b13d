//! What devices publish. Unknown members are passed over; what may be absent may be null.

use otahub_client::device::AttributeValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The most bytes of a document that are read.
const DOCUMENT_MAX: usize = 64 << 10;
/// The most attributes in one document.
const ATTRIBUTES_MAX: usize = 500;

/// `…/hello`: the device is there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Hello {
    /// What it is, and in which version.
    pub agent: Option<String>,
    pub agent_version: Option<String>,
    pub capabilities: Option<Capabilities>,
    /// What it runs.
    pub installed: Option<Installed>,
    /// The request that it works on or has ended: it is not to be sent again.
    #[serde(rename = "lastRequestUUID")]
    pub last_request: Option<String>,
    /// Changes with every start.
    pub boot_id: Option<String>,
}

/// What a device can do.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub(crate) struct Capabilities {
    pub confirm: bool,
    pub download_only: bool,
}

/// Either a list of names or an object of booleans.
impl From<Value> for Capabilities {
    fn from(value: Value) -> Self {
        let has = |name: &str| match &value {
            Value::Array(names) => names.iter().any(|known| known.as_str() == Some(name)),
            Value::Object(flags) => flags.get(name).and_then(Value::as_bool).unwrap_or(false),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        Self { confirm: has("confirm"), download_only: has("downloadOnly") }
    }
}

/// The software that a device runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Installed {
    pub name: Option<String>,
    pub version: Option<String>,
}

/// `…/presence`: the device came or, as its last will, went.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Presence {
    pub online: bool,
}

/// `…/attributes`: what a device says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Attributes {
    #[serde(default)]
    pub mode: Mode,
    values: BTreeMap<String, Value>,
}

/// What to do with attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Merge,
    Replace,
    Remove,
}

impl Attributes {
    /// The attributes by key; nothing if a value is a list or an object, or there are too many.
    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        if self.values.len() > ATTRIBUTES_MAX {
            return None;
        }
        self.values.iter().map(|(key, value)| Some((key.clone(), scalar(value)?))).collect()
    }
}

fn scalar(value: &Value) -> Option<AttributeValue> {
    let value = match value {
        Value::Null => None,
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => return None,
    };
    Some(AttributeValue { value })
}

/// `…/event`: how a request goes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    #[serde(rename = "requestUUID")]
    pub request: String,
    pub status: String,
    #[serde(default, deserialize_with = "percent")]
    pub status_progress: i32,
    #[serde(default, deserialize_with = "text")]
    pub status_code: String,
    #[serde(default, deserialize_with = "text")]
    pub message: String,
    #[serde(default, deserialize_with = "instant")]
    pub timestamp: Option<prost_types::Timestamp>,
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    let number: Option<f64> = Option::deserialize(from)?;
    let number = number.unwrap_or_default().clamp(0.0, 100.0);
    #[expect(clippy::cast_possible_truncation, reason = "it is between 0 and 100")]
    Ok(number as i32)
}

/// A time as milliseconds since 1970, or as RFC 3339 writes it. One that is neither counts as
/// not given: the status matters more.
fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<prost_types::Timestamp>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(millis) => millis.as_i64().map(otahub_client::timestamp),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// Reads a document.
///
/// # Errors
/// A sentence that says what is wrong with it, for the device's maker.
pub(crate) fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    if payload.len() > DOCUMENT_MAX {
        return Err(format!("the document has more than {DOCUMENT_MAX} bytes"));
    }
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_event_has_the_five_fields_and_a_time() {
        let event: Event = read(
            br#"{"requestUUID": "u", "status": "Downloading", "statusProgress": 35,
                "statusCode": "", "message": "m", "timestamp": "2026-01-02T03:04:05.678Z"}"#,
        )
        .unwrap();
        assert_eq!((event.status_progress, event.message.as_str()), (35, "m"));
        assert_eq!(event.timestamp.unwrap().nanos, 678_000_000);
        let short: Event = read(br#"{"requestUUID": "u", "status": "Success"}"#).unwrap();
        assert_eq!((short.status_progress, short.timestamp), (0, None));
        let odd: Event = read(
            br#"{"requestUUID": "u", "status": "Error", "statusProgress": 1e9, "statusCode": null,
                "timestamp": 1767323045678, "seq": 3}"#,
        )
        .unwrap();
        assert_eq!((odd.status_progress, odd.status_code.as_str()), (100, ""));
        assert_eq!(otahub_client::millis(&odd.timestamp.unwrap()), 1_767_323_045_678);
        assert!(read::<Event>(br#"{"status": "Success"}"#).is_err());
    }

    #[test]
    fn capabilities_are_a_list_or_flags() {
        let read = |text: &str| read::<Hello>(text.as_bytes()).unwrap().capabilities.unwrap();
        let listed = read(r#"{"capabilities": ["confirm", "other"]}"#);
        let flagged = read(r#"{"capabilities": {"confirm": true, "downloadOnly": false}}"#);
        assert_eq!(listed, flagged);
        assert!(listed.confirm && !listed.download_only);
    }

    #[test]
    fn attributes_are_scalars() {
        let document: Attributes =
            read(br#"{"mode": "replace", "values": {"a": "1", "b": 2, "c": true, "d": null}}"#)
                .unwrap();
        let values = document.values().unwrap();
        assert_eq!(document.mode, Mode::Replace);
        assert_eq!(values["b"].value.as_deref(), Some("2"));
        assert_eq!(values["d"].value, None);
        let nested: Attributes = read(br#"{"values": {"a": {}}}"#).unwrap();
        assert_eq!(nested.values(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read::<Hello>(&bytes);
            let _ = read::<Presence>(&bytes);
            let _ = read::<Event>(&bytes);
            let _ = read::<Attributes>(&bytes).map(|document| document.values());
        }

        #[test]
        fn no_document_panics(members in prop::collection::vec((0..6_usize, 0..7_usize), 0..6)) {
            const KEYS: [&str; 6] =
                ["status", "requestUUID", "timestamp", "values", "mode", "capabilities"];
            const VALUES: [&str; 7] =
                ["\"text\"", "-1e400", "99999999999999999999", "null", "true", "[]", "{}"];
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, value)| format!("\"{}\": {}", KEYS[key], VALUES[value]))
                .collect();
            let text = format!("{{{}}}", members.join(", "));
            let _ = read::<Hello>(text.as_bytes());
            let _ = read::<Event>(text.as_bytes());
            let _ = read::<Attributes>(text.as_bytes()).map(|document| document.values());
        }
    }

    #[test]
    fn deep_and_large_documents_are_refused() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let document = format!(r#"{{"values": {{"a": {deep}}}}}"#);
        assert!(read::<Attributes>(document.as_bytes()).is_err());
        let large = format!(r#"{{"online": true, "x": "{}"}}"#, "x".repeat(DOCUMENT_MAX));
        assert!(read::<Presence>(large.as_bytes()).unwrap_err().contains("bytes"));
    }
}
