//! What happens to every call, whether it comes over a socket or from the same process.

mod audited;
mod whole;

pub(crate) use audited::audited;
pub(crate) use whole::only_whole;

use crate::status::not_implemented;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use otahub_proto::metadata::INTERNAL_PREFIX;
use std::time::Duration;
use tonic::Status;

/// The longest that a call may take if the caller does not say. Streams of artifacts end
/// whenever their caller goes; only the time to the first answer counts.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// Calls that take in a stream may last as long as their bytes come.
const STREAMING: [&str; 1] = ["/otahub.v1.SoftwareService/UploadArtifact"];

/// gRPC's code for what is not served.
const UNIMPLEMENTED: &str = "12";

/// Ends a call with DEADLINE_EXCEEDED when its `grpc-timeout` is over.
pub(crate) async fn deadline(request: Request, next: Next) -> Response {
    let asked = request.headers().get("grpc-timeout").and_then(|v| v.to_str().ok());
    let limit = match asked.and_then(timeout) {
        Some(limit) => limit,
        None if STREAMING.contains(&request.uri().path()) => return next.run(request).await,
        None => TIMEOUT_DEFAULT,
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Status::deadline_exceeded("the call took too long")
            .into_http::<axum::body::Body>()
            .into_response(),
    }
}

/// What a call gets that no service answers.
pub(crate) async fn not_served() -> Response {
    not_implemented("this call").into_http::<axum::body::Body>().into_response()
}

/// Counts calls by method and outcome, and how long they took.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let mut method = request.uri().path().to_owned();
    let begun = tokio::time::Instant::now();
    let response = next.run(request).await;
    let code = response.headers().get("grpc-status").and_then(|v| v.to_str().ok()).unwrap_or("0");
    if code == UNIMPLEMENTED {
        // strangers can make up as many of these as they like
        method = "unknown".to_owned();
    }
    metrics::counter!("otahub_calls_total", "method" => method.clone(), "code" => code.to_owned())
        .increment(1);
    metrics::histogram!("otahub_call_seconds", "method" => method)
        .record(begun.elapsed().as_secs_f64());
    response
}

/// Removes the metadata that only adapters may send.
pub(crate) async fn strip_internal(mut request: Request, next: Next) -> Response {
    let internal: Vec<_> = request
        .headers()
        .keys()
        .filter(|name| name.as_str().starts_with(INTERNAL_PREFIX))
        .cloned()
        .collect();
    for name in internal {
        request.headers_mut().remove(name);
    }
    next.run(request).await
}

/// A `grpc-timeout`: at most eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count.saturating_mul(3600)),
        "M" => Duration::from_secs(count.saturating_mul(60)),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_as_the_grpc_specification_says() {
        assert_eq!(timeout("200m"), Some(Duration::from_millis(200)));
        assert_eq!(timeout("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(timeout("123456789S"), None);
        assert_eq!(timeout("S"), None);
        assert_eq!(timeout(""), None);
        assert_eq!(timeout("5x"), None);
    }
}
