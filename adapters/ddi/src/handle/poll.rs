//! The poll: what most requests are.

use super::Answer;
use crate::call::Call;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use crate::wire::poll::PollDocument;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::PollRequest;
use otahub_rest::Exception;
use otahub_rest::docs::{self as told, Operation};
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

pub(crate) fn docs() -> Vec<Operation> {
    vec![
        told::get("", "getControllerBase", "What there is to do: asked again and again")
            .explained("Makes the device known if it is not, and its credential allows that.")
            .gives::<PollDocument>()
            .fails(&[Exception::CONSTRAINT_VIOLATION]),
    ]
}
