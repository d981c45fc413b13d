//! A scripted hub behind the router: canned answers, and what was asked of it.

use crate::fake::FakeHub;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use otahub_client::HubClient;
use otahub_rest::HttpSettings;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

/// `admin:admin`.
pub(crate) const ADMIN: &str = "Basic YWRtaW46YWRtaW4=";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The error key without its prefix; empty without one.
    pub(crate) fn key(&self) -> String {
        let json: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        let key = json["errorCode"].as_str().unwrap_or_default();
        key.strip_prefix("hawkbit.server.error.").unwrap_or(key).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The adapter with `hub` behind it.
pub(crate) fn router(hub: &Arc<FakeHub>) -> Router {
    let client = HubClient::new(FakeHub::channel(hub));
    otahub_mgmt::router(client, Arc::new(HttpSettings::default()))
}

/// Sends a request as `admin` to `http://hub:8080`.
pub(crate) async fn send(
    hub: &Arc<FakeHub>,
    request: http::request::Builder,
    body: Body,
) -> Answer {
    let request = request.header("host", "hub:8080").header("authorization", ADMIN);
    exchange(hub, request.body(body).unwrap()).await
}

/// Sends a request as it is.
pub(crate) async fn exchange(hub: &Arc<FakeHub>, request: Request<Body>) -> Answer {
    let response = router(hub).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}

pub(crate) async fn get(hub: &Arc<FakeHub>, path: &str) -> Answer {
    send(hub, Request::get(path), Body::empty()).await
}

pub(crate) async fn delete(hub: &Arc<FakeHub>, path: &str) -> Answer {
    send(hub, Request::delete(path), Body::empty()).await
}

pub(crate) async fn post(hub: &Arc<FakeHub>, path: &str, json: Value) -> Answer {
    with_json(hub, Request::post(path), json).await
}

pub(crate) async fn put(hub: &Arc<FakeHub>, path: &str, json: Value) -> Answer {
    with_json(hub, Request::put(path), json).await
}

async fn with_json(hub: &Arc<FakeHub>, request: http::request::Builder, json: Value) -> Answer {
    let request = request.header("content-type", "application/json");
    send(hub, request, Body::from(json.to_string())).await
}
