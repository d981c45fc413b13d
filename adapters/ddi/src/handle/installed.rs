//! What is installed.

use super::{Answer, deployment, done, read};
use crate::call::Call;
use crate::error::{problem, unknown_set};
use crate::routes::Api;
use crate::wire::report::Installed;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::{GetInstalledRequest, ReportInstalledRequest};
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
