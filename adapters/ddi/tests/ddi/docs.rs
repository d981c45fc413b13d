//! The documentation tells of every route, and of nothing else.

use crate::hub::FakeHub;
use axum::Router;
use axum::body::Body;
use http::Request;
use otahub_rest::HttpSettings;
use otahub_rest::docs::document;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tower::ServiceExt;

fn router() -> Router {
    otahub_ddi::router(FakeHub::default().client(), Arc::new(HttpSettings::default()))
}

/// The methods of every path that is told of.
fn told() -> BTreeMap<String, BTreeSet<String>> {
    let document = serde_json::to_value(document("1", &[otahub_ddi::docs()])).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = |operations: &serde_json::Value| {
        operations.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()
    };
    paths.map(|(path, operations)| (path.clone(), methods(operations))).collect()
}

#[tokio::test]
async fn every_route_is_documented_and_everything_documented_is_a_route() {
    // axum tells its routes in its debugging output only
    let routes = format!("{:?}", router());
    let routed: BTreeSet<_> = routes.split('"').filter(|t| t.starts_with("/{tenant}/")).collect();
    let told = told();
    assert_eq!(routed, told.keys().map(String::as_str).collect());
    assert_eq!(routed.len(), 15);
    for path in routed {
        let request = Request::options(path.replace(['{', '}'], "")).body(Body::empty()).unwrap();
        let answer = router().oneshot(request).await.unwrap();
        let allowed = answer.headers()["allow"].to_str().unwrap().split(',').map(str::trim);
        let served = allowed.filter(|method| !["HEAD", "OPTIONS"].contains(method));
        assert_eq!(served.map(str::to_owned).collect::<BTreeSet<_>>(), told[path], "{path}");
    }
}
