//! What is installed.

use super::{Answer, deployment, done, read};
use crate::call::Call;
use crate::docs::FINDING;
use crate::docs::REPORT;
use crate::docs::history;
use crate::error::{problem, unknown_set};
use crate::routes::Api;
use crate::wire::deployment::DeploymentDocument;
use crate::wire::report::Installed;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::{GetInstalledRequest, ReportInstalledRequest};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;
use std::sync::Arc;

/// GET `{base}/installedBase/{action}`.
pub(crate) async fn get(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let (action, history_size) = (call.number()?, call.history_size()?);
    let message = GetInstalledRequest { device: call.device(), action, history_size };
    let found = call.hub().get_installed(message).await.map_err(problem)?.into_inner();
    Ok(deployment::render(found, &call, representation))
}

/// PUT `{base}/installedBase`: 201 if that was news, else 200.
pub(crate) async fn put(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let Installed { name, version } = read(&call, body).await?;
    let message = ReportInstalledRequest {
        device: call.device(),
        set_name: name.clone(),
        set_version: version.clone(),
    };
    let refused = |status| unknown_set(status, &name, &version);
    let response = call.hub().report_installed(message).await.map_err(refused)?.into_inner();
    let mut answer = done();
    if response.recorded {
        *answer.status_mut() = StatusCode::CREATED;
    }
    Ok(answer)
}

pub(crate) fn docs() -> Vec<Operation> {
    let example = json!({"name": "pumps", "version": "1.0"});
    vec![
        told::put(
            "/installedBase",
            "setAssignedOfflineVersion",
            "Tells what was installed otherwise",
        )
        .takes::<Installed>(&[], example)
        .answers(StatusCode::OK)
        .answers(StatusCode::CREATED)
        .fails(REPORT),
        told::get("/installedBase/{actionId}", "getControllerInstalledAction", "What is installed")
            .asks(history())
            .gives::<DeploymentDocument>()
            .fails(FINDING)
            .fails_silently(StatusCode::NOT_FOUND),
    ]
}
