//! One conversation: its steps in order, each answer normalised and compared.
//!
//! A step is `{name, request, expect?, capture?, until?, unordered?}`, `{name, pause}`, or one over
//! AMQP: `{name, publish, settle?}` or `{name, receive, expect?, capture?}`. `capture` keeps
//! parts of the answer as variables; `until` asks again until the answer says so. A step without
//! `expect` only sets things up.

use crate::deviations::Wrong;
use crate::difference::differences;
use crate::names;
use crate::normalise::Normaliser;
use crate::queue::Queue;
use crate::request::{Variables, send, substitute, texts_in};
use otahub_tests::{Answer, Broker, Http, epoch_millis};
use rand::Rng;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long what follows from a message may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const HOUR: i64 = 3_600_000;
const LETTERS: &[u8] = b"ghjkmnpqrstvwxyz";

/// A conversation under way.
pub(crate) struct Conversation {
    http: Http,
    base: String,
    run: String,
    variables: Variables,
    sent: BTreeSet<String>,
    queue: Option<Queue>,
}

impl Conversation {
    /// Begins the recorded `case` with the server at `base`.
    pub(crate) fn new(case: &Value, http: Http, base: &str) -> Self {
        let mut rng = rand::rng();
        let run: String =
            (0..6).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        let now = epoch_millis();
        let mut variables = Variables::from([
            ("run".into(), json!(run)),
            ("gateway_key".into(), json!("conformance-key")),
            ("base".into(), json!(base)),
            ("now".into(), json!(now)),
            ("in_an_hour".into(), json!(now + HOUR)),
            ("an_hour_ago".into(), json!(now - HOUR)),
        ]);
        for (name, value) in case["variables"].as_object().cloned().unwrap_or_default() {
            let own = value.as_str().map(|text| json!(text.replace("{{run}}", &run)));
            variables.insert(name, own.unwrap_or(value));
        }
        Self { http, base: base.to_owned(), run, variables, sent: BTreeSet::new(), queue: None }
    }

    /// Speaks AMQP, too.
    pub(crate) async fn over(&mut self, broker: &Broker) {
        self.queue = Some(Queue::open(broker, &self.run).await);
    }

