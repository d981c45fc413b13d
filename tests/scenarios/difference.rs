//! What differs between what was recorded and what came.

use serde_json::{Map, Value};

/// One line for each difference; with `unordered`, lists are compared as bags.
pub(crate) fn differences(expected: &Value, actual: &Value, unordered: bool) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, actual, unordered, "", &mut found);
    found
}

fn compare(expected: &Value, actual: &Value, unordered: bool, at: &str, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(e), Value::Object(a)) => objects(e, a, unordered, at, found),
        (Value::Array(e), Value::Array(a)) => lists(e, a, unordered, at, found),
        _ if expected == actual => {}
        _ => found.push(format!("{at}: {}, expected {}", short(actual), short(expected))),
    }
}

fn objects(
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    unordered: bool,
    at: &str,
    found: &mut Vec<String>,
) {
    for (key, value) in expected {
        match actual.get(key) {
            Some(a) => compare(value, a, unordered, &format!("{at}/{key}"), found),
            None => found.push(format!("{at}/{key}: missing, expected {}", short(value))),
        }
    }
    for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        found.push(format!("{at}/{key}: not expected, got {}", short(value)));
    }
}

fn lists(expected: &[Value], actual: &[Value], unordered: bool, at: &str, found: &mut Vec<String>) {
    if expected.len() != actual.len() {
        found.push(format!("{at}: {} items, expected {}", actual.len(), expected.len()));
        return;
    }
    let (mut expected, mut actual) = (expected.to_vec(), actual.to_vec());
    if unordered {
        expected.sort_by_key(ToString::to_string);
        actual.sort_by_key(ToString::to_string);
    }
    for (i, (e, a)) in expected.iter().zip(&actual).enumerate() {
        compare(e, a, unordered, &format!("{at}/{i}"), found);
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_difference_has_a_line_with_its_place() {
        let expected = json!({"a": 1, "b": {"c": [1, 2]}, "d": true});
        let actual = json!({"a": 2, "b": {"c": [2, 1]}, "e": null});
        let found = differences(&expected, &actual, false);
        let lines = [
            "/a: 2, expected 1",
            "/b/c/0: 2, expected 1",
            "/b/c/1: 1, expected 2",
            "/d: missing, expected true",
            "/e: not expected, got null",
        ];
        assert_eq!(found, lines);
        assert_eq!(differences(&expected, &actual, true).len(), 3);
    }
}
