//! How settings and the caller look.

use super::{Fields, View};
use otahub_client::proto::{Caller, Setting, SettingValue, setting_value::Kind};
use serde_json::Value;

impl View for Setting {
    const COLUMNS: &'static [&'static str] = &["KEY", "VALUE", "SET BY"];

    fn cells(&self) -> Vec<String> {
        let value = match value(self.value.as_ref()) {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let by = match (&self.audit, self.global) {
            (Some(audit), false) if audit.updater.is_empty() => audit.creator.clone(),
            (Some(audit), false) => audit.updater.clone(),
            _ => "(default)".to_owned(),
        };
        vec![self.name.trim_start_matches("settings/").to_owned(), value, by]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .value("value", value(self.value.as_ref()))
            .flag("global", self.global)
            .audit(self.audit.as_ref())
            .finish()
    }
}

fn value(value: Option<&SettingValue>) -> Value {
    match value.and_then(|v| v.kind.as_ref()) {
        Some(Kind::BoolValue(yes)) => (*yes).into(),
        Some(Kind::IntValue(number)) => (*number).into(),
        Some(Kind::StringValue(text)) => text.as_str().into(),
        None => Value::Null,
    }
}

impl View for Caller {
    const COLUMNS: &'static [&'static str] = &["TENANT", "USER"];

    fn cells(&self) -> Vec<String> {
        vec![self.tenant.clone(), self.username.clone()]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("tenant", &self.tenant)
            .text("username", &self.username)
            .value("authorities", self.authorities.clone().into())
            .finish()
    }
}