    /// Holds the whole conversation; the steps that differed.
    pub(crate) async fn hold(&mut self, case: &Value) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for (number, step) in (1..).zip(case["steps"].as_array().expect("a case has steps")) {
            let found = self.compare(step).await;
            if !found.is_empty() {
                wrong.push((number, found));
            }
        }
        wrong
    }

    /// How a step's answer differs from the recorded one. What follows from a message shows a
    /// while after it was published, so what only reads is asked again for some time.
    async fn compare(&mut self, step: &Value) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        let reads = self.queue.is_some() && step["request"]["method"] == "GET";
        loop {
            let answer = self.step(step).await;
            let Some(expected) = step.get("expect") else {
                return Vec::new();
            };
            let found = differences(expected, &answer, step["unordered"] == true);
            if found.is_empty() || !reads || Instant::now() > end {
                return found;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn step(&mut self, step: &Value) -> Value {
        if let Some(seconds) = step["pause"].as_f64() {
            sleep(Duration::from_secs_f64(seconds)).await;
            return json!({});
        }
        let Some(request) = step.get("request") else {
            return self.message(step).await;
        };
        let request = substitute(request, &self.variables);
        texts_in(&request, &mut self.sent);
        let (answer, body) = self.ask(&request, step.get("until")).await;
        self.capture(step, &body);
        self.normalised(&answer, &body)
    }

    /// A step over AMQP.
    async fn message(&mut self, step: &Value) -> Value {
        let queue = self.queue.as_ref().expect("a step without a request is of AMQP");
        if let Some(publish) = step.get("publish") {
            let publish = substitute(publish, &self.variables);
            texts_in(&publish, &mut self.sent);
            queue.publish(&publish).await;
            sleep(Duration::from_secs_f64(step["settle"].as_f64().unwrap_or(0.5))).await;
            return json!({});
        }
        let limit = step["receive"]["timeout"].as_f64().map_or(PATIENCE, Duration::from_secs_f64);
        let Some(message) = queue.receive(limit.max(PATIENCE), &self.sent).await else {
            return json!({ "message": null });
        };
        self.capture(step, &message);
        let rules = self.rules();
        json!({ "message": rules.value(&message) })
    }

    /// Asks once, or until the answer is as it should be or the time is over.
    async fn ask(&self, request: &Value, until: Option<&Value>) -> (Answer, Value) {
        let limit = until.and_then(|u| u["timeout"].as_f64()).unwrap_or(45.0);
        let end = Instant::now() + Duration::from_secs_f64(limit);
        loop {
            let answer = send(&self.http, request, &self.variables).await;
            let body = body_of(&answer);
            let done = until.is_none_or(|u| self.holds(u, answer.status, &body));
            if done || Instant::now() > end {
                return (answer, body);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn holds(&self, until: &Value, status: u16, body: &Value) -> bool {
        if until["status"].as_u64().is_some_and(|wanted| wanted != u64::from(status)) {
            return false;
        }
        let Some(path) = until["path"].as_str() else {
            return true;
        };
        let found = find(body, path);
        let wanted = substitute(&until["equals"], &self.variables);
        found.unwrap_or(&Value::Null) == &wanted
            || until["exists"].as_bool().is_some_and(|wanted| wanted == found.is_some())
    }

    fn capture(&mut self, step: &Value, body: &Value) {
        for (name, rule) in step["capture"].as_object().cloned().unwrap_or_default() {
            let found = find(body, rule["path"].as_str().unwrap_or_default()).cloned();
            let value = match rule["regex"].as_str() {
                Some(pattern) => found.and_then(|v| first_group(pattern, &v)),
                None => found,
            };
            self.variables.insert(name.clone(), value.unwrap_or(json!(format!("missing-{name}"))));
        }
    }

    fn rules(&self) -> Normaliser<'_> {
        let host = self.queue.as_ref().map(Queue::host);
        Normaliser { base: &self.base, run: &self.run, sent: &self.sent, host }
    }

    fn normalised(&self, answer: &Answer, body: &Value) -> Value {
        let rules = self.rules();
        let mut headers = headers_of(answer, &rules);
        let mut out = Map::from_iter([("status".to_owned(), json!(answer.status))]);
        if answer.status >= 400 && !body.is_null() && body.get("errorCode").is_none() {
            // A router's own page: the wording is free.
            headers.remove("content-type");
            headers.remove("content-length");
        } else if !body.is_null() {
            out.insert("body".to_owned(), rules.value(body));
        }
        out.insert("headers".to_owned(), Value::Object(headers));
        Value::Object(out)
    }
}

fn kind(answer: &Answer) -> &str {
    answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default()
}

fn body_of(answer: &Answer) -> Value {
    if answer.body.is_empty() {
        return Value::Null;
    }
    let parsed = kind(answer).contains("json").then(|| serde_json::from_slice(&answer.body).ok());
    parsed.flatten().unwrap_or_else(|| json!(answer.text()))
}

fn headers_of(answer: &Answer, rules: &Normaliser<'_>) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in names::HEADERS {
        let Some(value) = answer.header(name) else {
            continue;
        };
        let value = match *name {
            "content-type" => kind(answer).to_owned(),
            "content-disposition" if value.starts_with("inline") => continue,
            "content-length" if answer.body.is_empty() || kind(answer).contains("json") => continue,
            "etag" => "<etag>".to_owned(),
            "www-authenticate" => value.split(' ').next().unwrap_or_default().to_owned(),
            "location" => rules.text(value),
            _ => value.to_owned(),
        };
        kept.insert((*name).to_owned(), json!(value));
    }
    kept
}

fn first_group(pattern: &str, value: &Value) -> Option<Value> {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let pattern = Regex::new(pattern).expect("a capture's pattern is a regular expression");
    pattern.captures(&text).map(|groups| json!(&groups[1]))
}

/// Walks a dotted path (`content.0.id`); a dot in a key is `%2E`.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.').filter(|part| !part.is_empty());
    let found = parts.try_fold(value, |at, part| match at {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        Value::Object(object) => object.get(&part.replace("%2E", ".")),
        _ => None,
    });
    found.filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_walks_lists_and_objects() {
        let value = json!({"content": [{"a.b": 7}]});
        assert_eq!(find(&value, "content.0.a%2Eb"), Some(&json!(7)));
        assert_eq!(find(&value, "content.1"), None);
        assert_eq!(find(&value, "content.0.a%2Eb.c"), None);
    }

    #[test]
    fn a_capture_takes_the_first_group() {
        assert_eq!(first_group(r"base/(\d+)", &json!("x/base/15?c=1")), Some(json!("15")));
        assert_eq!(first_group(r"base/(\d+)", &json!("x")), None);
    }
}
