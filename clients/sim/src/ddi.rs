//! The HTTP side of DDI: where things are, who asks, and what to do when the hub is busy.

use crate::error::SimError;
use crate::options::{Credential, DeviceOptions, Retry};
use crate::wire::Poll;
use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How much of a refusal's body is kept.
const REFUSAL_CHARS_MAX: usize = 300;
/// The longest that a busy hub can make a device wait.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);

/// A device's way to its hub.
#[derive(Debug)]
pub(crate) struct Ddi {
    http: Client,
    base: Url,
    authorization: Option<HeaderValue>,
    pub(crate) retry: Retry,
    last_poll: Option<(HeaderValue, Poll)>,
}

impl Ddi {
    pub(crate) fn new(options: &DeviceOptions) -> Result<Self, SimError> {
        Ok(Self {
            http: options.http.clone(),
            base: base(options)?,
            authorization: authorization(&options.credential)?,
            retry: options.retry,
            last_poll: None,
        })
    }

    /// The device's own URL with `segments` after it.
    pub(crate) fn below(&self, segments: &[&str]) -> String {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url.into()
    }

    /// Polls; the second value says whether nothing changed since the last time.
    pub(crate) async fn poll(&mut self, conditional: bool) -> Result<(Poll, bool), SimError> {
        let known = self.last_poll.take().filter(|_| conditional);
        let response = self
            .send("GET", || {
                let request = self.request(self.http.get(self.base.clone()));
                match &known {
                    Some((etag, _)) => request.header(IF_NONE_MATCH, etag),
                    None => request,
                }
            })
            .await?;
        if let (StatusCode::NOT_MODIFIED, Some((_, poll))) = (response.status(), &known) {
            let poll = poll.clone();
            self.last_poll = known;
            return Ok((poll, true));
        }
        let etag = response.headers().get(ETAG).cloned();
        let poll: Poll = read(response).await?;
        self.last_poll = etag.map(|etag| (etag, poll.clone()));
        Ok((poll, false))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, href: &str) -> Result<T, SimError> {
        let url = parse(href)?;
        read(self.send("GET", || self.request(self.http.get(url.clone()))).await?).await
    }

    pub(crate) async fn put(&self, href: &str, body: &impl Serialize) -> Result<(), SimError> {
        let url = parse(href)?;
        self.send("PUT", || self.request(self.http.put(url.clone()).json(body))).await.map(drop)
    }

    pub(crate) async fn post(&self, href: &str, body: &impl Serialize) -> Result<(), SimError> {
        let url = parse(href)?;
        self.send("POST", || self.request(self.http.post(url.clone()).json(body))).await.map(drop)
    }

    /// Asks for an artifact from byte `offset` on, once.
    pub(crate) async fn download(&self, href: &str, offset: u64) -> Result<Response, SimError> {
        let mut request = self.authorized(self.http.get(parse(href)?));
        request = request.header(ACCEPT, "application/octet-stream");
        if offset > 0 {
            request = request.header(reqwest::header::RANGE, format!("bytes={offset}-"));
        }
        Ok(request.send().await?)
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        self.authorized(request).header(ACCEPT, "application/json")
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    /// Sends what `build` builds, and again while the hub is busy.
    async fn send(
        &self,
        method: &'static str,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Response, SimError> {
        for _ in 0..self.retry.attempts {
            let response = build().send().await?;
            if !is_busy(response.status()) {
                return accept(method, response).await;
            }
            tokio::time::sleep(wait(&response, self.retry.wait)).await;
        }
        accept(method, build().send().await?).await
    }
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
    if matches!(response.status().as_u16(), 200 | 206 | 304) {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let path = response.url().path().to_owned();
    let body = response.text().await.unwrap_or_default();
    let body = body.chars().take(REFUSAL_CHARS_MAX).collect();
    Err(SimError::Refused { method, path, status, body })
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, SimError> {
    let path = response.url().path().to_owned();
    let bytes = response.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|e| SimError::Malformed { path, why: e.to_string() })
}

fn parse(href: &str) -> Result<Url, SimError> {
    Url::parse(href).map_err(|e| SimError::BadUrl { url: href.to_owned(), why: e.to_string() })
}

/// `{base}/{tenant}/controller/v1/{controller_id}`.
fn base(options: &DeviceOptions) -> Result<Url, SimError> {
    let mut url = parse(&options.base_url)?;
    let segments = [&options.tenant, "controller", "v1", &options.controller_id];
    match url.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().extend(segments),
        Err(()) => {
            let why = "it has no path".to_owned();
            return Err(SimError::BadUrl { url: options.base_url.clone(), why });
        }
    };
    Ok(url)
}

fn authorization(credential: &Credential) -> Result<Option<HeaderValue>, SimError> {
    let Some(text) = credential.authorization() else {
        return Ok(None);
    };
    let mut value = HeaderValue::try_from(text).map_err(|e| SimError::Malformed {
        path: "the credential".to_owned(),
        why: e.to_string(),
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base_url: &str, controller_id: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = DeviceOptions::new(base_url, controller_id, Client::new());
        Ddi::new(&options).unwrap().below(&["x"])
    }

    #[test]
    fn a_device_finds_itself_below_any_prefix() {
        assert_eq!(at("http://h:1", "d"), "http://h:1/DEFAULT/controller/v1/d/x");
        assert_eq!(at("http://h/p/", "d"), "http://h/p/DEFAULT/controller/v1/d/x");
        assert_eq!(at("http://h/p", "a b/c%"), "http://h/p/DEFAULT/controller/v1/a%20b%2Fc%25/x");
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Credential::Target("hush".to_owned())), "Target(…)");
        let value = authorization(&Credential::Gateway("hush".to_owned())).unwrap();
        assert_eq!(format!("{value:?}"), "Some(Sensitive)");
    }
}
