//! Answers, in the representation that the request accepts.

use crate::error::Fault;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use otahub_rest::{Format, Representation, negotiate};
use serde::Serialize;

/// What a handler answers.
pub(crate) type Reply = Result<Response, Fault>;

/// An answer to be: `application/hal+json` unless the request accepts `application/json` only.
/// The document is the same in both.
#[derive(Debug)]
pub(crate) struct Answer(Representation);

/// As [`Answer`], where hawkBit gives `application/json` only.
#[derive(Debug)]
pub(crate) struct JsonAnswer(pub(crate) Answer);

/// As [`Answer`], where hawkBit prefers `application/json`.
#[derive(Debug)]
pub(crate) struct JsonFirstAnswer(pub(crate) Answer);

impl Answer {
    fn among(parts: &Parts, offered: &[Format]) -> Result<Self, Fault> {
        Ok(Self(negotiate(&parts.headers, offered)?))
    }

    /// 200 with a document.
    pub(crate) fn ok(self, document: &impl Serialize) -> Reply {
        Ok(self.0.render(StatusCode::OK, document))
    }

    /// 201 with a document.
    pub(crate) fn created(self, document: &impl Serialize) -> Reply {
        Ok(self.0.render(StatusCode::CREATED, document))
    }
}

impl<S: Sync> FromRequestParts<S> for Answer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Self::among(parts, &[Format::HalJson, Format::Json])
    }
}

impl<S: Sync> FromRequestParts<S> for JsonAnswer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Answer::among(parts, &[Format::Json]).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for JsonFirstAnswer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Answer::among(parts, &[Format::Json, Format::HalJson]).map(Self)
    }
}

/// 201 without a document.
pub(crate) fn created_empty() -> Response {
    StatusCode::CREATED.into_response()
}

/// 204.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
