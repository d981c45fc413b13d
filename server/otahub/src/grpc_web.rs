//! gRPC-Web: the services of the gRPC port, for browsers, on the ports for HTTP.
//!
//! Whatever is no such call goes its usual way. Browsers ask first whether a page of another
//! origin may call (CORS); those origins are a setting, and there are none without it.

use crate::rate_limit::{Limiter, limit};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, header};
use std::sync::Arc;
use std::time::Duration;
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer, ExposeHeaders};
use url::Url;

/// How the paths of the services begin that are served this way.
const SERVICES: [&str; 3] = ["/otahub.v1.", "/otahub.device.v1.", "/grpc.health.v1."];
/// How the media types of gRPC-Web begin.
const MEDIA_TYPE: &str = "application/grpc-web";
/// What a page may read of an answer's head: the outcome stands there if there is no message.
const EXPOSED: [HeaderName; 4] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    header::RETRY_AFTER,
];
/// For how long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// Any origin, as a setting.
const ANY: &str = "*";
/// How the names of rpcs begin that only read.
const READING: [&str; 4] = ["Get", "List", "Watch", "Download"];

/// The services of `public` for gRPC-Web, for pages of their own origin and of `origins`.
pub(crate) fn service(public: Router, origins: &[String], limiter: Option<Arc<Limiter>>) -> Router {
    let web = Router::new().fallback_service(GrpcWebLayer::new().layer(public));
    let web = match limiter {
        Some(limiter) => web.layer(from_fn_with_state(limiter, limit)),
        None => web,
    };
    web.layer(cors(origins))
}

fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.iter().any(|origin| origin == ANY) {
        AllowOrigin::any()
    } else {
        // what is no header's value was refused with the settings
        AllowOrigin::list(origins.iter().filter_map(|o| HeaderValue::from_str(o).ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        // metadata may have any name; cookies mean nothing to the hub
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(EXPOSED))
        .max_age(REMEMBERED)
}

/// Sends the calls of gRPC-Web to `web`, and what browsers ask before them.
pub(crate) async fn divert(State(web): State<Router>, request: Request, next: Next) -> Response {
    if is_concerned(&request) {
        return web.oneshot(request).await.into_response();
    }
    next.run(request).await
}

fn is_concerned(request: &Request) -> bool {
    let path = request.uri().path();
    if !SERVICES.iter().any(|service| path.starts_with(service)) {
        return false;
    }
    let is_web = |value: &HeaderValue| value.as_bytes().starts_with(MEDIA_TYPE.as_bytes());
    match *request.method() {
        Method::POST => request.headers().get(header::CONTENT_TYPE).is_some_and(is_web),
        Method::OPTIONS => request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
        _ => false,
    }
}

/// Whether a path is of a call that only reads.
pub(crate) fn is_reading(path: &str) -> bool {
    let rpc = path.rsplit('/').next().unwrap_or_default();
    SERVICES.iter().any(|service| path.starts_with(service))
        && READING.iter().any(|verb| rpc.starts_with(verb))
}

/// Refuses what is neither an origin, as browsers write them, nor `*`.
pub(crate) fn check(origins: &[String]) -> Result<(), String> {
    let is_origin = |text: &str| {
        Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
        })
    };
    match origins.iter().find(|origin| *origin != ANY && !is_origin(origin)) {
        Some(odd) => Err(format!("the web origin {odd:?} is not like https://ui.example.org")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        let checked = |origin: &str| check(&[origin.to_owned()]);
        for good in ["*", "https://ui.example.org", "http://localhost:5173"] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        for odd in ["ui.example.org", "https://ui.example.org/", "https://a/b", "null", "ftp://a"] {
            assert!(checked(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn calls_that_read_are_told_from_others() {
        assert!(is_reading("/otahub.v1.EventService/WatchEvents"));
        assert!(!is_reading("/otahub.v1.TargetService/CreateTarget"));
        assert!(!is_reading("/rest/v1/targets/GetAway"));
    }
}
