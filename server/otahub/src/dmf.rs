//! DMF: one adapter for each message broker that the settings name, and for each tenant that has
//! one by the settings' pattern.

use crate::settings::Settings;
use anyhow::Context;
use otahub_client::device::ListTenantsRequest;
use otahub_client::{Caller, HubClient};
use otahub_dmf::{Health, State};
use otahub_rest::segment;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// How often it is looked which tenants there are.
const LOOK: Duration = Duration::from_secs(2);
/// What the name of a tenant stands for in the pattern.
const TENANT: &str = "{tenant}";

/// Refuses settings of brokers that make no sense.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    let given = [&settings.amqp_url, &settings.amqp_tenant_url].into_iter().flatten();
    for url in given.chain(settings.amqp_tenants.values()) {
        let parsed = Url::parse(&url.replace(TENANT, "TENANT")).ok();
        let good = |url: &Url| matches!(url.scheme(), "amqp" | "amqps") && url.has_host();
        if !parsed.as_ref().is_some_and(good) {
            return Err("a message broker's URL must begin with amqp:// or amqps://".into());
        }
    }
    match &settings.amqp_tenant_url {
        Some(url) if !url.contains(TENANT) => Err(format!("--amqp-tenant-url needs {TENANT}")),
        Some(_) if settings.amqp_url.is_some() => {
            Err("--amqp-url and --amqp-tenant-url exclude each other".into())
        }
        Some(_) | None => Ok(()),
    }
}

/// An adapter at work.
#[derive(Debug)]
struct Running {
    health: Health,
    stop: CancellationToken,
}

/// The adapters, by the tenant that each serves, in upper case; none for the one that tenants
/// share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Brokers(Arc<Mutex<BTreeMap<Option<String>, Running>>>);

/// What makes adapters.
pub(crate) struct Keeper {
    client: HubClient,
    shared: Option<String>,
    tenants: BTreeMap<String, String>,
    pattern: Option<String>,
    issuers: Option<String>,
    download_urls: Vec<String>,
    elsewhere: watch::Sender<BTreeSet<String>>,
    brokers: Brokers,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Keeper {
    /// What makes the adapters that the settings name; they end when `stop` is cancelled.
    ///
    /// # Errors
    /// If the certificates cannot be read.
    pub(crate) fn new(
        settings: &Settings,
        client: HubClient,
        http: SocketAddr,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let read = |path: &std::path::PathBuf| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let given = settings.amqp_tenants.iter();
        Ok(Self {
            client,
            shared: settings.amqp_url.clone(),
            tenants: given.map(|(name, url)| (name.to_uppercase(), url.clone())).collect(),
            pattern: settings.amqp_tenant_url.clone(),
            issuers: settings.amqp_ca.as_ref().map(read).transpose()?,
            download_urls: download_urls(settings, http),
            elsewhere: watch::Sender::default(),
            brokers: Brokers::default(),
            tasks: tasks.clone(),
            stop: stop.clone(),
        })
    }

    /// Starts the adapters, and keeps them those of the tenants that there are.
    pub(crate) async fn start(self) -> Brokers {
        self.look().await;
        let brokers = self.brokers.clone();
        if self.pattern.is_some() {
            let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
            tasks.spawn(async move {
                while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
                    self.look().await;
                }
            });
        }
        brokers
    }

    async fn look(&self) {
        let wanted = match self.wanted().await {
            Ok(wanted) => wanted,
            Err(error) => {
                tracing::warn!(%error, "tenants could not be looked up; trying again");
                return;
            }
        };
        self.elsewhere.send_replace(wanted.keys().flatten().cloned().collect());
        let mut running = self.brokers.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|tenant, adapter| {
            let stays = wanted.contains_key(tenant);
            if !stays {
                adapter.stop.cancel();
            }
            stays
        });
        for (tenant, url) in wanted {
            if !running.contains_key(&tenant) {
                running.insert(tenant.clone(), self.begin(tenant, url));
            }
        }
    }

    /// Brokers by tenant.
    async fn wanted(&self) -> anyhow::Result<BTreeMap<Option<String>, String>> {
        let mut wanted = BTreeMap::new();
        if let Some(pattern) = &self.pattern {
            for tenant in self.tenant_names().await? {
                let url = pattern.replace(TENANT, &segment(&tenant).to_string());
                wanted.insert(Some(tenant), url);
            }
        }
        wanted.extend(self.shared.iter().map(|url| (None, url.clone())));
        wanted.extend(self.tenants.iter().map(|(name, url)| (Some(name.clone()), url.clone())));
        Ok(wanted)
    }

    /// The names of all tenants, in upper case.
    async fn tenant_names(&self) -> anyhow::Result<Vec<String>> {
        let mut push = self.client.push(&Caller::adapter("dmf"));
        let (mut names, mut request) = (Vec::new(), ListTenantsRequest::default());
        loop {
            let page = push.list_tenants(request).await?.into_inner();
            names.extend(page.tenants);
            if page.next_page_token.is_empty() {
                return Ok(names);
            }
            request = ListTenantsRequest { page_token: page.next_page_token, page_size: 0 };
        }
    }

    fn begin(&self, tenant: Option<String>, url: String) -> Running {
        let settings = otahub_dmf::Settings {
            url,
            tenant,
            issuers: self.issuers.clone(),
            elsewhere: self.elsewhere.subscribe(),
            download_urls: self.download_urls.clone(),
        };
        let (health, stop) = (Health::default(), self.stop.child_token());
        let run = otahub_dmf::run(self.client.clone(), settings, health.clone(), stop.clone());
        self.tasks.spawn(run);
        Running { health, stop }
    }
}

/// What links in messages are built from: there is no request whose address could be used.
fn download_urls(settings: &Settings, http: SocketAddr) -> Vec<String> {
    let given: Vec<String> = [&settings.public_url, &settings.public_http_url]
        .into_iter()
        .flatten()
        .map(|url| url.as_str().trim_end_matches('/').to_owned())
        .collect();
    if given.is_empty() { vec![format!("http://{http}")] } else { given }
}

/// One line for each broker, for people.
pub(crate) fn report(brokers: &Brokers) -> String {
    let running = brokers.0.lock().unwrap_or_else(PoisonError::into_inner);
    running
        .iter()
        .map(|(tenant, adapter)| {
            let name = tenant.as_ref().map_or_else(|| "dmf".into(), |t| format!("dmf/{t}"));
            let state = match adapter.health.state() {
                State::Connected => "connected",
                State::Away => "away",
            };
            format!("{name}: {state}\n")
        })
        .collect()
}
