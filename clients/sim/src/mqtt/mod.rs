//! Devices behind an MQTT broker, in otahub's JSON or on Astarte's protocol: each with a
//! connection of its own, as real ones have.

mod astarte;
mod device;
mod json;
mod line;
mod pairing;
mod tls;
mod words;

use crate::error::SimError;
use crate::event::{Observer, SimEvent};
use crate::http::{Http, parse};
use crate::options::{Behaviour, Retry};
use crate::orders::{OrderGauge, OrderStats};
use device::{Crew, Device, Hello};
use pairing::Pairing;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Url;
use rumqttc::tokio_rustls::rustls::RootCertStore;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Devices behind a broker to be.
#[derive(Debug, Clone)]
pub struct MqttOptions {
    /// What they speak.
    pub speech: MqttSpeech,
    /// The tenant.
    pub tenant: String,
    /// The ids of the devices. On Astarte's protocol 22 letters of base64; what is none is made
    /// one.
    pub devices: Vec<String>,
    /// PEM file of who may vouch for the broker; the system's own without one.
    pub ca: Option<PathBuf>,
    /// What devices say of themselves.
    pub attributes: BTreeMap<String, String>,
    /// What they do with what they are told.
    pub behaviour: Behaviour,
    /// A device is done after so many updates came to their end; never without one.
    pub updates: Option<u64>,
    /// How many connect at the same time, and how many carry out an order.
    pub concurrency: usize,
    /// Over what time the first connections are spread.
    pub spread: Duration,
    /// What the dice start from.
    pub seed: u64,
    /// What a device does when a download breaks off.
    pub retry: Retry,
    /// The HTTP client, for artifacts and for pairing.
    pub http: reqwest::Client,
}

impl MqttOptions {
    /// Devices of the tenant `DEFAULT` that behave well and never end.
    #[must_use]
    pub fn new(speech: MqttSpeech, devices: Vec<String>, http: reqwest::Client) -> Self {
        Self {
            speech,
            tenant: "DEFAULT".to_owned(),
            devices,
            ca: None,
            attributes: BTreeMap::new(),
            behaviour: Behaviour::default(),
            updates: None,
            concurrency: 64,
            spread: Duration::ZERO,
            seed: 0,
            retry: Retry::default(),
            http,
        }
    }
}

/// What devices speak.
#[derive(Clone)]
pub enum MqttSpeech {
    /// otahub's JSON.
    Json {
        /// `mqtt://[USER[:PASSWORD]@]HOST[:PORT]` or `mqtts://…`. A device without a user of that
        /// name shows `TENANT/DEVICE` as its name, if there is a password.
        broker: String,
        /// What the topics begin with.
        prefix: String,
        /// Which MQTT.
        version: MqttVersion,
    },
    /// Astarte's protocol. Devices pair with the hub, which tells them of their broker.
    Astarte {
        /// Where the hub answers HTTP.
        hub: String,
        /// The tenant's gateway token.
        token: String,
    },
}

impl std::fmt::Debug for MqttSpeech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Json { .. } => "Json(…)",
            Self::Astarte { .. } => "Astarte(…)",
        })
    }
}

/// A version of MQTT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MqttVersion {
    /// 3.1.1
    V3,
    /// 5
    #[default]
    V5,
}

/// Devices behind a broker that have not spoken yet.
pub struct MqttDevices {
    ids: Vec<String>,
    crew: Crew,
    spread: Duration,
    seed: u64,
}

impl MqttDevices {
    /// As the options say.
    ///
    /// # Errors
    /// If a URL is none, or a certificate cannot be read.
    pub fn new(options: MqttOptions) -> Result<Self, SimError> {
        let roots = Arc::new(tls::roots(options.ca.as_deref())?);
        let crew = Crew {
            hello: hello(&options, roots)?,
            tenant: options.tenant,
            attributes: options.attributes,
            behaviour: options.behaviour,
            updates: options.updates,
            http: Http::new(options.http, None, options.retry)?,
            connecting: Arc::new(Semaphore::new(options.concurrency.max(1))),
            working: Arc::new(Semaphore::new(options.concurrency.max(1))),
            gauge: OrderGauge::default(),
            observer: Arc::new(|_: &str, _: &SimEvent| ()),
        };
        Ok(Self { ids: options.devices, crew, spread: options.spread, seed: options.seed })
    }

    /// Tells `observer` of everything.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Observer + 'static) -> Self {
        self.crew.observer = Arc::new(observer);
        self
    }

    /// A live view of the sums.
    #[must_use]
    pub fn gauge(&self) -> OrderGauge {
        self.crew.gauge.clone()
    }

    /// Connects the devices and lets them do what they are told, until every one is done or
    /// `stop` comes. Errors are counted, not given back.
    pub async fn run(self, stop: impl Future<Output = ()>) -> OrderStats {
        let gauge = self.gauge();
        let crew = Arc::new(self.crew);
        let mut dice = StdRng::seed_from_u64(self.seed);
        let mut tasks = JoinSet::new();
        for id in self.ids {
            let first = self.spread.mul_f64(dice.random());
            tasks.spawn(Device::new(&id, Arc::clone(&crew)).run(first, dice.random()));
        }
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                joined = tasks.join_next() => if joined.is_none() { break },
            }
        }
        gauge.read()
    }
}

/// How a device comes to its broker.
fn hello(options: &MqttOptions, roots: Arc<RootCertStore>) -> Result<Hello, SimError> {
    Ok(match &options.speech {
        MqttSpeech::Json { broker, prefix, version } => {
            let broker = parse(broker)?;
            let tls = match broker.scheme() {
                "mqtts" => Some(tls::plain(&roots)),
                "mqtt" => None,
                _ => return Err(bad(&broker, "it does not begin with mqtt:// or mqtts://")),
            };
            if broker.host_str().is_none_or(str::is_empty) {
                return Err(bad(&broker, "it names no host"));
            }
            Hello::Json { broker, prefix: prefix.clone(), version: *version, tls }
        }
        MqttSpeech::Astarte { hub, token } => {
            let realm = options.tenant.to_lowercase();
            let pairing = Pairing::new(&options.http, hub, &realm, token)?;
            Hello::Astarte { pairing, roots }
        }
    })
}

fn bad(url: &Url, why: &str) -> SimError {
    let mut url = url.clone();
    // a URL that cannot have a password has none to hide
    let _ = url.set_password(None);
    SimError::BadUrl { url: url.into(), why: why.to_owned() }
}
