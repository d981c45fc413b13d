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
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use otahub_rest::body::{RawBody, read, read_optional};
use otahub_rest::{Format, Problem};
use serde::de::DeserializeOwned;

/// What a handler answers.
type Answer = Result<Response, Problem>;

/// The forms that bodies come in.
const BODIES: &[Format] = &[Format::Json, Format::Cbor];

/// The body, which has to be there and be a `T`.
async fn read_body<T: DeserializeOwned>(call: &Call<'_>, body: Body) -> Result<T, Problem> {
    let request = again(call.parts, body);
    read(request, BODIES, call.body_bytes_max()).await?.parse()
}

/// The body if there is one.
async fn read_body_if_any<T>(call: &Call<'_>, body: Body) -> Result<Option<T>, Problem>
where
    T: DeserializeOwned,
{
    let request = again(call.parts, body);
    let raw = read_optional(request, BODIES, call.body_bytes_max()).await?;
    raw.as_ref().map(RawBody::parse).transpose()
}

fn again(_parts: &Parts, _body: Body) -> Request {
    todo!()
}

/// 200 and nothing else; devices take no other success.
fn done() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::OK;
    response
}
