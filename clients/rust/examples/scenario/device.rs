//! A device that asks over DDI what there is to do, downloads it, checks it, and reports.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::error::Error;

pub(crate) struct Device {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Device {
    /// `base` is the device's address, `token` its own.
    pub(crate) fn new(base: String, token: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), base, token }
    }

    pub(crate) async fn install(&self) -> Result<(), Box<dyn Error>> {
        let poll: Value = self.get(&self.base).await?.json().await?;
        let order = href(&poll, "deploymentBase");
        let order: Value = self.get(order).await?.json().await?;
        let chunks = order["deployment"]["chunks"].as_array().into_iter().flatten();
        for artifact in chunks.flat_map(|chunk| chunk["artifacts"].as_array().into_iter().flatten())
        {
            let data = self.get(href(artifact, "download-http")).await?.bytes().await?;
            let found = hex::encode(Sha256::digest(&data));
            let agree = if artifact["hashes"]["sha256"] == found { "agrees" } else { "differs" };
            println!(
                "device: {}, {} bytes, sha256 {agree}",
                text(&artifact["filename"]),
                data.len()
            );
        }
        let action = text(&order["id"]);
        self.report(action, "proceeding", "none").await?;
        self.report(action, "closed", "success").await
    }

    async fn report(
        &self,
        action: &str,
        execution: &str,
        finished: &str,
    ) -> Result<(), Box<dyn Error>> {
        let status =
            json!({ "execution": execution, "result": { "finished": finished }, "details": [] });
        let url = format!("{}/deploymentBase/{action}/feedback", self.base);
        let request = self.http.post(url).json(&json!({ "id": action, "status": status }));
        self.send(request).await?;
        println!("device: {execution}, {finished}");
        Ok(())
    }

    async fn get(&self, url: &str) -> Result<reqwest::Response, reqwest::Error> {
        self.send(self.http.get(url)).await
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let token = format!("TargetToken {}", self.token);
        request.header("Authorization", token).send().await?.error_for_status()
    }
}

fn href<'a>(value: &'a Value, link: &str) -> &'a str {
    text(&value["_links"][link]["href"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
