//! Consent: for one action, and standing.

use super::{Answer, done, read, read_any};
use crate::call::Call;
use crate::docs::FINDING;
use crate::docs::REPORT;
use crate::docs::history;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use crate::wire::confirmation::ConfirmationFeedback;
use crate::wire::confirmation::ConfirmationState;
use crate::wire::deployment::DeploymentDocument;
use crate::wire::report::Activation;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::{
    ActivateAutoConfirmationRequest, DeactivateAutoConfirmationRequest, GetAutoConfirmationRequest,
    GetConfirmationRequest, ReportConfirmationRequest,
};
use otahub_rest::Exception;
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;
use std::sync::Arc;

/// GET `{base}/confirmationBase`.
pub(crate) async fn get_state(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let message = GetAutoConfirmationRequest { device: call.device() };
    let state = call.hub().get_auto_confirmation(message).await.map_err(problem)?.into_inner();
    let document = translate::confirmation_state(state, &call.links(), representation.format);
    Ok(representation.render(StatusCode::OK, &document))
}

/// GET `{base}/confirmationBase/{action}`.
pub(crate) async fn get(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let (action, history_size) = (call.number()?, call.history_size()?);
    let message = GetConfirmationRequest { device: call.device(), action, history_size };
    let mut found = call.hub().get_confirmation(message).await.map_err(problem)?.into_inner();
    let history = translate::history(found.history.take());
    let id = found.action.to_string();
    let deployment = translate::deployment(found, &call.links(), representation.format);
    let document = DeploymentDocument {
        id,
        deployment: None,
        confirmation: Some(deployment),
        action_history: history,
    };
    Ok(representation.render(StatusCode::OK, &document))
}

/// POST `{base}/confirmationBase/{action}/feedback`.
pub(crate) async fn feedback(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let action = call.number()?;
    let ConfirmationFeedback { confirmation, code, details } = read(&call, body).await?;
    let message = ReportConfirmationRequest {
        device: call.device(),
        action,
        consent: translate::consent(confirmation).into(),
        code,
        messages: details,
        request_id: String::new(),
    };
    call.hub().report_confirmation(message).await.map_err(problem)?;
    Ok(done())
}

/// POST `{base}/confirmationBase/activateAutoConfirm`.
pub(crate) async fn activate(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let Activation { initiator, remark } = read_any(&call, body).await?.unwrap_or_default();
    let message = ActivateAutoConfirmationRequest {
        device: call.device(),
        initiator: initiator.unwrap_or_default(),
        remark: remark.unwrap_or_default(),
    };
    call.hub().activate_auto_confirmation(message).await.map_err(problem)?;
    Ok(done())
}

/// POST `{base}/confirmationBase/deactivateAutoConfirm`. A body is not looked at.
pub(crate) async fn deactivate(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let message = DeactivateAutoConfirmationRequest { device: call.device() };
    call.hub().deactivate_auto_confirmation(message).await.map_err(problem)?;
    Ok(done())
}

pub(crate) fn docs() -> Vec<Operation> {
    let consent = json!({"initiator": "Ada", "remark": "for this summer"});
    let answer = json!({"confirmation": "confirmed", "code": 200, "details": ["at the display"]});
    vec![
        told::get("/confirmationBase", "getConfirmationBase", "Whether updates are confirmed")
            .gives::<ConfirmationState>(),
        told::post(
            "/confirmationBase/activateAutoConfirm",
            "activateAutoConfirmation",
            "Confirms all updates from now on",
        )
        .takes::<Activation>(&[], consent)
        .or_nothing()
        .answers(StatusCode::OK)
        .fails(REPORT)
        .fails(&[Exception::AUTO_CONFIRM_ACTIVE]),
        told::post(
            "/confirmationBase/deactivateAutoConfirm",
            "deactivateAutoConfirmation",
            "Asks for each update again",
        )
        .answers(StatusCode::OK)
        .fails(REPORT),
        told::get("/confirmationBase/{actionId}", "getConfirmationBaseAction", "What to confirm")
            .asks(history())
            .gives::<DeploymentDocument>()
            .fails(FINDING)
            .fails_silently(StatusCode::NOT_FOUND),
        told::post(
            "/confirmationBase/{actionId}/feedback",
            "postConfirmationActionFeedback",
            "Confirms or denies an update",
        )
        .takes::<ConfirmationFeedback>(&[], answer)
        .answers(StatusCode::OK)
        .fails(REPORT)
        .fails_silently(StatusCode::NOT_FOUND)
        .fails_silently(StatusCode::GONE),
    ]
}
