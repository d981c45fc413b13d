//! Request bodies, and hawkBit's ways to refuse them.

use crate::{Format, Problem};
use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

/// How deep a CBOR body may nest; that of JSON is limited to 128 by its parser.
const CBOR_DEPTH_MAX: usize = 128;

/// A request body of an accepted media type, not read yet.
#[derive(Debug, Clone)]
pub struct RawBody {
    /// What form it is in.
    pub format: Format,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Reads the body if it is in one of `formats` and not above `bytes_max`.
///
/// # Errors
/// 415 for another or no content type, 413 for too long a body, 400 for a broken one.
pub async fn read(
    request: Request,
    formats: &[Format],
    bytes_max: usize,
) -> Result<RawBody, Problem> {
    let (parts, body) = request.into_parts();
    read_from(&parts.headers, body, formats, bytes_max).await
}

/// As [`read`], from a request that was taken apart.
///
/// # Errors
/// As [`read`].
pub async fn read_from(
    headers: &HeaderMap,
    body: Body,
    formats: &[Format],
    bytes_max: usize,
) -> Result<RawBody, Problem> {
    let format = format_of(headers, formats)?;
    let bytes = collect(body, bytes_max).await?;
    Ok(RawBody { format, bytes })
}

/// As [`read`], but a request without a body needs no content type and gives `None`.
///
/// # Errors
/// As [`read`].
pub async fn read_optional(
    request: Request,
    formats: &[Format],
    bytes_max: usize,
) -> Result<Option<RawBody>, Problem> {
    let (parts, body) = request.into_parts();
    read_optional_from(&parts.headers, body, formats, bytes_max).await
}

/// As [`read_optional`], from a request that was taken apart.
///
/// # Errors
/// As [`read`].
pub async fn read_optional_from(
    headers: &HeaderMap,
    body: Body,
    formats: &[Format],
    bytes_max: usize,
) -> Result<Option<RawBody>, Problem> {
    let bytes = collect(body, bytes_max).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let format = format_of(headers, formats)?;
    Ok(Some(RawBody { format, bytes }))
}

fn format_of(headers: &HeaderMap, formats: &[Format]) -> Result<Format, Problem> {
    headers
        .get(CONTENT_TYPE)
        .and_then(Format::of)
        .filter(|format| formats.contains(format))
        .ok_or_else(|| Problem::generic(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::generic(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(_) => Err(Problem::not_readable("the request body broke off")),
    }
}

impl RawBody {
    /// The body as a `T`.
    ///
    /// # Errors
    /// 400 `rest.body.notReadable` if it is none.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        match self.format {
            Format::HalJson | Format::Json => {
                serde_json::from_slice(&self.bytes).map_err(|e| unreadable(&e))
            }
            Format::Cbor => {
                let bytes = self.bytes.as_ref();
                ciborium::de::from_reader_with_recursion_limit(bytes, CBOR_DEPTH_MAX)
                    .map_err(|e| unreadable(&e))
            }
        }
    }
}

fn unreadable(error: &impl std::fmt::Display) -> Problem {
    Problem::not_readable(format!("the request body is not readable: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const BOTH: &[Format] = &[Format::Json, Format::Cbor];

    fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request {
        let mut builder = http::Request::post("/");
        if let Some(content_type) = content_type {
            builder = builder.header(CONTENT_TYPE, content_type);
        }
        builder.body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn content_types_are_judged_without_their_parameters() {
        for (content_type, expected) in [
            (Some("application/json"), Some(Format::Json)),
            (Some("Application/JSON; charset=UTF-8"), Some(Format::Json)),
            (Some("application/cbor"), Some(Format::Cbor)),
            (Some("application/hal+json"), None),
            (Some("text/plain"), None),
            (Some("nonsense"), None),
            (None, None),
        ] {
            let read = read(request(content_type, "{}"), BOTH, 100).await;
            match expected {
                Some(format) => assert_eq!(read.unwrap().format, format),
                None => assert_eq!(read.unwrap_err().status(), 415, "{content_type:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        let json = Some("application/json");
        assert!(read(request(json, "[1,2]"), BOTH, 5).await.is_ok());
        assert_eq!(read(request(json, "[1,22]"), BOTH, 5).await.unwrap_err().status(), 413);
    }

    #[tokio::test]
    async fn an_optional_body_needs_a_content_type_only_if_there_is_one() {
        assert!(read_optional(request(None, ""), BOTH, 5).await.unwrap().is_none());
        assert_eq!(read_optional(request(None, "{}"), BOTH, 5).await.unwrap_err().status(), 415);
    }

    #[test]
    fn broken_deep_and_control_ridden_bodies_are_not_readable() {
        let deep_json = "[".repeat(100_000);
        let cases: Vec<(Format, Vec<u8>)> = vec![
            (Format::Json, b"{oops".to_vec()),
            (Format::Json, Vec::new()),
            (Format::Json, b"{\"a\":\"line\nbreak\"}".to_vec()),
            (Format::Json, deep_json.into_bytes()),
            (Format::Cbor, vec![0x81; 100_000]),
            (Format::Cbor, vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ];
        for (format, bytes) in cases {
            let body = RawBody { format, bytes: bytes.into() };
            let problem = body.parse::<Value>().unwrap_err();
            assert_eq!(problem.kind(), Some(crate::Exception::NOT_READABLE));
        }
    }
}
