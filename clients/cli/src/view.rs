//! How resources look to people: rows of a table, or fields line by line.

use chrono::{DateTime, SecondsFormat, Utc};
use otahub_client::names;
use serde_json::Value;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(pub(crate) &'static str, pub(crate) Cell);

/// What stands in a column, from the fields of a resource: paths go by JSON names,
/// `audit.createTime`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell {
    /// As it is.
    Text(&'static str),
    /// A time to the second.
    Time(&'static str),
    /// A word of an enumeration, without what all its words begin with.
    Word(&'static str, &'static str),
    /// The last part of a resource's name.
    Last(&'static str),
    /// Something else.
    With(fn(&Value) -> String),
}

impl Cell {
    pub(crate) fn text(self, item: &Value) -> String {
        match self {
            Self::Text(path) => plain(at(item, path)),
            Self::Time(path) => moment(at(item, path)),
            Self::Word(path, prefix) => word(at(item, path), prefix),
            Self::Last(path) => last(at(item, path)),
            Self::With(cell) => cell(item),
        }
    }
}

/// The value at a path; null if there is none.
pub(crate) fn at<'a>(item: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(item, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// A time to the second; empty without one.
pub(crate) fn moment(value: &Value) -> String {
    let time = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let seconds = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    time.map(|time| seconds(time.into())).unwrap_or_default()
}

/// `in sync` from `UPDATE_STATUS_IN_SYNC` and its prefix.
pub(crate) fn word(value: &Value, prefix: &str) -> String {
    let name = value.as_str().unwrap_or_default();
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

/// `7` from `distributionSets/7`, `a/b` from `targets/a%2Fb`.
pub(crate) fn last(value: &Value) -> String {
    let name = value.as_str().unwrap_or_default();
    names::decoded_last(name)
}

/// The words whose fields are true.
pub(crate) fn flags(item: &Value, words: &[(&str, &str)]) -> String {
    let is_on = |path: &str| match path.strip_prefix('!') {
        Some(path) => !truth(at(item, path)),
        None => truth(at(item, path)),
    };
    let on = words.iter().filter(|(path, _)| is_on(path));
    on.map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

/// How far targets are, in words: those of which there are none are left out.
pub(crate) fn progress(counts: &Value) -> String {
    let all = [
        ("notStarted", "not started"),
        ("scheduled", "scheduled"),
        ("running", "running"),
        ("finished", "finished"),
        ("error", "failed"),
        ("canceled", "cancelled"),
    ];
    let count = |key: &str| counts.get(key).and_then(Value::as_i64).unwrap_or_default();
    let some = all.into_iter().filter(|(key, _)| count(key) > 0);
    some.map(|(key, word)| format!("{} {word}", count(key))).collect::<Vec<_>>().join(", ")
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
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                descend(format!("{path}[{index}]"), item, leaves);
            }
        }
        _ => leaves.push((path, plain(value))),
    }
}

/// A value as text: lists with commas, objects as JSON, nothing of null.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_in_a_table_is_to_the_second() {
        assert_eq!(moment(&json!("2023-11-14T22:13:20.120Z")), "2023-11-14T22:13:20Z");
        assert_eq!(moment(&Value::Null), "");
    }

    #[test]
    fn an_object_is_taken_apart_into_its_leaves() {
        let leaves = flatten(&json!({ "a": 1, "b": { "c": "x" }, "d": ["y", "z"], "e": [{}] }));
        let texts: Vec<_> = leaves.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(texts, ["a=1", "b.c=x", "d=y, z"]);
    }

    #[test]
    fn cells_go_by_paths() {
        let item = json!({ "state": "X_IN_SYNC", "target": "targets/a%2Fb", "a": { "b": false } });
        assert_eq!(Cell::Word("state", "X_").text(&item), "in sync");
        assert_eq!(Cell::Last("target").text(&item), "a/b");
        assert_eq!(Cell::Text("no.such").text(&item), "");
        assert_eq!(flags(&item, &[("a.b", "on"), ("!a.b", "off")]), "off");
    }
}
