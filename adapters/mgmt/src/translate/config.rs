//! Settings of the tenant.

use super::audit;
use crate::link::Base;
use crate::wire;
use otahub_client::proto::{Setting, SettingValue, setting_value::Kind};
use otahub_client::{names, proto};
use serde_json::Value;

/// Settings that hawkBit does not have.
const OWN: &[&str] = &["anonymous.download.enabled"];

/// The key in `settings/{key}`.
pub(crate) fn key(setting: &Setting) -> String {
    let name = setting.name.as_str();
    name.strip_prefix("settings/").unwrap_or(name).to_owned()
}

/// Whether the list of all settings has it: those that hawkBit does not know show there only once
/// the tenant has set them.
pub(crate) fn is_listed(setting: &Setting) -> bool {
    !setting.global || !OWN.contains(&key(setting).as_str())
}

/// A setting, as hawkBit shows it.
pub(crate) fn setting(setting: Setting, base: &Base) -> wire::ConfigValue {
    let key = key(&setting);
    wire::ConfigValue {
        value: json(setting.value),
        global: setting.global,
        audit: audit(setting.audit),
        links: wire::Links::to_self(base.config(&key)),
    }
}

fn json(value: Option<SettingValue>) -> Value {
    match value.and_then(|v| v.kind) {
        Some(Kind::BoolValue(value)) => value.into(),
        Some(Kind::IntValue(value)) => value.into(),
        Some(Kind::StringValue(value)) => value.into(),
        None => Value::Null,
    }
}

/// What sets a setting. A value of a type that no setting has is sent as none at all, which the
/// hub refuses.
pub(crate) fn change(key: &str, value: Value) -> Setting {
    let kind = match value {
        Value::Bool(value) => Some(Kind::BoolValue(value)),
        Value::String(value) => Some(Kind::StringValue(value)),
        Value::Number(number) => Some(match number.as_i64() {
            Some(value) => Kind::IntValue(value),
            None => Kind::StringValue(number.to_string()),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    Setting { name: names::setting(key), value: Some(SettingValue { kind }), ..Default::default() }
}

/// The permission that hawkBit's users do not have: to manage tenants.
const BEYOND_TENANTS: &str = "SYSTEM_ADMIN";

/// Who is asking.
pub(crate) fn user(caller: proto::Caller) -> wire::UserInfo {
    let mut permissions = caller.authorities;
    permissions.retain(|authority| authority != BEYOND_TENANTS);
    wire::UserInfo { tenant: caller.tenant, username: caller.username, permissions }
}
