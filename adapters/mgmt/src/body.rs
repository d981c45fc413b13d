//! JSON bodies of requests.

use crate::call::App;
use crate::error::Fault;
use axum::extract::{FromRequest, Request};
use otahub_rest::{Format, body};
use serde::de::DeserializeOwned;

const FORMATS: &[Format] = &[Format::HalJson, Format::Json];

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let raw = body::read(request, FORMATS, app.settings.body_bytes_max).await?;
        Ok(Self(raw.parse()?))
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(crate) struct OptionalBody<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned> FromRequest<App> for OptionalBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let raw = body::read_optional(request, FORMATS, app.settings.body_bytes_max).await?;
        Ok(Self(raw.map(|raw| raw.parse()).transpose()?))
    }
}
