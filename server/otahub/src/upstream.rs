//! The hub that adapters serve: in this process, or in another.

use crate::remote::Remote;
use otahub_client::{HubChannel, HubClient};
use otahub_core::Hub;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt;

/// How long a hub in another process may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hub that adapters serve. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Upstream {
    /// In this process.
    Here(Hub),
    /// In another.
    There(Remote),
}

impl Upstream {
    /// Calls of it.
    pub(crate) fn client(&self) -> HubClient {
        match self {
            Self::Here(hub) => in_process(hub),
            Self::There(remote) => HubClient::new(remote.channel()),
        }
    }

    /// Whether requests can be served.
    ///
    /// # Errors
    /// What is in the way, for people.
    pub(crate) async fn ready(&self) -> Result<(), &'static str> {
        match self {
            Self::Here(hub) => hub.ping().await.map_err(|_| "the database does not answer"),
            Self::There(remote) => {
                let mut health = HealthClient::new(remote.channel());
                let asked = health.check(HealthCheckRequest::default());
                match tokio::time::timeout(PATIENCE, asked).await {
                    Ok(Ok(told)) if told.get_ref().status() == ServingStatus::Serving => Ok(()),
                    Ok(Ok(_)) => Err("the hub cannot serve"),
                    Ok(Err(_)) | Err(_) => Err("the hub does not answer"),
                }
            }
        }
    }

    /// How many statements the database got so far, as far as this process sends any.
    pub(crate) fn statements(&self) -> Option<u64> {
        match self {
            Self::Here(hub) => Some(hub.statements()),
            Self::There(_) => None,
        }
    }

    /// Ends all streams: their readers are told to resume elsewhere.
    pub(crate) fn end_streams(&self) {
        match self {
            Self::Here(hub) => hub.end_streams(),
            Self::There(_) => {}
        }
    }
}

/// A client of the hub in the same process.
#[must_use]
pub fn in_process(hub: &Hub) -> HubClient {
    let service = ServiceExt::<http::Request<tonic::body::Body>>::map_response(
        otahub_core::routes(hub),
        |response: axum::response::Response| response.map(tonic::body::Body::new),
    );
    HubClient::new(HubChannel::in_process(service))
}
