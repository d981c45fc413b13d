//! gRPC's health check, for adapters and for probes of them: as ready as the hub is.

use crate::upstream::Upstream;
use axum::Router;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// How often it is looked for whoever watches.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The service of gRPC's health check; who watches is let go with `stop`.
pub(crate) fn health(upstream: Upstream, stop: CancellationToken) -> Router {
    let service = HealthServer::new(Told { upstream, stop });
    // what is not served is answered by what this is merged with
    Routes::new(service).prepare().into_axum_router().reset_fallback()
}

#[derive(Clone)]
struct Told {
    upstream: Upstream,
    stop: CancellationToken,
}

impl Told {
    async fn now(&self) -> HealthCheckResponse {
        let status = match self.upstream.ready().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        HealthCheckResponse { status: status.into() }
    }
}

#[tonic::async_trait]
impl Health for Told {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !request.get_ref().service.is_empty() {
            return Err(Status::not_found("only the process as a whole has a state"));
        }
        Ok(Response::new(self.now().await))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        if !request.get_ref().service.is_empty() {
            let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
            let only = futures::stream::iter([Ok(unknown)]).chain(futures::stream::pending());
            let stop = self.stop.clone().cancelled_owned();
            return Ok(Response::new(only.take_until(stop).boxed()));
        }
        let told = self.clone();
        let changes = futures::stream::unfold(None, move |last| {
            let told = told.clone();
            async move {
                let changed = async {
                    loop {
                        let now = told.now().await;
                        if last != Some(now.status) {
                            return now;
                        }
                        tokio::time::sleep(LOOK_EVERY).await;
                    }
                };
                let now = told.stop.run_until_cancelled(changed).await?;
                Some((Ok(now), Some(now.status)))
            }
        });
        Ok(Response::new(changes.boxed()))
    }
}
