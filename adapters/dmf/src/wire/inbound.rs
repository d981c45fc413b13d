//! Bodies that things' services send. Unknown fields are passed over, null counts as absent.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `THING_CREATED`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThingCreated {
    pub(crate) name: Option<String>,
    #[serde(rename = "type")]
    pub(crate) target_type: Option<String>,
    pub(crate) attribute_update: Option<AttributeUpdate>,
}

/// `UPDATE_ATTRIBUTES`.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(crate) struct AttributeUpdate {
    #[serde(default, deserialize_with = "attributes")]
    pub(crate) attributes: BTreeMap<String, Option<String>>,
    pub(crate) mode: Option<Mode>,
}

/// What to do with attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Mode {
    Merge,
    Replace,
    Remove,
}

/// `UPDATE_ACTION_STATUS`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionStatus {
    #[serde(deserialize_with = "number")]
    pub(crate) action_id: i64,
    pub(crate) action_status: Status,
    #[serde(default, deserialize_with = "messages")]
    pub(crate) message: Vec<String>,
    pub(crate) timestamp: Option<Value>,
    #[serde(default, deserialize_with = "code")]
    pub(crate) code: Option<i32>,
}

/// How an action goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Download,
    Downloaded,
    Retrieved,
    Running,
    Warning,
    Finished,
    Error,
    Canceled,
    CancelRejected,
    Confirmed,
    Denied,
}

/// `UPDATE_AUTO_CONFIRM`.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct AutoConfirm {
    pub(crate) enabled: bool,
    pub(crate) initiator: Option<String>,
    pub(crate) remark: Option<String>,
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(from)?;
    let number = match &value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.ok_or_else(|| D::Error::custom("is not a number of an action"))
}

fn code<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        value => {
            let wide = number(value).map_err(|_| D::Error::custom("code is not a number"))?;
            i32::try_from(wide).map(Some).map_err(|_| D::Error::custom("code is out of range"))
        }
    }
}

fn messages<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| text(item).ok_or_else(|| D::Error::custom("message is not text")))
            .filter_map(|item| item.transpose())
            .collect(),
        one => match text(one) {
            Some(Some(message)) => Ok(vec![message]),
            Some(None) | None => Err(D::Error::custom("message is not text")),
        },
    }
}

fn attributes<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Option<String>>, D::Error> {
    let given: Option<BTreeMap<String, Value>> = Option::deserialize(from)?;
    given
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| match text(value) {
            Some(value) => Ok((key, value)),
            None => Err(D::Error::custom("the value of an attribute is not plain")),
        })
        .collect()
}

/// A scalar as text, null as nothing; none for what is nested.
fn text(value: Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::Bool(on) => Some(Some(on.to_string())),
        Value::Number(number) => Some(Some(number.to_string())),
        Value::String(text) => Some(Some(text)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_text_and_messages_one_text() {
        let body = r#"{"actionId":"7","actionStatus":"FINISHED","message":"done","code":"-7",
            "softwareModuleId":null,"more":1}"#;
        let status: ActionStatus = serde_json::from_str(body).unwrap();
        assert_eq!((status.action_id, status.action_status), (7, Status::Finished));
        assert_eq!((status.message, status.code), (vec!["done".to_owned()], Some(-7)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for body in [
            "{}",
            r#"{"actionId":1}"#,
            r#"{"actionStatus":"RUNNING"}"#,
            r#"{"actionId":1,"actionStatus":"running"}"#,
            r#"{"actionId":1.5,"actionStatus":"RUNNING"}"#,
            r#"{"actionId":9223372036854775808,"actionStatus":"RUNNING"}"#,
            r#"{"actionId":1,"actionStatus":"RUNNING","message":[{}]}"#,
            r#"{"actionId":1,"actionStatus":"RUNNING","code":3000000000}"#,
            r#"{"actionId":1,"actionStatus":3}"#,
            "[]",
            "7",
        ] {
            assert!(serde_json::from_str::<ActionStatus>(body).is_err(), "{body}");
        }
    }

    #[test]
    fn attributes_are_plain_values_by_key() {
        let body = r#"{"attributes":{"a":1,"b":true,"c":null,"d":"x"},"mode":"REPLACE"}"#;
        let update: AttributeUpdate = serde_json::from_str(body).unwrap();
        let found: Vec<_> = update.attributes.values().cloned().collect();
        assert_eq!(found, [Some("1".into()), Some("true".into()), None, Some("x".into())]);
        assert_eq!(update.mode, Some(Mode::Replace));
        assert!(serde_json::from_str::<AttributeUpdate>(r#"{"attributes":{"a":{}}}"#).is_err());
        assert!(serde_json::from_str::<AttributeUpdate>(r#"{"mode":"merge"}"#).is_err());
        assert_eq!(
            serde_json::from_str::<AttributeUpdate>(r#"{"attributes":null}"#).unwrap(),
            AttributeUpdate::default()
        );
    }
}
