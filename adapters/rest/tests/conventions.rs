//! The middleware and the resources together, as an adapter mounts them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use axum::http::{Method, Request, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use http_body_util::BodyExt;
use otahub_rest::{Exception, Format, Problem, Representation, Untagged};
use serde_json::{Value, json};
use tower::ServiceExt;

fn router() -> Router {
    let document =
        || async { Representation::plain(Format::Json).render(StatusCode::OK, &json!({"a": 1})) };
    let problem = || async { Problem::exception(Exception::ENTITY_NOT_FOUND, "no such thing") };
    let untagged = || async {
        let mut response = "x".into_response();
        response.extensions_mut().insert(Untagged);
        response
    };
    Router::new()
        .route("/document", otahub_rest::resource(get(document).post(document), "GET, POST"))
        .route("/problem", otahub_rest::resource(get(problem), "GET"))
        .route("/untagged", get(untagged))
        .fallback(otahub_rest::not_found)
        .layer(middleware::from_fn(otahub_rest::finish))
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

async fn send(method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

#[tokio::test]
async fn a_document_is_tagged_and_known_ones_are_not_sent_again() {
    let first = send(Method::GET, "/document", &[]).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!((first.status, tag.len()), (StatusCode::OK, 35));
    let again = send(Method::GET, "/document", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.headers["etag"], tag);
    assert!(!again.headers.contains_key("content-type"));
    assert!(!again.headers.contains_key("content-length"));
    let any = send(Method::GET, "/document", &[("if-none-match", "*")]).await;
    assert_eq!(any.status, StatusCode::OK);
}

#[tokio::test]
async fn only_gets_of_documents_are_tagged() {
    for (method, path) in [
        (Method::HEAD, "/document"),
        (Method::POST, "/document"),
        (Method::GET, "/untagged"),
        (Method::GET, "/problem"),
    ] {
        assert!(!send(method, path, &[]).await.headers.contains_key("etag"));
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for path in ["/document", "/problem", "/nowhere", "/a;b"] {
        let answer = send(Method::GET, path, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-xss-protection", "0"),
            ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("pragma", "no-cache"),
            ("expires", "0"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
    }
}

#[tokio::test]
async fn an_error_comes_in_the_media_type_that_was_asked_for() {
    for (accept, expected) in [
        ("application/hal+json, application/json, */*", "application/hal+json"),
        ("application/json;charset=UTF-8", "application/json;charset=UTF-8"),
        ("application/octet-stream", "application/json"),
    ] {
        let answer = send(Method::GET, "/problem", &[("accept", accept)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.headers["content-type"], expected);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            body,
            json!({
                "errorCode": "hawkbit.server.error.repo.entityNotFound",
                "exceptionClass":
                    "org.eclipse.hawkbit.repository.exception.EntityNotFoundException",
                "message": "no such thing",
            })
        );
    }
}

#[tokio::test]
async fn methods_that_are_not_served_are_told_which_are() {
    let refused = send(Method::PATCH, "/document", &[]).await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.headers["allow"], "GET, POST");
    let body: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!((&body["status"], &body["error"]), (&json!(405), &json!("Method Not Allowed")));
    let refused = send(Method::DELETE, "/problem", &[]).await;
    assert_eq!(refused.headers["allow"], "GET");
    let asked = send(Method::OPTIONS, "/problem", &[]).await;
    assert_eq!((asked.status, asked.body.len()), (StatusCode::OK, 0));
    assert_eq!(asked.headers["allow"], "GET,HEAD,OPTIONS");
}

#[tokio::test]
async fn paths_that_nobody_serves_and_paths_that_are_refused_say_so() {
    let body = |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).unwrap();
    let missing = send(Method::GET, "/nowhere", &[]).await;
    assert_eq!((missing.status, &body(&missing)["status"]), (StatusCode::NOT_FOUND, &json!(404)));
    let refused = send(Method::GET, "/document%2F", &[]).await;
    assert_eq!((refused.status, &body(&refused)["status"]), (StatusCode::BAD_REQUEST, &json!(400)));
}
