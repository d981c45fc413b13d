//! Puts JSON objects together, and takes them apart for people.

use chrono::{DateTime, SecondsFormat, Utc};
use otahub_client::proto::{Audit, Hashes, MaintenanceWindow};
use prost_types::Timestamp;
use serde_json::{Map, Value, json};

/// A JSON object in the making. What is empty is left out, as protobuf does.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.value(key, value.into()) }
    }

    pub(crate) fn number(self, key: &str, value: impl Into<i64>) -> Self {
        let number: i64 = value.into();
        self.value(key, number.into())
    }

    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.value(key, value.into())
    }

    pub(crate) fn time(self, key: &str, value: Option<&Timestamp>) -> Self {
        self.option(key, instant(value, SecondsFormat::AutoSi))
    }

    /// A span of time as protobuf writes it: `90s`.
    pub(crate) fn duration(self, key: &str, value: Option<&prost_types::Duration>) -> Self {
        let text = |span: &prost_types::Duration| match span.nanos {
            0 => format!("{}s", span.seconds),
            nanos => format!("{}.{nanos:09}s", span.seconds),
        };
        self.option(key, value.map(text))
    }

    pub(crate) fn option(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.value(key, value.into()),
            None => self,
        }
    }

    pub(crate) fn hashes(self, value: Option<&Hashes>) -> Self {
        let object = |h: &Hashes| {
            let hashes = Self::new().text("md5", &h.md5).text("sha1", &h.sha1);
            hashes.text("sha256", &h.sha256).finish()
        };
        self.option("hashes", value.map(object))
    }

    pub(crate) fn window(self, key: &str, value: Option<&MaintenanceWindow>) -> Self {
        let object = |w: &MaintenanceWindow| {
            json!({
                "schedule": w.schedule,
                "duration": w.duration,
                "timezone": w.timezone,
            })
        };
        self.option(key, value.map(object))
    }

    pub(crate) fn audit(self, value: Option<&Audit>) -> Self {
        let object = |a: &Audit| {
            let made = Self::new().time("createTime", a.create_time.as_ref());
            let made = made.text("creator", &a.creator);
            let changed = made.time("updateTime", a.update_time.as_ref());
            changed.text("updater", &a.updater).finish()
        };
        self.option("audit", value.map(object))
    }

    pub(crate) fn value(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }

    pub(crate) fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

/// A time as RFC 3339 in UTC.
pub(crate) fn instant(time: Option<&Timestamp>, digits: SecondsFormat) -> Option<String> {
    let time = time?;
    let nanos = u32::try_from(time.nanos).ok()?;
    let time: DateTime<Utc> = DateTime::from_timestamp(time.seconds, nanos)?;
    Some(time.to_rfc3339_opts(digits, true))
}

/// A time for a table: to the second, empty without one.
pub(crate) fn moment(time: Option<&Timestamp>) -> String {
    instant(time, SecondsFormat::Secs).unwrap_or_default()
}

/// `in sync` from `UPDATE_STATUS_IN_SYNC` and its prefix.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

/// The leaves of a JSON object by their paths: `audit.creator`.
pub(crate) fn flatten(value: &Value) -> Vec<(String, String)> {
    let mut leaves = Vec::new();
    descend(String::new(), value, &mut leaves);
    leaves
}

fn descend(path: String, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                descend(path, value, leaves);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            for (index, item) in items.iter().enumerate() {
                descend(format!("{path}[{index}]"), item, leaves);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(plain).collect();
            leaves.push((path, texts.join(", ")));
        }
        _ => leaves.push((path, plain(value))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rfc_3339_in_utc() {
        let time = otahub_client::timestamp(1_700_000_000_120);
        assert_eq!(moment(Some(&time)), "2023-11-14T22:13:20Z");
        let precise = instant(Some(&time), SecondsFormat::AutoSi);
        assert_eq!(precise.as_deref(), Some("2023-11-14T22:13:20.120Z"));
        assert_eq!(moment(None), "");
    }

    #[test]
    fn an_object_is_taken_apart_into_its_leaves() {
        let leaves = flatten(&json!({ "a": 1, "b": { "c": "x" }, "d": ["y", "z"], "e": [{}] }));
        let texts: Vec<_> = leaves.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(texts, ["a=1", "b.c=x", "d=y, z"]);
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let object = Fields::new().text("a", "").option("b", None::<i32>).flag("c", false);
        assert_eq!(object.finish(), json!({ "c": false }));
    }
}
