//! What is served over HTTP: DDI, the Management API, health and metrics.

use crate::rate_limit::{Limiter, limit};
use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use otahub_client::HubClient;
use otahub_core::Hub;
use otahub_rest::{HttpSettings, finish};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use url::Url;

/// How long a client may pause within the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What the HTTP side is made of.
pub(crate) struct HttpParts {
    /// The hub, for health and metrics.
    pub hub: Hub,
    /// The way to it for adapters.
    pub client: HubClient,
    /// What the adapters go by.
    pub settings: Arc<HttpSettings>,
    /// The broker that devices on Astarte's protocol are sent to, if there are any.
    pub astarte_broker: Option<Url>,
    /// Requests per address, unless there is no limit.
    pub limiter: Option<Arc<Limiter>>,
    /// Where metrics are gathered.
    pub metrics: PrometheusHandle,
}

#[derive(Clone)]
struct About {
    hub: Hub,
    metrics: PrometheusHandle,
}

/// Everything that is served over HTTP.
pub(crate) fn app(parts: HttpParts) -> Router {
    let api = otahub_ddi::router(parts.client.clone(), parts.settings.clone())
        .merge(otahub_mgmt::router(parts.client.clone(), parts.settings.clone()));
    let api = match parts.astarte_broker {
        Some(broker) => api.merge(otahub_pairing::router(parts.client, parts.settings, broker)),
        None => api,
    };
    let api = match parts.limiter {
        Some(limiter) => api.layer(from_fn_with_state(limiter, limit)),
        None => api,
    };
    // what nobody serves is answered in the same manner as the rest
    let nowhere = Router::new().fallback(otahub_rest::not_found).layer(from_fn(finish));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(About { hub: parts.hub, metrics: parts.metrics })
        .merge(api)
        .merge(nowhere)
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(CatchPanicLayer::new())
}

/// Whether requests can be served: whether the database answers.
async fn ready(State(about): State<About>) -> impl IntoResponse {
    match about.hub.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Metrics in Prometheus' text format.
async fn metrics(State(about): State<About>) -> impl IntoResponse {
    metrics::counter!("otahub_store_statements_total").absolute(about.hub.statements());
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, about.metrics.render())
}
