//! What tonic itself costs: one call that gives the same answer each time, and nothing else.

use futures::future::{BoxFuture, Ready, ready};
use otahub_client::device::{PollRequest, PollResponse};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Answers every call as an idle poll.
#[derive(Clone)]
struct Bare;

impl UnaryService<PollRequest> for Bare {
    type Response = PollResponse;
    type Future = Ready<Result<Response<PollResponse>, Status>>;

    fn call(&mut self, _: Request<PollRequest>) -> Self::Future {
        ready(Ok(Response::new(PollResponse::default())))
    }
}

impl NamedService for Bare {
    const NAME: &'static str = "otahub.device.v1.DeviceService";
}

impl tower::Service<http::Request<Body>> for Bare {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec = ProstCodec::<PollResponse, PollRequest>::default();
            Ok(Grpc::new(codec).unary(Bare, request).await)
        })
    }
}

/// Serves until the process is killed.
pub(crate) async fn serve(address: SocketAddr) {
    let server = Server::builder().tcp_nodelay(true).add_service(Bare);
    let serving = server.serve(address);
    println!("ready");
    serving.await.expect("the port is free");
}
