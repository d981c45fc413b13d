//! Requests over HTTP: who asks, and what to do when the hub is busy.

use crate::error::SimError;
use crate::options::Retry;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RANGE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How much of a refusal's body is kept.
const REFUSAL_CHARS_MAX: usize = 300;
/// The longest that a busy hub can make a device wait.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);

/// A client and what it shows of itself.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: Client,
    authorization: Option<HeaderValue>,
    pub(crate) retry: Retry,
}

impl Http {
    /// With the value of the `Authorization` header, if there is to be one.
    pub(crate) fn new(
        client: Client,
        authorization: Option<String>,
        retry: Retry,
    ) -> Result<Self, SimError> {
        let authorization = authorization.map(secret).transpose()?;
        Ok(Self { client, authorization, retry })
    }

    /// Asks for an artifact from byte `offset` on, once.
    pub(crate) async fn download(&self, href: &str, offset: u64) -> Result<Response, SimError> {
        let mut request = self.authorized(self.client.get(parse(href)?));
        request = request.header(ACCEPT, "application/octet-stream");
        if offset > 0 {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        Ok(request.send().await?)
    }

    pub(crate) fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }
}

fn secret(text: String) -> Result<HeaderValue, SimError> {
    let mut value = HeaderValue::try_from(text).map_err(|e| SimError::Malformed {
        path: "the credential".to_owned(),
        why: e.to_string(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a hub that answers so may be asked again at once.
pub(crate) fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 409 | 429 | 503)
}

/// How long to wait before asking again.
pub(crate) fn wait(response: &Response, otherwise: Duration) -> Duration {
    let told = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
    told.map_or(otherwise, Duration::from_secs).min(RETRY_WAIT_MAX)
}

/// Passes what a device takes for success: 200, as the strictest real ones do, or 304 on a poll.
pub(crate) async fn accept(method: &'static str, response: Response) -> Result<Response, SimError> {
    accept_only(method, response, &[200, 206, 304]).await
}

/// Passes answers with one of these codes.
pub(crate) async fn accept_only(
    method: &'static str,
    response: Response,
    codes: &[u16],
) -> Result<Response, SimError> {
    let status = response.status().as_u16();
    if codes.contains(&status) {
        return Ok(response);
    }
    let path = response.url().path().to_owned();
    let body = response.text().await.unwrap_or_default();
    let body = body.chars().take(REFUSAL_CHARS_MAX).collect();
    Err(SimError::Refused { method, path, status, body })
}

/// Reads an answer's JSON.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, SimError> {
    let path = response.url().path().to_owned();
    let bytes = response.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|e| SimError::Malformed { path, why: e.to_string() })
}

/// Reads a URL.
pub(crate) fn parse(href: &str) -> Result<Url, SimError> {
    Url::parse(href).map_err(|e| SimError::BadUrl { url: href.to_owned(), why: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", secret("GatewayToken hush".to_owned()).unwrap()), "Sensitive");
    }
}
