//! Answers as Astarte writes them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use otahub_client::{HubError, Reason};
use serde::Serialize;
use serde_json::json;
use tonic::Status;

/// What a call answers: a status with what is wrapped in `data`, or a refusal.
pub(crate) type Answer = Result<Response, Refusal>;

/// Why a call is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    detail: String,
}

impl Refusal {
    /// No credential was shown.
    pub(crate) fn unauthorized() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, detail: "Unauthorized".to_owned() }
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, detail: detail.to_owned() }
    }

    /// What was sent is of no use.
    pub(crate) fn unprocessable(detail: String) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let error = HubError::from(status);
        let (status, detail) = match error.reason {
            Reason::Unauthenticated => (StatusCode::FORBIDDEN, "Forbidden".to_owned()),
            Reason::AlreadyExists => {
                (StatusCode::UNPROCESSABLE_ENTITY, "Device already registered".to_owned())
            }
            Reason::InvalidField => (StatusCode::UNPROCESSABLE_ENTITY, error.message),
            _ if error.is_transient() => {
                (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable".to_owned())
            }
            _ => {
                tracing::debug!(%error, "a call on pairing failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error".to_owned())
            }
        };
        Self { status, detail }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"errors": {"detail": self.detail}}))).into_response()
    }
}

/// An answer with something in it.
pub(crate) fn data(status: StatusCode, data: impl Serialize) -> Response {
    (status, Json(json!({"data": data}))).into_response()
}
