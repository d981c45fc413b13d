//! The device's attributes.

use super::{Answer, done, read};
use crate::call::Call;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use crate::wire::report::ConfigData;
use axum::extract::{Request, State};
use otahub_client::device::UpdateAttributesRequest;
use std::sync::Arc;

/// PUT `{base}/configData`.
pub(crate) async fn update(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let ConfigData { mode, data } = read(&call, body).await?;
    let message = UpdateAttributesRequest {
        device: call.device(),
        mode: translate::attribute_mode(mode).into(),
        attributes: translate::attributes(data),
    };
    call.hub().update_attributes(message).await.map_err(problem)?;
    Ok(done())
}
