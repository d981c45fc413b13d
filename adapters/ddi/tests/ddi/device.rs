//! A device, as far as the tests need one.

use crate::hub::FakeHub;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use otahub_rest::{ClientCertificate, HttpSettings, Peer};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const BASE: &str = "/DEFAULT/controller/v1/d1";

pub(crate) struct Device {
    pub(crate) hub: FakeHub,
    pub(crate) peer: Peer,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn is_empty(&self, status: u16) -> bool {
        self.status == status && self.body.is_empty() && !self.headers.contains_key("content-type")
    }

    pub(crate) fn error_code(&self) -> String {
        self.json()["errorCode"].as_str().unwrap_or_default().to_owned()
    }
}

impl Default for Device {
    fn default() -> Self {
        Self::with(HttpSettings::default())
    }
}

impl Device {
    pub(crate) fn with(settings: HttpSettings) -> Self {
        let hub = FakeHub::default();
        let router = otahub_ddi::router(hub.client(), Arc::new(settings));
        let router = router.fallback(otahub_rest::not_found);
        let address = "203.0.113.7:4711".parse().unwrap();
        Self { hub, router, peer: Peer { address, tls: false, certificate: None } }
    }

    pub(crate) fn over_tls(mut self, certificate: Option<ClientCertificate>) -> Self {
        self.peer.tls = true;
        self.peer.certificate = certificate;
        self
    }

    pub(crate) fn behind_a_local_proxy(mut self) -> Self {
        self.peer.address = "127.0.0.1:4711".parse().unwrap();
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, "").await
    }

    pub(crate) async fn post(&self, path: &str, json: &str) -> Answer {
        let json_type = [("content-type", "application/json")];
        self.send(Method::POST, path, &json_type, json.to_owned()).await
    }

    pub(crate) async fn put(&self, path: &str, json: &str) -> Answer {
        let json_type = [("content-type", "application/json")];
        self.send(Method::PUT, path, &json_type, json.to_owned()).await
    }

    /// Sends a request; a path without a leading slash is one below the device's base.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let path = if path.starts_with('/') { path.into() } else { format!("{BASE}/{path}") };
        let mut request = Request::builder().method(method).uri(path).header("host", "h:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(self.peer.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}
