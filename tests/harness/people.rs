//! Who talks to a hub: its administrator and its devices.

use crate::{Answer, GATEWAY_KEY, Http};
use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};

/// The administrator, over the Management REST API.
#[derive(Debug, Clone)]
pub struct Admin(Http);

impl Admin {
    /// `admin:admin`.
    #[must_use]
    pub fn new(http: Http) -> Self {
        Self(http)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let path = format!("/rest/v1{path}");
        self.0.send(method, &path, |r| shape(r.basic_auth("admin", Some("admin")))).await
    }

    /// GET under `/rest/v1`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, |r| r).await
    }

    /// POST of JSON under `/rest/v1`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, |r| r.json(&body)).await
    }

    /// PUT of JSON under `/rest/v1`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, |r| r.json(&body)).await
    }

    /// DELETE under `/rest/v1`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, |r| r).await
    }

    /// Uploads an artifact; nothing if the connection broke.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn try_upload(
        &self,
        module: i64,
        filename: &str,
        body: multipart::Part,
    ) -> Result<Answer, reqwest::Error> {
        let form = multipart::Form::new().part("file", body.file_name(filename.to_owned()));
        let path = format!("/rest/v1/softwaremodules/{module}/artifacts");
        let shape = |r: RequestBuilder| r.basic_auth("admin", Some("admin")).multipart(form);
        self.0.attempt(Method::POST, &path, shape).await
    }

    /// Uploads an artifact.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn upload(&self, module: i64, filename: &str, bytes: Vec<u8>) -> Answer {
        let part = multipart::Part::bytes(bytes);
        self.try_upload(module, filename, part).await.expect("the upload is answered")
    }

    /// The types of an action's history entries, newest first.
    ///
    /// # Panics
    /// If the history cannot be read.
    pub async fn history(&self, device: &str, action: i64) -> Vec<String> {
        let path = format!("/targets/{device}/actions/{action}/status?limit=500");
        let body = self.get(&path).await.expect(200).json();
        let entries = body["content"].as_array().expect("a page has content");
        entries.iter().map(|e| e["type"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A device, over DDI.
#[derive(Debug, Clone)]
pub struct Device {
    http: Http,
    id: String,
    authorization: Option<String>,
}

impl Device {
    /// The device `id` with the gateway's token.
    #[must_use]
    pub fn with_gateway(http: Http, id: &str) -> Self {
        Self::with(http, id, Some(format!("GatewayToken {GATEWAY_KEY}")))
    }

    /// The device `id` with whatever `Authorization` is given.
    #[must_use]
    pub fn with(http: Http, id: &str, authorization: Option<String>) -> Self {
        Self { http, id: id.to_owned(), authorization }
    }

    /// The device's own path, with `rest` behind it.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        if rest.starts_with("http") {
            return rest.to_owned();
        }
        format!("/DEFAULT/controller/v1/{}{rest}", self.id)
    }

    /// Sends what `shape` makes of a request.
    pub async fn send(
        &self,
        method: Method,
        rest: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        self.http.send(method, &self.path(rest), |r| shape(self.authorized(r))).await
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        }
    }

    /// GET; `rest` may be a link that the hub gave.
    pub async fn get(&self, rest: &str) -> Answer {
        self.send(Method::GET, rest, |r| r).await
    }

    /// PUT of JSON.
    pub async fn put(&self, rest: &str, body: Value) -> Answer {
        self.send(Method::PUT, rest, |r| r.json(&body)).await
    }

    /// POST of JSON.
    pub async fn post(&self, rest: &str, body: Value) -> Answer {
        self.send(Method::POST, rest, |r| r.json(&body)).await
    }

    /// POST of JSON that may find nobody at home.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn try_post(&self, rest: &str, body: Value) -> Result<Answer, reqwest::Error> {
        let shape = |r| self.authorized(r).json(&body);
        self.http.attempt(Method::POST, &self.path(rest), shape).await
    }

    /// Polls.
    ///
    /// # Panics
    /// If the poll is refused.
    pub async fn poll(&self) -> Value {
        self.get("").await.expect(200).json()
    }

    /// Polls, and gives the action that the link `rel` offers.
    ///
    /// # Panics
    /// If there is no such link.
    pub async fn offered(&self, rel: &str) -> i64 {
        let poll = self.poll().await;
        action_in(&poll, rel).unwrap_or_else(|| panic!("no {rel} in {poll}"))
    }

    /// Polls a hub that may be away: the action that the link `rel` offers, if it offers any.
    pub async fn try_offered(&self, rel: &str) -> Option<i64> {
        let path = self.path("");
        let answer = self.http.attempt(Method::GET, &path, |r| self.authorized(r)).await.ok()?;
        (answer.status == 200).then(|| action_in(&answer.json(), rel)).flatten()
    }

    /// Reports on a deployment to a hub that may be away; whether it answered.
    pub async fn try_feedback(&self, action: i64, execution: &str, finished: &str) -> bool {
        let body = feedback(execution, finished, "said by a test");
        let path = format!("/deploymentBase/{action}/feedback");
        // who is told that the action is over was heard before
        self.try_post(&path, body).await.is_ok_and(|answer| matches!(answer.status, 200 | 410))
    }

    /// Reports on a deployment.
    pub async fn feedback(&self, action: i64, execution: &str, finished: &str) -> Answer {
        let body = feedback(execution, finished, "said by a test");
        self.post(&format!("/deploymentBase/{action}/feedback"), body).await
    }
}

/// The action in a poll's link `rel`.
fn action_in(poll: &Value, rel: &str) -> Option<i64> {
    let href = poll["_links"][rel]["href"].as_str()?;
    let number = href.split(&format!("{rel}/")).nth(1)?;
    number.split('?').next()?.parse().ok()
}

/// The body of a feedback.
fn feedback(execution: &str, finished: &str, detail: &str) -> Value {
    let result = json!({"finished": finished});
    json!({"status": {"execution": execution, "result": result, "details": [detail]}})
}
