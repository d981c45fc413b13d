//! The HTTP side of DDI: where things are.

use crate::error::SimError;
use crate::http::{Http, accept, is_busy, parse, read, wait};
use crate::options::DeviceOptions;
use crate::wire::Poll;
use reqwest::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A device's way to its hub.
#[derive(Debug)]
pub(crate) struct Ddi {
    pub(crate) http: Http,
    base: Url,
    last_poll: Option<(HeaderValue, Poll)>,
}

impl Ddi {
    pub(crate) fn new(options: &DeviceOptions) -> Result<Self, SimError> {
        Ok(Self {
            http: Http::new(
                options.http.clone(),
                options.credential.authorization(),
                options.retry,
            )?,
            base: base(options)?,
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
                let request = self.request(self.http.client.get(self.base.clone()));
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
        read(self.send("GET", || self.request(self.http.client.get(url.clone()))).await?).await
    }

    pub(crate) async fn put(&self, href: &str, body: &impl Serialize) -> Result<(), SimError> {
        let url = parse(href)?;
        self.send("PUT", || self.request(self.http.client.put(url.clone()).json(body)))
            .await
            .map(drop)
    }

    pub(crate) async fn post(&self, href: &str, body: &impl Serialize) -> Result<(), SimError> {
        let url = parse(href)?;
        self.send("POST", || self.request(self.http.client.post(url.clone()).json(body)))
            .await
            .map(drop)
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        self.http.authorized(request).header(ACCEPT, "application/json")
    }

    /// Sends what `build` builds, and again while the hub is busy.
    async fn send(
        &self,
        method: &'static str,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Response, SimError> {
        for _ in 0..self.http.retry.attempts {
            let response = build().send().await?;
            if !is_busy(response.status()) {
                return accept(method, response).await;
            }
            tokio::time::sleep(wait(&response, self.http.retry.wait)).await;
        }
        accept(method, build().send().await?).await
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base_url: &str, controller_id: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = DeviceOptions::new(base_url, controller_id, reqwest::Client::new());
        Ddi::new(&options).unwrap().below(&["x"])
    }

    #[test]
    fn a_device_finds_itself_below_any_prefix() {
        assert_eq!(at("http://h:1", "d"), "http://h:1/DEFAULT/controller/v1/d/x");
        assert_eq!(at("http://h/p/", "d"), "http://h/p/DEFAULT/controller/v1/d/x");
        assert_eq!(at("http://h/p", "a b/c%"), "http://h/p/DEFAULT/controller/v1/a%20b%2Fc%25/x");
    }
}
