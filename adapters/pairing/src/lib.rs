//! Astarte's pairing API: how a device on its SDK comes by its secret, the broker's address and
//! a certificate, translated to the hub's `PairingService`.
//!
//! It is served below `/pairing`; a device's `pairing_url` is that. What a broker has to know of
//! the hub's authority is there, too: `/pairing/ca.pem` and `/pairing/crl.pem`.

mod answer;
mod call;
mod docs;
mod handle;

pub use docs::docs;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use otahub_client::HubClient;
use otahub_rest::HttpSettings;
use std::sync::Arc;
use url::Url;

/// The most bytes of a request.
const BODY_MAX: usize = 64 << 10;

/// What every call works with.
#[derive(Clone)]
struct Context {
    hub: HubClient,
    settings: Arc<HttpSettings>,
    broker: Arc<Url>,
}

/// The pairing API of the hub behind `hub`; devices are sent to `broker`, which names a port.
pub fn router(hub: HubClient, settings: Arc<HttpSettings>, broker: Url) -> Router {
    const DEVICE: &str = "/v1/{realm}/devices/{device}";
    const CREDENTIALS: &str = "/protocols/astarte_mqtt_v1/credentials";
    let api = Router::new()
        .route("/v1/{realm}/agent/devices", post(handle::register))
        .route("/v1/{realm}/agent/devices/{device}", delete(handle::unregister))
        .route(DEVICE, get(handle::info))
        .route(&format!("{DEVICE}{CREDENTIALS}"), post(handle::credentials))
        .route(&format!("{DEVICE}{CREDENTIALS}/verify"), post(handle::verify))
        .route("/v1/{realm}/version", get(handle::version))
        .route("/v1/{realm}/health", get(handle::health))
        .route("/version", get(handle::version))
        .route("/ca.pem", get(handle::authority))
        .route("/crl.pem", get(handle::revocations))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Context { hub, settings, broker: Arc::new(broker) });
    Router::new().nest("/pairing", api)
}
