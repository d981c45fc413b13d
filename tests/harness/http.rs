//! HTTP as a test wants it: every answer is read whole and can say what it was asked.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::Value;
use std::sync::Once;
use std::time::Duration;

static CRYPTO: Once = Once::new();

/// Chooses the cryptography of every TLS connection of this process.
pub fn ensure_crypto() {
    CRYPTO.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client for one hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    client: Client,
}

impl Http {
    /// A client whose paths are taken from `base`.
    ///
    /// # Panics
    /// If no client can be built.
    #[must_use]
    pub fn new(base: &str) -> Self {
        ensure_crypto();
        let builder = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(120));
        Self::with_client(base, builder.build().expect("a client"))
    }

    /// As [`Http::new`] with a client of one's own.
    #[must_use]
    pub fn with_client(base: &str, client: Client) -> Self {
        Self { base: base.to_owned(), client }
    }

    /// The URL of `path`; a whole URL stays as it is.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    /// Sends what `shape` makes of the request.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn attempt(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, reqwest::Error> {
        let asked = format!("{method} {path}");
        let response = shape(self.client.request(method, self.url(path))).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { asked, status, headers, body: response.bytes().await? })
    }

    /// As [`Http::attempt`], where no answer is a failure of the test.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let asked = format!("{method} {path}");
        match self.attempt(method, path, shape).await {
            Ok(answer) => answer,
            Err(error) => panic!("{asked}: no answer: {error:?}"),
        }
    }

    /// GET without a credential.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, |r| r).await
    }
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    asked: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The answer, if its status is `status`.
    ///
    /// # Panics
    /// If it is another; the message shows the answer.
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.seen());
        self
    }

    /// What was asked and what came, in one line.
    #[must_use]
    pub fn seen(&self) -> String {
        let text: String = self.text().chars().take(1500).collect();
        format!("{} -> {} {:?} {text}", self.asked, self.status, self.headers)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}): {}", self.seen()),
        }
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
