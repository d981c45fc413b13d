//! The device's attributes.

use super::{Answer, done, read};
use crate::call::Call;
use crate::docs::REPORT;
use crate::error::problem;
use crate::routes::Api;
use crate::translate;
use crate::wire::report::ConfigData;
use axum::extract::{Request, State};
use http::StatusCode;
use otahub_client::device::UpdateAttributesRequest;
use otahub_rest::Exception;
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;
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

pub(crate) fn docs() -> Vec<Operation> {
    let example = json!({"mode": "merge", "data": {"hwRevision": "2", "VIN": "JH4TB2H26CC000000"}});
    vec![
        told::put("/configData", "putConfigData", "Tells what the device is")
            .takes::<ConfigData>(&[], example)
            .answers(StatusCode::OK)
            .fails(REPORT)
            .fails(&[Exception::INVALID_ATTRIBUTES]),
    ]
}
