//! The contract as data: what messages and rpcs there are, and messages as JSON.
//!
//! Everything that treats all resources alike goes by this: the tables of [`crate::nouns`] name
//! rpcs and fields, and the descriptors say what these are.

use chrono::{DateTime, SecondsFormat, Utc};
use otahub_client::DESCRIPTORS;
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey,
    MessageDescriptor, MethodDescriptor, ReflectMessage, Value as Field,
};
use serde_json::{Map, Value};
use std::sync::LazyLock;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).unwrap_or_default());

/// The package of the services that operators call.
const PACKAGE: &str = "otahub.v1";

/// A place in a message where something is wrong, and what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// `autoAssignment.type`.
    pub(crate) field: String,
    /// Why, in words.
    pub(crate) why: String,
}

impl Wrong {
    pub(crate) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// A message of the contract; nothing if it has none of that name.
pub(crate) fn message(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(&format!("{PACKAGE}.{name}"))
}

/// The rpc of that name, whichever service has it.
pub(crate) fn rpc(name: &str) -> Option<MethodDescriptor> {
    rpcs().find(|method| method.name() == name)
}

/// All rpcs that operators call.
pub(crate) fn rpcs() -> impl Iterator<Item = MethodDescriptor> {
    let services: Vec<_> = POOL.services().collect();
    let ours = services.into_iter().filter(|service| service.package_name() == PACKAGE);
    ours.flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// A field by a path of names: `target.display_name`.
pub(crate) fn field(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    match path.split_once('.') {
        None => message.get_field_by_name(path),
        Some((first, rest)) => match message.get_field_by_name(first)?.kind() {
            Kind::Message(inner) => field(&inner, rest),
            _ => None,
        },
    }
}

/// A message as JSON; null if the contract does not know it.
pub(crate) fn json_of(name: &str, typed: &impl Message) -> Value {
    let decode = |known| DynamicMessage::decode(known, typed.encode_to_vec().as_slice()).ok();
    message(name).and_then(decode).map_or(Value::Null, |message| json(&message))
}

/// A message as JSON: protobuf's names, numbers as numbers, times in RFC 3339. Empty texts and
/// absent fields are left out.
pub(crate) fn json(message: &DynamicMessage) -> Value {
    let known = message.descriptor();
    match known.full_name() {
        "google.protobuf.Timestamp" => instant(message),
        "google.protobuf.Duration" => span(message),
        // a value that may be of several types is written as what it is
        "otahub.v1.SettingValue" => {
            let mut kinds = message.fields().map(|(field, value)| one(&field.kind(), value));
            kinds.next().unwrap_or(Value::Null)
        }
        _ => {
            let mut object = Map::new();
            for field in known.fields() {
                let absent = field.supports_presence() && !message.has_field(&field);
                let value = value(&field, &message.get_field(&field));
                let empty = value.as_str().is_some_and(str::is_empty) && !field.supports_presence();
                if !absent && !empty {
                    object.insert(field.json_name().to_owned(), value);
                }
            }
            Value::Object(object)
        }
    }
}

fn value(field: &FieldDescriptor, value: &Field) -> Value {
    match value {
        Field::List(items) => items.iter().map(|item| one(&field.kind(), item)).collect(),
        Field::Map(entries) => {
            let kind = match field.kind() {
                Kind::Message(entry) => entry.map_entry_value_field().kind(),
                other => other,
            };
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (text_of(key), one(&kind, value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        single => one(&field.kind(), single),
    }
}

fn one(kind: &Kind, value: &Field) -> Value {
    match value {
        Field::Bool(yes) => (*yes).into(),
        Field::I32(number) => (*number).into(),
        Field::I64(number) => (*number).into(),
        Field::U32(number) => (*number).into(),
        Field::U64(number) => (*number).into(),
        Field::F32(number) => (*number).into(),
        Field::F64(number) => (*number).into(),
        Field::String(text) => text.as_str().into(),
        Field::Bytes(bytes) => hex::encode(bytes).into(),
        Field::EnumNumber(number) => {
            let known = kind.as_enum().and_then(|known| known.get_value(*number));
            known.map_or_else(|| (*number).into(), |known| known.name().into())
        }
        Field::Message(inner) => json(inner),
        Field::List(_) | Field::Map(_) => Value::Null,
    }
}

fn text_of(key: &MapKey) -> String {
    match key {
        MapKey::String(text) => text.clone(),
        MapKey::Bool(yes) => yes.to_string(),
        MapKey::I32(number) => number.to_string(),
        MapKey::I64(number) => number.to_string(),
        MapKey::U32(number) => number.to_string(),
        MapKey::U64(number) => number.to_string(),
    }
}

/// Seconds and nanoseconds.
fn parts(message: &DynamicMessage) -> (i64, i32) {
    let seconds = message.get_field_by_name("seconds").and_then(|value| value.as_i64());
    let nanos = message.get_field_by_name("nanos").and_then(|value| value.as_i32());
    (seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

fn instant(message: &DynamicMessage) -> Value {
    let (seconds, nanos) = parts(message);
    let nanos = u32::try_from(nanos).unwrap_or_default();
    let time: Option<DateTime<Utc>> = DateTime::from_timestamp(seconds, nanos);
    time.map_or(Value::Null, |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
}

fn span(message: &DynamicMessage) -> Value {
    match parts(message) {
        (seconds, 0) => format!("{seconds}s").into(),
        (seconds, nanos) => format!("{seconds}.{nanos:09}s").into(),
    }
}

/// A message out of JSON as [`json`] writes it, or as [`canonical`] takes it.
///
/// # Errors
/// If a field is unknown or has a value that it cannot have.
pub(crate) fn parse(known: &MessageDescriptor, value: &Value) -> Result<DynamicMessage, Wrong> {
    let Value::Object(fields) = canonical(known, value, "")? else {
        return Err(Wrong::new("", "it is not an object"));
    };
    let mut message = DynamicMessage::new(known.clone());
    for (name, value) in fields {
        let single = Value::Object([(name.clone(), value)].into_iter().collect());
        let single = DynamicMessage::deserialize(known.clone(), single)
            .map_err(|why| Wrong::new(name, why.to_string()))?;
        for (field, value) in single.fields() {
            message.set_field(&field, value.clone());
        }
    }
    Ok(message)
}

/// JSON with the names that protobuf gives it: fields may be called as in the contract
/// (`display_name`), and words of enumerations may be short (`soft`, `download-only`).
///
/// # Errors
/// If a field or word is unknown.
pub(crate) fn canonical(
    known: &MessageDescriptor,
    value: &Value,
    path: &str,
) -> Result<Value, Wrong> {
    if known.full_name().starts_with("google.protobuf.") {
        return Ok(value.clone());
    }
    let Value::Object(fields) = value else {
        return Err(Wrong::new(path, "it is not an object"));
    };
    let mut object = Map::new();
    for (name, value) in fields {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let field = known
            .get_field_by_json_name(name)
            .or_else(|| known.get_field_by_name(name))
            .ok_or_else(|| Wrong::new(path.clone(), unknown(known)))?;
        object.insert(field.json_name().to_owned(), canonical_value(&field, value, &path)?);
    }
    Ok(Value::Object(object))
}

fn canonical_value(field: &FieldDescriptor, value: &Value, path: &str) -> Result<Value, Wrong> {
    if field.is_map() {
        return Ok(value.clone());
    }
    match (value, field.kind()) {
        (Value::Array(items), _) if field.is_list() => {
            let item = |(n, item)| canonical_one(&field.kind(), item, &format!("{path}[{n}]"));
            items.iter().enumerate().map(item).collect()
        }
        (value, kind) => canonical_one(&kind, value, path),
    }
}

fn canonical_one(kind: &Kind, value: &Value, path: &str) -> Result<Value, Wrong> {
    match (kind, value) {
        (Kind::Message(inner), value) if !value.is_null() => canonical(inner, value, path),
        (Kind::Enum(known), Value::String(word)) => {
            let name = full_word(known, word);
            let name = name.ok_or_else(|| {
                Wrong::new(path, format!("«{word}» is none of {}", words(known).join(", ")))
            })?;
            Ok(name.into())
        }
        _ => Ok(value.clone()),
    }
}

fn unknown(known: &MessageDescriptor) -> String {
    let names: Vec<_> = known.fields().map(|field| field.json_name().to_owned()).collect();
    format!("there is no such field; known are {}", names.join(", "))
}

/// `ACTION_TYPE_`: what the words of an enumeration begin with.
fn prefix(known: &EnumDescriptor) -> String {
    let zero = known.default_value();
    zero.name().trim_end_matches("UNSPECIFIED").to_owned()
}

/// `ACTION_TYPE_DOWNLOAD_ONLY` from `download-only`, `downloadonly` or itself.
fn full_word(known: &EnumDescriptor, word: &str) -> Option<String> {
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_uppercase();
    let prefix = prefix(known);
    let wanted = plain(word);
    known.values().map(|value| value.name().to_owned()).find(|name| {
        let short = name.strip_prefix(&prefix).unwrap_or(name);
        plain(short) == wanted || plain(name) == wanted
    })
}

/// The words of an enumeration as people write them: `download-only`.
pub(crate) fn words(known: &EnumDescriptor) -> Vec<String> {
    let prefix = prefix(known);
    let short = |name: &str| name.strip_prefix(&prefix).unwrap_or(name).to_lowercase();
    let all = known.values().filter(|value| value.number() != 0);
    all.map(|value| short(value.name()).replace('_', "-")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_client::proto::{Action, Setting, SettingValue, setting_value};
    use serde_json::json;

    #[test]
    fn a_message_is_json_with_protobufs_names() {
        let action = Action {
            id: 7,
            force_time: Some(otahub_client::timestamp(1_700_000_000_120)),
            ..Default::default()
        };
        let shown = json_of("Action", &action);
        assert_eq!(shown["id"], 7);
        assert_eq!(shown["active"], false);
        assert_eq!(shown["forceTime"], "2023-11-14T22:13:20.120Z");
        assert_eq!(shown["type"], "ACTION_TYPE_UNSPECIFIED");
        assert_eq!((shown.get("name"), shown.get("lastCode")), (None, None));
        let kind = Some(setting_value::Kind::IntValue(12));
        let setting = Setting { value: Some(SettingValue { kind }), ..Default::default() };
        assert_eq!(json_of("Setting", &setting), json!({ "value": 12, "global": false }));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let filter = message("TargetFilter").unwrap();
        let wrong = |value| parse(&filter, &value).unwrap_err();
        assert_eq!(wrong(json!({ "autoAssignment": { "typ": 1 } })).field, "autoAssignment.typ");
        let typed = wrong(json!({ "auto_assignment": { "type": "hard" } }));
        assert_eq!(typed.field, "auto_assignment.type");
        assert!(typed.why.contains("download-only"), "{typed:?}");
        assert_eq!(wrong(json!({ "displayName": 1.5 })).field, "displayName");
    }

    #[test]
    fn short_words_and_names_of_the_contract_are_fine() {
        let filter = message("TargetFilter").unwrap();
        let given = json!({ "display_name": "a", "autoAssignment": { "type": "downloadonly" } });
        let message = parse(&filter, &given).unwrap();
        let shown = json(&message);
        assert_eq!(shown["displayName"], "a");
        assert_eq!(shown["autoAssignment"]["type"], "ACTION_TYPE_DOWNLOAD_ONLY");
    }
}
