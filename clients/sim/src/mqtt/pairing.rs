//! Astarte's pairing API, as its SDK uses it: a secret, a certificate, and where the broker is.

use crate::error::SimError;
use crate::http::{accept_only, parse, read};
use rcgen::{CertificateParams, DnType, KeyPair};
use reqwest::{Client, Method, Response, Url};
use serde_json::{Value, json};

/// The way to the pairing API.
#[derive(Clone)]
pub(crate) struct Pairing {
    http: Client,
    base: Url,
    realm: String,
    token: String,
}

/// What a device has when it is paired.
pub(crate) struct Paired {
    /// Its certificate (PEM).
    pub(crate) certificate: String,
    /// The key of that (PEM).
    pub(crate) key: String,
    /// Where it connects to.
    pub(crate) broker: Url,
}

impl Pairing {
    /// Below a hub, with the token of whoever may register devices.
    pub(crate) fn new(
        http: &Client,
        hub: &str,
        realm: &str,
        token: &str,
    ) -> Result<Self, SimError> {
        let base = parse(&format!("{}/pairing/v1/", hub.trim_end_matches('/')))?;
        let (realm, token) = (realm.to_owned(), token.to_owned());
        Ok(Self { http: http.clone(), base, realm, token })
    }

    /// The realm: the tenant's name in lower case.
    pub(crate) fn realm(&self) -> &str {
        &self.realm
    }

    /// Registers a device and has its certificate made.
    pub(crate) async fn pair(&self, device: &str) -> Result<Paired, SimError> {
        let secret = self.register(device).await?;
        let fault = |error: rcgen::Error| SimError::Tls(error.to_string());
        let key = KeyPair::generate().map_err(fault)?;
        let mut params = CertificateParams::default();
        let name = format!("{}/{device}", self.realm);
        params.distinguished_name.push(DnType::CommonName, name);
        let csr = params.serialize_request(&key).and_then(|csr| csr.pem()).map_err(fault)?;
        let path = ["devices", device, "protocols", "astarte_mqtt_v1", "credentials"];
        let body = json!({"data": {"csr": csr}});
        let answer = self.call(Method::POST, &path, &secret, Some(body)).await?;
        let answer: Value = read(accept_only("POST", answer, &[201]).await?).await?;
        let certificate = text(&answer, "/data/client_crt")?;
        let answer = self.call(Method::GET, &["devices", device], &secret, None).await?;
        let answer: Value = read(accept_only("GET", answer, &[200]).await?).await?;
        let broker = text(&answer, "/data/protocols/astarte_mqtt_v1/broker_url")?;
        Ok(Paired { certificate, key: key.serialize_pem(), broker: parse(&broker)? })
    }

    /// The secret of a device. If it is paired already that ends: whoever has the secret is not
    /// there any more.
    async fn register(&self, device: &str) -> Result<String, SimError> {
        let path = ["agent", "devices"];
        let body = json!({"data": {"hw_id": device}});
        let mut answer = self.call(Method::POST, &path, &self.token, Some(body.clone())).await?;
        if answer.status().as_u16() == 422 {
            let one = ["agent", "devices", device];
            let ended = self.call(Method::DELETE, &one, &self.token, None).await?;
            accept_only("DELETE", ended, &[204]).await?;
            answer = self.call(Method::POST, &path, &self.token, Some(body)).await?;
        }
        let answer: Value = read(accept_only("POST", answer, &[201]).await?).await?;
        text(&answer, "/data/credentials_secret")
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        bearer: &str,
        body: Option<Value>,
    ) -> Result<Response, SimError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.realm).extend(path);
        }
        let request = self.http.request(method, url).bearer_auth(bearer);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Ok(request.send().await?)
    }
}

fn text(answer: &Value, at: &str) -> Result<String, SimError> {
    let found = answer.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let why = || SimError::Malformed { path: "/pairing".to_owned(), why: format!("no {at}") };
    found.ok_or_else(why)
}
