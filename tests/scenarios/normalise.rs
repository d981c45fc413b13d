//! Puts a placeholder where an answer holds what only this run knows.

use crate::names;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const TREE: &str = "/DEFAULT/controller/";

static REVISION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"([?&]c=)-?\d+").unwrap());
static QUERIED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(id(?:==|%3D%3D))\d+").unwrap());
static ROLLOUT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(failedrollout==)\d+").unwrap());

/// What a run knows: where its server is, its own word, and what it said.
pub(crate) struct Normaliser<'a> {
    pub(crate) base: &'a str,
    pub(crate) run: &'a str,
    pub(crate) sent: &'a BTreeSet<String>,
    /// The virtual host of this run; the recorded one was the default.
    pub(crate) host: Option<&'a str>,
}

impl Normaliser<'_> {
    /// A text that no key says anything about.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = with_base(&text.replace(self.base, "<base>"));
        if let Some(host) = self.host {
            text = text.replace(&format!("amqp://{host}/"), "amqp:/");
        }
        if text.starts_with("<base>") {
            text = REVISION.replace_all(&text, "${1}<c>").into_owned();
            text = without_numbers(&text);
            text = QUERIED.replace_all(&text, "${1}<id>").into_owned();
        }
        ROLLOUT.replace_all(&text.replace(self.run, "{{run}}"), "${1}<id>").into_owned()
    }

    /// A whole body.
    pub(crate) fn value(&self, value: &Value) -> Value {
        self.under(value, "", false)
    }

    fn under(&self, value: &Value, key: &str, in_error: bool) -> Value {
        match value {
            Value::Object(object) => Value::Object(self.object(object)),
            Value::Array(items) => items.iter().map(|v| self.under(v, key, false)).collect(),
            Value::Number(_) if names::TIMES.contains(&key) => "<time>".into(),
            Value::Number(n) if names::IDS.contains(&key) && !n.is_f64() => "<id>".into(),
            Value::String(text) => self.string(text, key, in_error).into(),
            other => other.clone(),
        }
    }

    fn object(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let in_error = object.contains_key("errorCode");
        let kept = object.iter().filter(|(key, _)| !names::DROPPED.contains(&key.as_str()));
        kept.map(|(key, value)| (self.text(key), self.under(value, key, in_error))).collect()
    }

    fn string(&self, text: &str, key: &str, in_error: bool) -> String {
        if names::IDS.contains(&key) && is_number(text) {
            return "<id>".into();
        }
        if key == "entityId" {
            return match text.split_once(':') {
                Some((id, rest)) if is_number(id) => format!("<id>:{}", self.text(rest)),
                _ => self.text(text),
            };
        }
        if names::TOKENS.contains(&key) {
            return "<token>".into();
        }
        let said = self.sent.contains(text);
        let free = key == "error" || names::SAYINGS.contains(&key);
        if (in_error && key == "message") || (free && !said) {
            return "<text>".into();
        }
        self.text(text)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A device's link under another host than the one that was asked.
fn with_base(text: &str) -> String {
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else {
        return text.to_owned();
    };
    match rest.find('/') {
        Some(at) if at > 0 && rest[at..].starts_with(TREE) => format!("<base>{}", &rest[at..]),
        _ => text.to_owned(),
    }
}

/// Path segments that are numbers, as `<id>`.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = rest.find('/') {
        out.push_str(&rest[..=slash]);
        rest = &rest[slash + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let ends = matches!(rest.as_bytes().get(digits), None | Some(b'/' | b'?' | b'{'));
        if digits > 0 && ends {
            out.push_str("<id>");
            rest = &rest[digits..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn normalised(value: &Value) -> Value {
        let sent = BTreeSet::from(["Installed".to_owned()]);
        Normaliser { base: "http://h:1", run: "ghjkmn", sent: &sent, host: None }.value(value)
    }

    #[test]
    fn links_lose_their_numbers_and_their_host() {
        let href = "http://h:1/DEFAULT/controller/v1/dev-ghjkmn/deploymentBase/15?c=-42";
        let other = "https://other/DEFAULT/controller/v1/d/softwaremodules/1/artifacts/2.bin";
        let seen = normalised(&json!({"a": href, "b": other, "c": "http://h:1/rest/v1/x/7"}));
        let expected = json!({
            "a": "<base>/DEFAULT/controller/v1/dev-{{run}}/deploymentBase/<id>?c=<c>",
            "b": "<base>/DEFAULT/controller/v1/d/softwaremodules/<id>/artifacts/2.bin",
            "c": "<base>/rest/v1/x/<id>",
        });
        assert_eq!(seen, expected);
    }

    #[test]
    fn times_ids_and_tokens_are_placeholders() {
        let seen = normalised(&json!({"id": 7, "stopId": "8", "createdAt": 1, "n": 3,
            "securityToken": "x", "entityId": "12:ghjkmn", "list": [{"id": "dev-ghjkmn"}]}));
        let expected = json!({"id": "<id>", "stopId": "<id>", "createdAt": "<time>", "n": 3,
            "securityToken": "<token>", "entityId": "<id>:{{run}}",
            "list": [{"id": "dev-{{run}}"}]});
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_the_server_words_is_free_and_what_the_client_said_is_not() {
        let seen = normalised(&json!({"messages": ["Installed", "Update Server: x"],
            "error": "Not Found", "inner": {"errorCode": "k", "message": "Installed"}}));
        let expected = json!({"messages": ["Installed", "<text>"], "error": "<text>",
            "inner": {"errorCode": "k", "message": "<text>"}});
        assert_eq!(seen, expected);
    }
}
