//! Somebody who takes webhooks: checks their signatures and remembers what came.

use axum::Router;
use axum::extract::State;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use ring::hmac;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A receiver of webhooks; gone when dropped.
#[derive(Debug)]
pub struct Receiver {
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Seen {
    key: Vec<u8>,
    status: StatusCode,
    /// The events of bodies that were taken.
    events: Vec<Value>,
    /// How many bodies came, taken or not.
    bodies: usize,
    faults: Vec<String>,
}

impl Receiver {
    /// Listens on a port of this machine; `secret` is the webhook's, `whsec_…`.
    ///
    /// # Panics
    /// If the port is taken, or the secret is none.
    pub async fn start(port: u16, secret: &str) -> Self {
        let key = secret.strip_prefix("whsec_").expect("a secret");
        let seen = Arc::new(Mutex::new(Seen {
            key: STANDARD.decode(key).expect("base64"),
            status: StatusCode::NO_CONTENT,
            events: Vec::new(),
            bodies: 0,
            faults: Vec::new(),
        }));
        let app = Router::new().fallback(take).with_state(seen.clone());
        let socket = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let task = tokio::spawn(async move {
            axum::serve(socket, app).await.expect("it listens");
        });
        Self { seen, task }
    }

    /// Answers with this status from now on; only what gets 2xx is taken.
    ///
    /// # Panics
    /// If it is no status.
    pub fn answer(&self, status: u16) {
        self.seen.lock().expect("no test failed").status =
            StatusCode::from_u16(status).expect("a status");
    }

    /// The events that were taken, as they came.
    ///
    /// # Panics
    /// If something came that was not signed as it ought to be.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        let seen = self.seen.lock().expect("no test failed");
        assert!(seen.faults.is_empty(), "{:?}", seen.faults);
        seen.events.clone()
    }

    /// The resources of those events, each once, in the order of their numbers.
    ///
    /// # Panics
    /// If they did not come in the order of their numbers.
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        let (mut newest, mut names) = (0, Vec::new());
        for event in self.events() {
            let id = event["id"].as_i64().expect("a number");
            if id > newest {
                newest = id;
                names.push(event["resource"].as_str().expect("a name").to_owned());
            }
            // what was sent, and not noted before a crash, is sent again
        }
        names
    }

    /// How many bodies came, taken or not.
    ///
    /// # Panics
    /// Never but when a test has failed.
    #[must_use]
    pub fn bodies(&self) -> usize {
        self.seen.lock().expect("no test failed").bodies
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut seen = seen.lock().expect("no test failed");
    seen.bodies += 1;
    if let Err(fault) = verify(&seen.key, &headers, &body) {
        seen.faults.push(fault);
    }
    if seen.status.is_success() {
        let whole: Value = serde_json::from_slice(&body).unwrap_or_default();
        let events = whole["events"].as_array().cloned().unwrap_or_default();
        seen.events.extend(events);
    }
    seen.status
}

/// As the Standard Webhooks specification says.
fn verify(key: &[u8], headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| format!("no {name}"))
    };
    let (id, at) = (header("webhook-id")?, header("webhook-timestamp")?);
    let signed = header("webhook-signature")?;
    let signed = signed.strip_prefix("v1,").ok_or("not of version 1")?;
    let signed = STANDARD.decode(signed).map_err(|error| error.to_string())?;
    let message = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, &message, &signed).map_err(|_| format!("a wrong signature of {id}"))
}
