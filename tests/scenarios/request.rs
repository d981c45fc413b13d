//! A step's request: its variables filled in, and sent.

use otahub_tests::{Answer, Http};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// The variables of a conversation.
pub(crate) type Variables = HashMap<String, Value>;

const ACCEPT: &str = "application/hal+json, application/json, */*";

static WHOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\{\{(\w+):int\}\}$").unwrap());
static PART: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{(\w+)\}\}").unwrap());

/// What may stand in a path as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'?')
    .remove(b'&')
    .remove(b'=')
    .remove(b'%')
    .remove(b':')
    .remove(b';')
    .remove(b',')
    .remove(b'(')
    .remove(b')')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'$')
    .remove(b'+')
    .remove(b'.')
    .remove(b'~')
    .remove(b'-')
    .remove(b'_')
    .remove(b'@');

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// `value` with every `{{name}}` filled in; `{{name:int}}` as a number.
pub(crate) fn substitute(value: &Value, variables: &Variables) -> Value {
    match value {
        Value::String(text) => text_with(text, variables),
        Value::Array(items) => items.iter().map(|v| substitute(v, variables)).collect(),
        Value::Object(object) => {
            let pair = |(k, v): (&String, &Value)| {
                (shown(&text_with(k, variables)), substitute(v, variables))
            };
            Value::Object(object.iter().map(pair).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn text_with(text: &str, variables: &Variables) -> Value {
    let variable = |name: &str| shown(variables.get(name).unwrap_or(&Value::Null));
    if let Some(whole) = WHOLE.captures(text) {
        let shown = variable(&whole[1]);
        return shown.parse::<i64>().map_or_else(|_| Value::from(shown), Value::from);
    }
    PART.replace_all(text, |c: &regex::Captures<'_>| variable(&c[1])).into_owned().into()
}

/// Every text in `value`.
pub(crate) fn texts_in(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|v| texts_in(v, into)),
        Value::Object(object) => object.values().for_each(|v| texts_in(v, into)),
        _ => {}
    }
}

/// Sends a request whose variables are filled in.
pub(crate) async fn send(http: &Http, request: &Value, variables: &Variables) -> Answer {
    let method = Method::from_bytes(field(request, "method").as_bytes()).expect("a method");
    let path = utf8_percent_encode(field(request, "path"), KEPT).to_string();
    http.send(method, &path, |r| with_body(with_headers(r, request, variables), request)).await
}

fn field<'a>(request: &'a Value, name: &str) -> &'a str {
    request[name].as_str().unwrap_or_else(|| panic!("a request has a {name}: {request}"))
}

fn with_headers(request: RequestBuilder, step: &Value, variables: &Variables) -> RequestBuilder {
    let mut request = match step["auth"].as_str() {
        Some("mgmt") => request.basic_auth("admin", Some("admin")),
        Some("gateway") => {
            let token = format!("GatewayToken {}", shown(&variables["gateway_key"]));
            request.header("Authorization", token)
        }
        Some(other) => request.header("Authorization", other),
        None => request,
    };
    let headers = step["headers"].as_object().cloned().unwrap_or_default();
    if !headers.keys().any(|name| name.eq_ignore_ascii_case("accept")) {
        request = request.header("Accept", step["accept"].as_str().unwrap_or(ACCEPT));
    }
    let wants_type = step.get("json").is_some() || step.get("text").is_some();
    if wants_type && !headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
        request = request.header("Content-Type", "application/json");
    }
    headers.iter().fold(request, |r, (name, value)| r.header(name, shown(value)))
}

fn with_body(request: RequestBuilder, step: &Value) -> RequestBuilder {
    if let Some(json) = step.get("json") {
        return request.body(json.to_string());
    }
    if let Some(text) = step["text"].as_str() {
        return request.body(text.to_owned());
    }
    match step.get("upload") {
        Some(upload) => request.multipart(form(upload)),
        None => request,
    }
}

fn form(upload: &Value) -> multipart::Form {
    let file = multipart::Part::text(field(upload, "content").to_owned())
        .file_name(field(upload, "filename").to_owned())
        .mime_str("application/octet-stream")
        .expect("a media type");
    let texts = upload["form"].as_object().cloned().unwrap_or_default();
    let form = texts.into_iter().fold(multipart::Form::new(), |f, (k, v)| f.text(k, shown(&v)));
    form.part(upload["field"].as_str().unwrap_or("file").to_owned(), file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_are_filled_in_everywhere() {
        let variables = Variables::from([("sm".into(), json!(7)), ("run".into(), json!("ab"))]);
        let given = json!({"x-{{run}}": ["{{sm}}", "{{sm:int}}", "a/{{sm}}/{{run}}", "{{none}}"]});
        let expected = json!({"x-ab": ["7", 7, "a/7/ab", "null"]});
        assert_eq!(substitute(&given, &variables), expected);
    }
}
