//! What is served over HTTP: DDI, the Management API, their documentation, gRPC-Web, health and
//! metrics, as far as the process has those roles.

use crate::dmf::Brokers;
use crate::grpc_web::{self, divert};
use crate::rate_limit::{Limiter, limit};
use crate::roles::Role;
use crate::settings::Settings;
use crate::upstream::Upstream;
use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
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
    /// The hub.
    pub upstream: Upstream,
    /// The services of the gRPC port, if this process has one, and the origins whose pages may
    /// call them.
    pub web: Option<(Router, Vec<String>)>,
    /// What the adapters go by.
    pub settings: Arc<HttpSettings>,
    /// Which interfaces there are.
    pub interfaces: Interfaces,
    /// gRPC's health check, where there is no port for gRPC.
    pub health: Option<Router>,
    /// Requests per address, unless there is no limit.
    pub limiter: Option<Arc<Limiter>>,
    /// Where metrics are gathered.
    pub metrics: PrometheusHandle,
    /// The message brokers, once they are being connected with.
    pub brokers: Arc<OnceLock<Brokers>>,
}

/// Which interfaces there are.
pub(crate) struct Interfaces {
    ddi: bool,
    mgmt: bool,
    /// The broker that devices on Astarte's protocol are sent to, if there are any.
    astarte_broker: Option<Url>,
}

impl Interfaces {
    /// Those that the settings want of this process.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            ddi: settings.has(Role::Ddi),
            mgmt: settings.has(Role::Mgmt),
            astarte_broker: settings.astarte_broker_url.clone(),
        }
    }
}

#[derive(Clone)]
struct About {
    upstream: Upstream,
    metrics: PrometheusHandle,
    brokers: Arc<OnceLock<Brokers>>,
}

/// Everything that is served over HTTP.
pub(crate) fn app(parts: HttpParts) -> Router {
    let api = interfaces(&parts);
    let web = parts
        .web
        .map(|(public, origins)| grpc_web::service(public, &origins, parts.limiter.clone()));
    let api = match parts.limiter {
        Some(limiter) => api.layer(from_fn_with_state(limiter, limit)),
        None => api,
    };
    // what nobody serves is answered in the same manner as the rest
    let nowhere = Router::new().fallback(otahub_rest::not_found).layer(from_fn(finish));
    let all = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(About {
            upstream: parts.upstream,
            metrics: parts.metrics,
            brokers: parts.brokers,
        })
        .merge(parts.health.unwrap_or_default())
        .merge(api)
        .merge(nowhere)
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT));
    // calls have their own deadlines, and uploads look at how their bodies end
    let all = match web {
        Some(web) => all.layer(from_fn_with_state(web, divert)),
        None => all,
    };
    all.layer(CatchPanicLayer::new())
}

fn interfaces(parts: &HttpParts) -> Router {
    let Interfaces { ddi, mgmt, astarte_broker } = &parts.interfaces;
    let (client, settings) = (parts.upstream.client(), &parts.settings);
    let mut api = Router::new();
    if *ddi {
        api = api.merge(otahub_ddi::router(client.clone(), settings.clone()));
    }
    if *mgmt {
        api = api.merge(otahub_mgmt::router(client.clone(), settings.clone()));
    }
    if *ddi || *mgmt {
        let told = documentation(*mgmt, *ddi, astarte_broker.is_some());
        api = api.merge(otahub_rest::docs::pages(told, settings.clone()));
    }
    match astarte_broker {
        Some(broker) => api.merge(otahub_pairing::router(client, settings.clone(), broker.clone())),
        None => api,
    }
}

/// What is told of the interfaces that there are, the Management API first.
pub(crate) fn documentation(mgmt: bool, ddi: bool, pairing: bool) -> Document {
    let told = [
        mgmt.then(otahub_mgmt::docs),
        ddi.then(otahub_ddi::docs),
        pairing.then(otahub_pairing::docs),
    ];
    document(env!("CARGO_PKG_VERSION"), &told.into_iter().flatten().collect::<Vec<_>>())
}

/// Whether requests can be served: whether the database answers, or the hub in another process.
/// Then also how the message brokers are, without which the hub serves all else.
async fn ready(State(about): State<About>) -> impl IntoResponse {
    match about.upstream.ready().await {
        Ok(()) => {
            let brokers = about.brokers.get().map(crate::dmf::report).unwrap_or_default();
            (StatusCode::OK, format!("ready\n{brokers}"))
        }
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// Metrics in Prometheus' text format.
async fn metrics(State(about): State<About>) -> impl IntoResponse {
    if let Some(statements) = about.upstream.statements() {
        metrics::counter!("otahub_store_statements_total").absolute(statements);
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, about.metrics.render())
}
