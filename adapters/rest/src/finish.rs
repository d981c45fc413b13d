//! What every request and answer of hawkBit's HTTP interfaces has in common; one middleware.

use crate::problem::Negotiable;
use crate::{Format, Problem, etag, negotiate};
use axum::body::HttpBody;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, ACCEPT, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// In an answer's extensions: it gets no ETag.
#[derive(Debug, Clone, Copy)]
pub struct Untagged;

const SECURITY: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_XSS_PROTECTION, HeaderValue::from_static("0")),
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store, max-age=0, must-revalidate"),
    ),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
    (header::EXPIRES, HeaderValue::from_static("0")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Refuses paths that hawkBit's firewall refuses; adds the security headers; gives documents
/// (GET, 2xx, of known length, without an ETag of their own, not [`Untagged`]) an ETag and answers
/// `If-None-Match`; gives errors the media type that `Accept` asks for. Meant for
/// `axum::middleware::from_fn`.
pub async fn finish(request: Request, next: Next) -> Response {
    if is_refused(request.uri().path()) {
        return secured(Problem::generic(StatusCode::BAD_REQUEST).into_response());
    }
    let is_get = request.method() == Method::GET;
    let if_none_match = request.headers().get(IF_NONE_MATCH).cloned();
    let accept = request.headers().get(ACCEPT).cloned();
    let mut response = next.run(request).await;
    if response.extensions().get::<Negotiable>().is_some() {
        response.headers_mut().insert(CONTENT_TYPE, error_type(accept));
    }
    if is_get && is_document(&response) {
        response = etag::tag(response, if_none_match.as_ref()).await;
    }
    secured(response)
}

fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.reserve(SECURITY.len());
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(value);
    }
    response
}

fn is_document(response: &Response) -> bool {
    response.status().is_success()
        && !response.headers().contains_key(ETAG)
        && response.extensions().get::<Untagged>().is_none()
        && response.body().size_hint().exact().is_some()
}

/// The media type of an error: one of the JSON ones if the client takes any, else plain JSON.
fn error_type(accept: Option<HeaderValue>) -> HeaderValue {
    let headers: HeaderMap = accept.map(|value| (ACCEPT, value)).into_iter().collect();
    negotiate(&headers, &[Format::HalJson, Format::Json])
        .map_or(HeaderValue::from_static("application/json"), |found| found.content_type)
}

/// Encoded slashes, backslashes, percent signs and semicolons, and plain ones of the last three
/// that have no business in a path; control characters; empty and dot segments.
fn is_refused(path: &str) -> bool {
    let bytes = path.as_bytes();
    let is_segment_bad = |s: &[u8]| s == b"." || s == b"..";
    bytes.windows(2).any(|pair| pair == b"//")
        || bytes.split(|b| *b == b'/').any(is_segment_bad)
        || bytes.iter().enumerate().any(|(at, byte)| match byte {
            b';' | b'\\' => true,
            b'%' => bytes.get(at + 1..at + 3).is_none_or(is_code_refused),
            _ => false,
        })
}

fn is_code_refused(code: &[u8]) -> bool {
    let mut byte = [0];
    hex::decode_to_slice(code, &mut byte).is_err()
        || matches!(byte[0], b'/' | b'\\' | b'%' | b';' | 0..=0x1f | 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_that_hawkbit_refuses_are_refused() {
        for path in [
            "/a%2Fb", "/a%2fb", "/a%25b", "/a%5Cb", "/a\\b", "/a;b", "/a%3bb", "/a%00", "/a%0a",
            "//a", "/a/../b", "/a/./b", "/a%", "/a%2", "/a%zz",
        ] {
            assert!(is_refused(path), "{path}");
        }
        for path in ["/", "/a/b", "/a%20b", "/a+b", "/a.b/..c", "/%C3%A4", "/a:b@c,d=e"] {
            assert!(!is_refused(path), "{path}");
        }
    }
}
