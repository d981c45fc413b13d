//! One function a method of a resource.

pub(crate) mod artifact;
pub(crate) mod attributes;
pub(crate) mod cancellation;
pub(crate) mod confirmation;
pub(crate) mod deployment;
pub(crate) mod installed;
pub(crate) mod poll;

use crate::call::Call;
use axum::body::Body;
use axum::response::Response;
use otahub_rest::body::{RawBody, read_from, read_optional_from};
use otahub_rest::{Format, Problem};
use serde::de::DeserializeOwned;

/// What a handler answers.
type Answer = Result<Response, Problem>;

/// The forms that bodies come in.
const BODIES: &[Format] = &[Format::Json, Format::Cbor];

/// The body, which has to be there and be a `T`.
async fn read<T: DeserializeOwned>(call: &Call<'_>, body: Body) -> Result<T, Problem> {
    read_from(&call.parts.headers, body, BODIES, call.body_bytes_max()).await?.parse()
}

/// The body if there is one.
async fn read_any<T: DeserializeOwned>(call: &Call<'_>, body: Body) -> Result<Option<T>, Problem> {
    let headers = &call.parts.headers;
    let raw = read_optional_from(headers, body, BODIES, call.body_bytes_max()).await?;
    raw.as_ref().map(RawBody::parse).transpose()
}

/// 200 and nothing else: some devices take no other success.
fn done() -> Response {
    Response::new(Body::empty())
}
