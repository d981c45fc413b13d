//! Cancellations and how they go.

use super::{Answer, done, read};
use crate::call::Call;
use crate::docs::FINDING;
use crate::docs::REPORT;
use crate::error::{no_cancellation, problem};
use crate::routes::Api;
use crate::translate;
use crate::wire::feedback::Feedback;
use crate::wire::poll::CancelDocument;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::{GetCancellationRequest, ReportCancellationRequest};
use otahub_client::timestamp;
use otahub_rest::Exception;
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;
use std::sync::Arc;

/// GET `{base}/cancelAction/{action}`.
pub(crate) async fn get(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let message = GetCancellationRequest { device: call.device(), action: call.number()? };
    let found = call.hub().get_cancellation(message).await.map_err(no_cancellation)?.into_inner();
    Ok(representation.render(StatusCode::OK, &translate::cancellation(&found)))
}

/// POST `{base}/cancelAction/{action}/feedback`.
pub(crate) async fn feedback(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let action = call.number()?;
    let Feedback { timestamp: occurred, status } = read(&call, body).await?;
    let outcome = translate::cancel_outcome(&status);
    let message = ReportCancellationRequest {
        device: call.device(),
        action,
        outcome: outcome.into(),
        code: status.code.0,
        messages: translate::cancel_messages(outcome, status.details.0),
        occur_time: occurred.map(timestamp),
        request_id: String::new(),
    };
    call.hub().report_cancellation(message).await.map_err(problem)?;
    Ok(done())
}

pub(crate) fn docs() -> Vec<Operation> {
    let example = json!({"status": {"execution": "closed", "result": {"finished": "success"}}});
    vec![
        told::get("/cancelAction/{actionId}", "getControllerCancelAction", "What to stop")
            .gives::<CancelDocument>()
            .fails(FINDING)
            .fails_silently(StatusCode::NOT_FOUND),
        told::post(
            "/cancelAction/{actionId}/feedback",
            "postCancelActionFeedback",
            "Tells whether the update was stopped",
        )
        .takes::<Feedback>(&[], example)
        .answers(StatusCode::OK)
        .fails(REPORT)
        .fails(&[Exception::NOT_CANCELABLE])
        .fails_silently(StatusCode::GONE),
    ]
}
