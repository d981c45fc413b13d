//! The documentation tells of every route, and of nothing else.

use crate::fake::FakeHub;
use crate::support::{exchange, router};
use axum::body::Body;
use http::Request;
use otahub_rest::docs::document;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A path with nameless variables, since routes and documentation name them differently.
fn nameless(path: &str) -> String {
    let ends = path.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    ends.collect::<Vec<_>>().join("{}")
}

/// The methods of every path that is told of.
fn told() -> BTreeMap<String, BTreeSet<String>> {
    let document = serde_json::to_value(document("1", &[otahub_mgmt::docs()])).unwrap();
    let mut paths = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys().map(|method| method.to_uppercase());
        paths.entry(nameless(path)).or_default().extend(methods);
    }
    paths
}

/// The paths that are routed. axum tells them in its debugging output only.
fn routed() -> BTreeSet<String> {
    let routes = format!("{:?}", router(&FakeHub::new()));
    let texts = routes.split('"').filter(|text| text.starts_with("/rest/v1/"));
    texts.filter(|text| !text.contains("{*")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_documented_and_everything_documented_is_a_route() {
    let (told, routed) = (told(), routed());
    assert!(routed.len() > 50, "{routed:?}");
    let paths: BTreeSet<_> = routed.iter().map(|path| nameless(path)).collect();
    let known: BTreeSet<_> = told.keys().cloned().collect();
    let difference: Vec<_> = paths.symmetric_difference(&known).collect();
    assert!(difference.is_empty(), "routed or documented, but not both: {difference:#?}");
    for path in routed {
        let request = Request::options(path.replace(['{', '}'], "")).header("authorization", "x");
        let answer = exchange(&FakeHub::new(), request.body(Body::empty()).unwrap()).await;
        let allowed = answer.header("allow").split(',').map(str::trim);
        let served: BTreeSet<_> = allowed
            .filter(|method| !["HEAD", "OPTIONS"].contains(method))
            .map(str::to_owned)
            .collect();
        assert_eq!(served, told[&nameless(&path)], "the methods of {path}");
    }
}

/// Everything in the document that a `$ref` names.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_operation_says_what_it_is_for_what_it_takes_gives_and_refuses() {
    let document = serde_json::to_value(document("1", &[otahub_mgmt::docs()])).unwrap();
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let place = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{place}: {id} is the name of another, too");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{place}: no summary");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, says) = (&parameter["name"], &parameter["description"]);
                assert_ne!(says, "", "{place}: the parameter {name} is not explained");
                assert_ne!(parameter["schema"], Value::Null, "{place}: {name} has no schema");
                let needs = parameter["required"] == true;
                assert!(
                    !needs || parameter["example"] != Value::Null,
                    "{place}: {name}: no example"
                );
            }
            let body = &operation["requestBody"]["content"];
            let told = body["application/json"]["example"] != Value::Null;
            let is_form = body["multipart/form-data"] != Value::Null;
            assert!(body.is_null() || told || is_form, "{place}: the body has no example");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{place}: no success");
            for status in ["401", "403", "406"] {
                assert!(answers.contains_key(status), "{place}: no {status}");
            }
        }
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}
