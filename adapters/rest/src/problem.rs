//! An answer that is not the one the client asked for.

use crate::Exception;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use otahub_client::{HubError, Reason};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use tonic::Code;
use utoipa::ToSchema;

/// An answer that is not the one the client asked for.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    body: Content,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Clone)]
enum Content {
    Empty,
    Generic,
    Exception { kind: Exception, message: Option<Cow<'static, str>>, info: Option<Info> },
}

/// Marks an answer whose media type is still to be chosen by the request's `Accept`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Negotiable;

/// What is wrong: `errorCode` is what programs go by.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExceptionInfo<'a> {
    error_code: &'static str,
    exception_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<&'a Info>,
}

/// Which entity it is about; `entityId` is a number, a text or a list of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    r#type: String,
    entity_id: Value,
}

/// What is wrong before the request means anything: its address, form or credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct RouterError {
    timestamp: String,
    status: u16,
    error: &'static str,
}

impl Problem {
    /// A status and nothing else.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::new(status, Content::Empty)
    }

    /// What the router itself says: `{timestamp, status, error}`.
    #[must_use]
    pub fn generic(status: StatusCode) -> Self {
        Self::new(status, Content::Generic)
    }

    /// hawkBit's `ExceptionInfo` with a text for people.
    #[must_use]
    pub fn exception(kind: Exception, message: impl Into<Cow<'static, str>>) -> Self {
        let content = Content::Exception { kind, message: Some(message.into()), info: None };
        Self::new(kind.status, content)
    }

    /// hawkBit's `ExceptionInfo` without a text.
    #[must_use]
    pub fn wordless(kind: Exception) -> Self {
        Self::new(kind.status, Content::Exception { kind, message: None, info: None })
    }

    /// 400 for a body, or a part of the path, that cannot be read.
    #[must_use]
    pub fn not_readable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::exception(Exception::NOT_READABLE, message)
    }

    /// hawkBit's `ExceptionInfo` with the hub's own words.
    #[must_use]
    pub fn of(kind: Exception, error: &HubError) -> Self {
        Self::exception(kind, error.message.clone())
    }

    /// 404 for an entity that the hub did not find; `info` only where hawkBit gives it.
    #[must_use]
    pub fn entity_not_found(error: &HubError) -> Self {
        let problem = Self::of(Exception::ENTITY_NOT_FOUND, error);
        match (error.reason, error.detail("type"), error.detail("id")) {
            (Reason::NotFound, Some(kind), Some(id)) => {
                let number = (kind != "Target").then(|| id.parse::<i64>().ok()).flatten();
                problem.with_info(kind, number.map_or_else(|| Value::from(id), Value::from))
            }
            _ => problem,
        }
    }

    /// 503 with the wish to come again.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::generic(StatusCode::SERVICE_UNAVAILABLE)
            .with_header(RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// What to say when the hub gives a reason that this adapter does not know yet.
    #[must_use]
    pub fn from_code(error: &HubError) -> Self {
        match error.code {
            Code::Unauthenticated => Self::empty(StatusCode::UNAUTHORIZED),
            Code::PermissionDenied => Self::of(Exception::INSUFFICIENT_PERMISSION, error),
            Code::NotFound => Self::of(Exception::ENTITY_NOT_FOUND, error),
            Code::AlreadyExists => Self::of(Exception::ALREADY_EXISTS, error),
            Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => {
                Self::of(Exception::CONSTRAINT_VIOLATION, error)
            }
            Code::Aborted => Self::of(Exception::CONCURRENT_MODIFICATION, error),
            Code::ResourceExhausted => Self::of(Exception::QUOTA_EXCEEDED, error),
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Self::unavailable(),
            Code::Unimplemented => Self::generic(StatusCode::NOT_IMPLEMENTED),
            Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => {
                Self::exception(Exception::GENERIC, "an internal error occurred")
            }
        }
    }

    /// Says which entity it is about.
    #[must_use]
    pub fn with_info(mut self, entity_type: &str, entity: Value) -> Self {
        if let Content::Exception { info, .. } = &mut self.0.body {
            *info = Some(Info { r#type: entity_type.to_owned(), entity_id: entity });
        }
        self
    }

    /// Adds the one further header that an error carries, e.g. `Allow`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Its kind, if it is one of hawkBit's.
    #[must_use]
    pub fn kind(&self) -> Option<Exception> {
        match &self.0.body {
            Content::Exception { kind, .. } => Some(*kind),
            Content::Empty | Content::Generic => None,
        }
    }

    fn new(status: StatusCode, body: Content) -> Self {
        Self(Box::new(Inner { status, body, header: None }))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { status, body, header } = *self.0;
        let mut response = match &body {
            Content::Empty => Body::empty().into_response(),
            Content::Generic => json("application/json", &generic(status)),
            Content::Exception { kind, message, info } => {
                let mut response = json(
                    "application/hal+json",
                    &ExceptionInfo {
                        error_code: kind.key,
                        exception_class: format!("{}.{}", kind.package, kind.class),
                        message: message.as_deref(),
                        info: info.as_ref(),
                    },
                );
                response.extensions_mut().insert(Negotiable);
                response
            }
        };
        *response.status_mut() = status;
        response.headers_mut().extend(header);
        response
    }
}

fn json(media_type: &'static str, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

#[expect(clippy::disallowed_methods, reason = "stamps an error page; nothing is decided by it")]
fn generic(status: StatusCode) -> RouterError {
    RouterError {
        timestamp: humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string(),
        status: status.as_u16(),
        error: status.canonical_reason().unwrap_or("Error"),
    }
}
