//! A hub that says what it is told to say, and remembers what it heard.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::StreamExt;
use otahub_sim::reqwest;
use otahub_sim::{Device, DeviceOptions, Retry, SimEvent};
use serde_json::{Value, json};
use sha2::Digest;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the hub says.
pub(crate) struct Script {
    pub(crate) sleep: &'static str,
    pub(crate) wants_attributes: bool,
    /// `deploymentBase`, `confirmationBase`, `cancelAction`, or nothing.
    pub(crate) link: Option<&'static str>,
    pub(crate) download: &'static str,
    pub(crate) update: &'static str,
    pub(crate) file: Vec<u8>,
    pub(crate) sha256: Option<String>,
    /// What to answer next instead of the truth.
    pub(crate) refusals: VecDeque<u16>,
    /// After how many bytes the next downloads break off.
    pub(crate) breaks: VecDeque<usize>,
    pub(crate) ignores_ranges: bool,
    pub(crate) file_gone: bool,
}

/// What the hub heard.
#[derive(Default)]
pub(crate) struct Heard {
    /// Method and path with query.
    pub(crate) requests: Vec<String>,
    pub(crate) bodies: Vec<Value>,
    pub(crate) authorizations: Vec<Option<String>>,
    pub(crate) ranges: Vec<Option<String>>,
}

pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) script: Mutex<Script>,
    pub(crate) heard: Mutex<Heard>,
}

impl Fake {
    pub(crate) async fn start() -> Arc<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            script: Mutex::new(Script::default()),
            heard: Mutex::default(),
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&fake));
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    pub(crate) fn options(&self) -> DeviceOptions {
        DeviceOptions {
            attributes: [("board".to_owned(), "b1".to_owned())].into(),
            poll_interval: Some(Duration::from_millis(5)),
            retry: Retry { attempts: 3, wait: Duration::from_millis(1) },
            ..DeviceOptions::new(&self.url, "d 1", reqwest::Client::new())
        }
    }

    pub(crate) fn device(&self) -> Device {
        Device::new(self.options()).unwrap()
    }

    /// `execution/finished` of every feedback, and `confirmation`s.
    pub(crate) fn feedback(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let word = |body: &Value| match body["confirmation"].as_str() {
            Some(word) => word.to_owned(),
            None => {
                let status = &body["status"];
                let finished = status["result"]["finished"].as_str().unwrap_or_default();
                format!("{}/{finished}", status["execution"].as_str().unwrap_or_default())
            }
        };
        heard.bodies.iter().filter(|b| b["data"].is_null()).map(word).collect()
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.heard.lock().unwrap().requests.iter().filter(|r| r.contains(part)).count()
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            sleep: "00:05:00",
            wants_attributes: false,
            link: None,
            download: "forced",
            update: "forced",
            file: (0..300_000u32).map(|n| (n % 251) as u8).collect(),
            sha256: None,
            refusals: VecDeque::new(),
            breaks: VecDeque::new(),
            ignores_ranges: false,
            file_gone: false,
        }
    }
}

/// What an observer was told.
pub(crate) type Events = Arc<Mutex<Vec<SimEvent>>>;

/// An observer that keeps what it is told.
pub(crate) fn recorder() -> (Events, impl Fn(&str, &SimEvent) + Send + Sync) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    (events, move |_: &str, event: &SimEvent| sink.lock().unwrap().push(event.clone()))
}

async fn answer(State(fake): State<Arc<Fake>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str().to_owned();
    {
        let mut heard = fake.heard.lock().unwrap();
        heard.requests.push(format!("{} {path}", parts.method));
        heard.authorizations.push(header("authorization"));
        if path.contains("/artifacts/") {
            heard.ranges.push(header("range"));
        }
    }
    let mut script = fake.script.lock().unwrap();
    if let Some(status) = script.refusals.pop_front() {
        return status_only(status);
    }
    if !body.is_empty() {
        fake.heard.lock().unwrap().bodies.push(serde_json::from_slice(&body).unwrap());
        return status_only(200);
    }
    if path.contains("/artifacts/") {
        return artifact(&mut script, header("range"));
    }
    document(&script, &fake.url, &path, header("if-none-match"))
}

fn document(script: &Script, url: &str, path: &str, known: Option<String>) -> Response {
    let base = format!("{url}/DEFAULT/controller/v1/d%201");
    let json = if path.contains("cancelAction") {
        json!({ "id": "7", "cancelAction": { "stopId": "7" } })
    } else if path.contains("Base/7?c=5") {
        let key = if path.contains("confirmation") { "confirmation" } else { "deployment" };
        json!({ "id": "7", key: work(script, &base) })
    } else {
        poll(script, &base)
    };
    let text = json.to_string();
    let etag = format!("\"{}\"", hex::encode(md5::Md5::digest(&text)));
    if known.as_ref() == Some(&etag) {
        return Response::builder().status(304).header("etag", etag).body(Body::empty()).unwrap();
    }
    Response::builder().header("etag", etag).body(Body::from(text)).unwrap()
}

fn poll(script: &Script, base: &str) -> Value {
    let mut links = json!({});
    if let Some(link) = script.link {
        let query = if link == "cancelAction" { "" } else { "?c=5" };
        links[link] = json!({ "href": format!("{base}/{link}/7{query}") });
    }
    if script.wants_attributes {
        links["configData"] = json!({ "href": format!("{base}/configData") });
    }
    json!({ "config": { "polling": { "sleep": script.sleep } }, "_links": links })
}

fn work(script: &Script, base: &str) -> Value {
    let sha256 = hex::encode(sha2::Sha256::digest(&script.file));
    json!({
        "download": script.download,
        "update": script.update,
        "chunks": [{
            "part": "os", "name": "linux", "version": "2",
            "artifacts": [{
                "filename": "image.bin",
                "size": script.file.len(),
                "hashes": {
                    "md5": hex::encode(md5::Md5::digest(&script.file)),
                    "sha1": hex::encode(sha1::Sha1::digest(&script.file)),
                    "sha256": script.sha256.clone().unwrap_or(sha256),
                },
                "_links": { "download-http": {
                    "href": format!("{base}/softwaremodules/1/artifacts/image.bin")
                } },
            }],
        }],
    })
}

fn artifact(script: &mut Script, range: Option<String>) -> Response {
    if script.file_gone {
        return status_only(404);
    }
    let size = script.file.len();
    let from = range.as_deref().filter(|_| !script.ignores_ranges);
    let from = from.map(|r| r["bytes=".len()..].trim_end_matches('-').parse::<usize>().unwrap());
    let bytes = Bytes::copy_from_slice(&script.file[from.unwrap_or(0)..]);
    let mut response = Response::builder().header("content-length", bytes.len());
    if let Some(from) = from {
        let range = format!("bytes {from}-{}/{size}", size - 1);
        response = response.status(206).header("content-range", range);
    }
    let body = match script.breaks.pop_front() {
        None => Body::from(bytes),
        Some(after) => {
            let first = futures::stream::iter([Ok(bytes.slice(..after))]);
            let broken = futures::stream::once(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(std::io::Error::other("broken"))
            });
            Body::from_stream(first.chain(broken))
        }
    };
    response.body(body).unwrap()
}

fn status_only(status: u16) -> Response {
    Response::builder().status(status).body(Body::empty()).unwrap()
}
