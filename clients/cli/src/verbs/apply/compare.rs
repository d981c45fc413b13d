//! What a document says, compared with what the hub has.

use serde_json::{Map, Value};

/// The fields in which `wanted` differs from `present`, as far as `wanted` says anything.
pub(super) fn changes(wanted: &Map<String, Value>, present: &Value) -> Vec<String> {
    let differs = |(key, value): &(&String, &Value)| !fits(key, value, &present[key.as_str()]);
    wanted.iter().filter(differs).map(|(key, _)| key.clone()).collect()
}

/// Whether what is there is what is wanted. What nobody speaks of may be anything; lists are
/// compared whole, whatever their order.
fn fits(key: &str, wanted: &Value, present: &Value) -> bool {
    match (wanted, present) {
        // the hub says it only while it asks for confirmations at all
        (_, Value::Null) if key == "confirmationRequired" => true,
        (wanted, Value::Null) => is_nothing(wanted),
        (Value::Object(wanted), present) => {
            wanted.iter().all(|(key, value)| fits(key, value, &present[key.as_str()]))
        }
        (Value::Array(wanted), Value::Array(present)) => {
            let sorted = |items: &[Value]| {
                let mut texts: Vec<_> = items.iter().map(Value::to_string).collect();
                texts.sort();
                texts
            };
            sorted(wanted) == sorted(present)
        }
        (wanted, present) => wanted == present,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

/// What is wanted, and beneath it what is there already: an object changes as a whole.
pub(super) fn over(wanted: &Value, present: &Value) -> Value {
    match (wanted, present) {
        (Value::Object(wanted), Value::Object(present)) => {
            let mut whole = present.clone();
            for (key, value) in wanted {
                whole.insert(
                    key.clone(),
                    over(value, &present.get(key).cloned().unwrap_or_default()),
                );
            }
            Value::Object(whole)
        }
        _ => wanted.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(wanted: Value, present: &Value) -> Vec<String> {
        changes(wanted.as_object().unwrap(), present)
    }

    #[test]
    fn only_what_is_said_is_compared() {
        let present = json!({ "a": 1, "b": { "c": "x", "d": 2 }, "l": ["y", "z"] });
        let none: [&str; 0] = [];
        let same = json!({ "a": 1, "b": { "c": "x" }, "l": ["z", "y"], "e": "", "f": false });
        assert_eq!(changed(same, &present), none);
        let other = json!({ "a": 2, "b": { "c": "y" }, "l": ["z"], "e": "new" });
        assert_eq!(changed(other, &present), ["a", "b", "e", "l"]);
    }

    #[test]
    fn an_object_keeps_what_nobody_speaks_of() {
        let present = json!({ "c": "x", "d": 2 });
        assert_eq!(over(&json!({ "c": "y" }), &present), json!({ "c": "y", "d": 2 }));
        assert_eq!(over(&Value::Null, &present), Value::Null);
    }
}
