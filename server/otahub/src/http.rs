//! What is served over HTTP: DDI, the Management API, their documentation, gRPC-Web, health and
//! metrics.

use crate::dmf::Brokers;
use crate::grpc_web::{self, divert};
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
use otahub_rest::docs::{Document, document};
use otahub_rest::{HttpSettings, finish};
use std::sync::{Arc, OnceLock};
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
    /// The services of the gRPC port, and the origins whose pages may call them.
    pub web: (Router, Vec<String>),
    /// What the adapters go by.
    pub settings: Arc<HttpSettings>,
    /// The broker that devices on Astarte's protocol are sent to, if there are any.
    pub astarte_broker: Option<Url>,
    /// Requests per address, unless there is no limit.
    pub limiter: Option<Arc<Limiter>>,
    /// Where metrics are gathered.
    pub metrics: PrometheusHandle,
    /// The message brokers, once they are being connected with.
    pub brokers: Arc<OnceLock<Brokers>>,
}

#[derive(Clone)]
struct About {
    hub: Hub,
    metrics: PrometheusHandle,
    brokers: Arc<OnceLock<Brokers>>,
}

/// Everything that is served over HTTP.
pub(crate) fn app(parts: HttpParts) -> Router {
    let api = otahub_ddi::router(parts.client.clone(), parts.settings.clone())
        .merge(otahub_rest::docs::pages(documentation(), parts.settings.clone()))
        .merge(otahub_mgmt::router(parts.client.clone(), parts.settings.clone()));
    let api = match parts.astarte_broker {
        Some(broker) => api.merge(otahub_pairing::router(parts.client, parts.settings, broker)),
        None => api,
    };
    let (public, origins) = parts.web;
    let web = grpc_web::service(public, &origins, parts.limiter.clone());
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
        .with_state(About { hub: parts.hub, metrics: parts.metrics, brokers: parts.brokers })
        .merge(api)
        .merge(nowhere)
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        // calls have their own deadlines, and uploads look at how their bodies end
        .layer(from_fn_with_state(web, divert))
        .layer(CatchPanicLayer::new())
}

/// What is told of the interfaces, the Management API first.
pub(crate) fn documentation() -> Document {
    document(env!("CARGO_PKG_VERSION"), &[otahub_mgmt::docs(), otahub_ddi::docs()])
}

/// Whether requests can be served: whether the database answers. Then also how the message
/// brokers are, without which the hub serves all else.
async fn ready(State(about): State<About>) -> impl IntoResponse {
    match about.hub.ping().await {
        Ok(()) => {
            let brokers = about.brokers.get().map(crate::dmf::report).unwrap_or_default();
            (StatusCode::OK, format!("ready\n{brokers}"))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n".to_owned()),
    }
}

/// Metrics in Prometheus' text format.
async fn metrics(State(about): State<About>) -> impl IntoResponse {
    metrics::counter!("otahub_store_statements_total").absolute(about.hub.statements());
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, about.metrics.render())
}
