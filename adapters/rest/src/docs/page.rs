//! The document and the page to read and try it, served from the binary: no other host is asked.

use super::Document;
use crate::{HttpSettings, Origin, finish};
use axum::extract::{Path, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use std::sync::Arc;
use utoipa_swagger_ui::Config;

/// What the page may load, and from where: only from here. It sets styles of its own and has its
/// icons as data.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// Where the document is, seen from the page: relative, so that a proxy's prefix is kept.
const DOCUMENT: &str = "../v3/api-docs";

#[derive(Clone)]
struct Pages {
    document: Arc<Document>,
    settings: Arc<HttpSettings>,
    config: Arc<Config<'static>>,
}

/// `/v3/api-docs` and `/swagger-ui`, for everybody, where hawkBit has them.
#[must_use = "a router does nothing until it is served"]
pub fn pages(document: Document, settings: Arc<HttpSettings>) -> Router {
    let config = Config::new([DOCUMENT]).validator_url("none").try_it_out_enabled(true);
    let pages = Pages { document: Arc::new(document), settings, config: Arc::new(config) };
    Router::new()
        .route("/v3/api-docs", get(as_json))
        .route("/v3/api-docs.yaml", get(as_yaml))
        .route("/v3/api-docs/swagger-config", get(swagger_config))
        .route("/swagger-ui.html", get(|| async { moved("swagger-ui/index.html") }))
        .route("/swagger-ui", get(|| async { moved("swagger-ui/index.html") }))
        .route("/swagger-ui/", get(|| async { moved("index.html") }))
        .route("/swagger-ui/{file}", get(file))
        .layer(from_fn(finish))
        .with_state(pages)
}

/// Relative, for the same reason as [`DOCUMENT`].
fn moved(to: &'static str) -> Response {
    (StatusCode::FOUND, [(LOCATION, to)]).into_response()
}

impl Pages {
    /// The document with the address that this request was sent to.
    fn document(&self, request: Request) -> Document {
        let (parts, _) = request.into_parts();
        self.document.at(Origin::of(&parts, &self.settings).base())
    }
}

async fn as_json(State(pages): State<Pages>, request: Request) -> Response {
    Json(pages.document(request)).into_response()
}

/// Every JSON document is one of YAML, too.
async fn as_yaml(State(pages): State<Pages>, request: Request) -> Response {
    let kind = [(CONTENT_TYPE, "application/vnd.oai.openapi")];
    (kind, pages.document(request).pretty()).into_response()
}

/// Where the document is, for pages of other makers.
async fn swagger_config(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let origin = Origin::of(&parts, &pages.settings);
    let prefix = http::Uri::try_from(origin.base());
    let prefix = prefix.as_ref().map_or("", |uri| uri.path().trim_end_matches('/'));
    Json(json!({
        "configUrl": format!("{prefix}/v3/api-docs/swagger-config"),
        "url": format!("{prefix}/v3/api-docs"),
        "validatorUrl": "",
    }))
    .into_response()
}

async fn file(State(pages): State<Pages>, Path(name): Path<String>) -> Response {
    let found = utoipa_swagger_ui::serve(&name, pages.config).ok().flatten();
    let Some(found) = found else {
        return crate::not_found().await;
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, [(CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::document;
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn asked(path: &str) -> (StatusCode, http::HeaderMap, String) {
        let router = pages(document("1", &[]), Arc::new(HttpSettings::default()));
        let request = Request::get(path)
            .header("host", "hub:8080")
            .header("x-forwarded-prefix", "/ota")
            .body(Body::empty())
            .unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[tokio::test]
    async fn the_document_names_the_address_that_was_asked() {
        for path in ["/v3/api-docs", "/v3/api-docs.yaml"] {
            let (status, _, text) = asked(path).await;
            let told: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(status, 200);
            assert_eq!(told["openapi"], "3.1.0");
            assert_eq!(told["servers"][0]["url"], "http://hub:8080/ota");
        }
        let (_, _, text) = asked("/v3/api-docs/swagger-config").await;
        assert!(text.contains("\"/ota/v3/api-docs\""), "{text}");
    }

    #[tokio::test]
    async fn the_page_comes_whole_from_here() {
        let (_, headers, _) = asked("/swagger-ui").await;
        assert_eq!(headers["location"], "swagger-ui/index.html");
        let (status, headers, page) = asked("/swagger-ui/index.html").await;
        assert_eq!(status, 200);
        assert!(
            headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
        );
        let links: Vec<_> = page.split(['"', '\'']).filter(|part| part.starts_with("./")).collect();
        assert!(links.len() > 4, "{page}");
        for link in links {
            let (status, _, text) = asked(&format!("/swagger-ui/{}", &link[2..])).await;
            assert!(status == 200 && !text.is_empty(), "{link}");
        }
        assert!(
            !page.contains("<script>") && !page.contains("http://") && !page.contains("https://")
        );
        let (_, _, script) = asked("/swagger-ui/swagger-initializer.js").await;
        assert!(script.contains("\"../v3/api-docs\"") && script.contains("\"none\""), "{script}");
        assert_eq!(asked("/swagger-ui/nothing.js").await.0, 404);
    }
}
