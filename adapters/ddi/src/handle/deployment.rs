//! Deployments and how they go.

use super::{Answer, done, read};
use crate::call::Call;
use crate::docs::FINDING;
use crate::docs::REPORT;
use crate::docs::history;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use crate::wire::deployment::DeploymentDocument;
use crate::wire::feedback::Feedback;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::{Deployment, GetDeploymentRequest, ReportFeedbackRequest};
use otahub_client::timestamp;
use otahub_rest::Representation;
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;
use std::sync::Arc;

/// GET `{base}/deploymentBase/{action}`.
pub(crate) async fn get(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let (action, history_size) = (call.number()?, call.history_size()?);
    let message = GetDeploymentRequest { device: call.device(), action, history_size };
    let found = call.hub().get_deployment(message).await.map_err(problem)?.into_inner();
    Ok(render(found, &call, representation))
}

/// A deployment under the key `deployment`.
pub(super) fn render(
    found: Deployment,
    call: &Call<'_>,
    representation: Representation,
) -> axum::response::Response {
    let mut found = found;
    let (id, history) = (found.action.to_string(), translate::history(found.history.take()));
    let deployment = translate::deployment(found, &call.links(), representation.format);
    let document = DeploymentDocument {
        id,
        deployment: Some(deployment),
        confirmation: None,
        action_history: history,
    };
    representation.render(StatusCode::OK, &document)
}

/// POST `{base}/deploymentBase/{action}/feedback`.
pub(crate) async fn feedback(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let action = call.number()?;
    let Feedback { timestamp: occurred, status } = read(&call, body).await?;
    let message = ReportFeedbackRequest {
        device: call.device(),
        action,
        outcome: translate::outcome(&status).into(),
        code: status.code.0,
        messages: status.details.0,
        occur_time: occurred.map(timestamp),
        request_id: String::new(),
        after_download: false,
        first_delivery: false,
        answer_with_order: false,
    };
    call.hub().report_feedback(message).await.map_err(problem)?;
    Ok(done())
}

pub(crate) fn docs() -> Vec<Operation> {
    let example = json!({
        "timestamp": 1_700_000_000_000_i64,
        "status": {
            "execution": "proceeding",
            "result": {"finished": "none", "progress": {"cnt": 1, "of": 2}},
            "code": 200,
            "details": ["half of it"],
        },
    });
    vec![
        told::get(
            "/deploymentBase/{actionId}",
            "getControllerDeploymentBaseAction",
            "What to install",
        )
        .asks(history())
        .gives::<DeploymentDocument>()
        .fails(FINDING)
        .fails_silently(StatusCode::NOT_FOUND),
        told::post(
            "/deploymentBase/{actionId}/feedback",
            "postDeploymentBaseActionFeedback",
            "Tells how an update goes, or how it ended",
        )
        .takes::<Feedback>(&[], example)
        .answers(StatusCode::OK)
        .fails(REPORT)
        .fails_silently(StatusCode::GONE),
    ]
}
