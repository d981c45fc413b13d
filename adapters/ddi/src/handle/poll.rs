//! The poll: what most requests are.

use super::Answer;
use crate::call::Call;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::PollRequest;
use std::sync::Arc;

/// GET `{base}`.
pub(crate) async fn poll(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let message = PollRequest { device: call.device() };
    let response = call.hub().poll(message).await.map_err(problem)?.into_inner();
    let document = translate::poll(&response, &call.links(), representation.format);
    Ok(representation.render(StatusCode::OK, &document))
}
