//! hawkBit's Management REST API (`/rest/v1`), as a thin adapter of the hub.
//!
//! A request is read as hawkBit reads it, becomes one or two calls of the hub's gRPC services with
//! the request's own credential, and their answer becomes hawkBit's JSON. No rule is kept here and
//! no state: what may be done, and what that means, is the hub's to say.
//!
//! `wire` is hawkBit's JSON, `translate` turns it into the hub's messages and back, `routes` joins
//! the two, `error` has hawkBit's word for each of the hub's refusals, `docs` tells
//! readers of it all.

mod body;
mod call;
mod docs;
mod error;
mod exception;
mod link;
mod query;
mod reply;
mod routes;
mod rsql;
mod sort;
mod translate;
mod wire;

pub use docs::docs;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use otahub_client::HubClient;
use otahub_rest::{HttpSettings, finish};
use std::sync::Arc;

/// Everything below `/rest/v1`, served by calling `hub`.
pub fn router(hub: HubClient, settings: Arc<HttpSettings>) -> Router {
    let served = routes::all()
        .layer(from_fn(require_credential))
        .layer(from_fn(finish))
        .with_state(call::App { hub, settings });
    Router::new().nest("/rest/v1", served)
}

/// hawkBit asks for a credential before anything else, also where nothing is served. Whether the
/// credential is a good one is the hub's to say.
async fn require_credential(request: Request, next: Next) -> Response {
    if request.headers().contains_key(AUTHORIZATION) {
        return next.run(request).await;
    }
    error::Fault::unauthenticated().into_response()
}
