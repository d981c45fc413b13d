//! Which path is whose.

use crate::handle::{
    artifact, attributes, cancellation, confirmation, deployment, installed, poll,
};
use axum::routing::{MethodRouter, get, post, put};
use axum::{Router, middleware};
use otahub_client::HubClient;
use otahub_rest::{HttpSettings, resource};
use std::sync::Arc;

/// What every handler holds.
pub(crate) struct Api {
    pub(crate) hub: HubClient,
    pub(crate) settings: Arc<HttpSettings>,
}

type Routes = MethodRouter<Arc<Api>>;

/// Every resource of DDI below `/{tenant}/controller/v1/{controllerId}`. The listener should put
/// a [`otahub_rest::Peer`] into each request, and [`otahub_rest::not_found`] behind the router.
#[must_use = "a router does nothing until it is served"]
pub fn router(hub: HubClient, settings: Arc<HttpSettings>) -> Router {
    let resources: [(&str, Routes, &str); 15] = [
        ("", get(poll::poll), "GET"),
        ("/configData", put(attributes::update), "PUT"),
        ("/deploymentBase/{actionId}", get(deployment::get), "GET"),
        ("/deploymentBase/{actionId}/feedback", post(deployment::feedback), "POST"),
        ("/cancelAction/{actionId}", get(cancellation::get), "GET"),
        ("/cancelAction/{actionId}/feedback", post(cancellation::feedback), "POST"),
        ("/installedBase", put(installed::put), "PUT"),
        ("/installedBase/{actionId}", get(installed::get), "GET"),
        ("/confirmationBase", get(confirmation::get_state), "GET"),
        ("/confirmationBase/activateAutoConfirm", post(confirmation::activate), "POST"),
        ("/confirmationBase/deactivateAutoConfirm", post(confirmation::deactivate), "POST"),
        ("/confirmationBase/{actionId}", get(confirmation::get), "GET"),
        ("/confirmationBase/{actionId}/feedback", post(confirmation::feedback), "POST"),
        ("/softwaremodules/{softwareModuleId}/artifacts", get(artifact::list), "GET"),
        (
            "/softwaremodules/{softwareModuleId}/artifacts/{fileName}",
            get(artifact::download),
            "GET",
        ),
    ];
    let mut router = Router::new();
    for (path, routes, methods) in resources {
        let path = format!("/{{tenant}}/controller/v1/{{controllerId}}{path}");
        router = router.route(&path, resource(routes, methods));
    }
    router
        .layer(middleware::from_fn(otahub_rest::finish))
        .with_state(Arc::new(Api { hub, settings }))
}
