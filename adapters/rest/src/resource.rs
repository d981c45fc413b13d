//! What hawkBit says to methods and paths that are not served.

use crate::Problem;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};

/// Adds hawkBit's answers to the methods that a resource does not serve: 200 to OPTIONS, 405 to
/// others, both with `Allow`. `methods` names those that it does serve, e.g. `GET, POST`.
pub fn resource<S>(router: MethodRouter<S>, methods: &'static str) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let mut options = methods.replace("GET", "GET,HEAD").replace(' ', "");
    options.push_str(",OPTIONS");
    let refused = HeaderValue::from_static(methods);
    let asked = HeaderValue::from_str(&options).unwrap_or_else(|_| refused.clone());
    router.fallback(move |method: Method| {
        let (refused, asked) = (refused.clone(), asked.clone());
        async move {
            if method == Method::OPTIONS {
                return ([(ALLOW, asked)], ()).into_response();
            }
            Problem::generic(StatusCode::METHOD_NOT_ALLOWED)
                .with_header(ALLOW, refused)
                .into_response()
        }
    })
}

/// The answer to a path that nobody serves; a fallback handler.
pub async fn not_found() -> Response {
    Problem::generic(StatusCode::NOT_FOUND).into_response()
}
