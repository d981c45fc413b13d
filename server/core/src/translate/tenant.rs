//! Settings.

use super::audit;
use otahub_domain::tenant::{Setting, Value};
use otahub_domain::{Error, Result};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use proto::setting_value::Kind;

pub(crate) fn setting(setting: &Setting) -> proto::Setting {
    proto::Setting {
        name: names::setting(setting.key.as_str()),
        value: Some(value(setting.value.clone())),
        global: setting.audit.is_none(),
        audit: setting.audit.as_ref().map(audit),
    }
}

/// A value on the wire.
pub(crate) fn value(value: Value) -> proto::SettingValue {
    let kind = match value {
        Value::Bool(value) => Kind::BoolValue(value),
        Value::Int(value) => Kind::IntValue(value),
        Value::Text(value) => Kind::StringValue(value),
    };
    proto::SettingValue { kind: Some(kind) }
}

/// A value from the wire.
pub(crate) fn given(key: &str, value: Option<proto::SettingValue>) -> Result<Value> {
    match value.and_then(|value| value.kind) {
        Some(Kind::BoolValue(value)) => Ok(Value::Bool(value)),
        Some(Kind::IntValue(value)) => Ok(Value::Int(value)),
        Some(Kind::StringValue(value)) => Ok(Value::Text(value)),
        None => Err(Error::ConfigurationValueInvalid {
            key: key.to_owned(),
            message: "a value is required".to_owned(),
        }),
    }
}
