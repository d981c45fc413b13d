//! A running hub: storage opened, workers started, sockets bound.

use crate::clock::SystemClock;
use crate::dmf::{Brokers, Keeper};
use crate::doors::{Kind, health_with_http};
use crate::http::{HttpParts, Interfaces, app};
use crate::rate_limit::Limiter;
use crate::remote::Remote;
use crate::roles::Role;
use crate::settings::{OidcSettings, Settings};
use crate::upstream::Upstream;
use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use otahub_core::encryption::{AesGcmEncryptor, Encryptor};
use otahub_core::{Blobs, Hub, HubOptions, HubParts, SystemEntropy};
use otahub_domain::tenant::Limits;
use otahub_rest::HttpSettings;
use otahub_store::{Store, StoreOptions};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// A running hub, or the part of one that the settings name.
pub struct Node {
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Where gRPC is served; without the core that is its health check, with HTTP.
    pub grpc: SocketAddr,
    /// Where HTTPS is served.
    pub https: Option<SocketAddr>,
    upstream: Upstream,
    store: Option<Store>,
    front: Crew,
    back: Crew,
}

/// Tasks that end together.
#[derive(Default)]
struct Crew {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Crew {
    async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// How often the rate limiter forgets quiet addresses.
const LIMITER_TIDY: Duration = Duration::from_secs(60);

/// How often the samples of metrics are put together.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Makes the data folder, if anything is kept there.
pub(crate) fn prepare_folder(settings: &Settings) -> anyhow::Result<()> {
    if settings.database_url.is_some() && settings.artifact_url.is_some() {
        return Ok(());
    }
    let folder = &settings.data_dir;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))
}

impl Node {
    /// Opens storage and brings the database up to date, or finds the way to the hub that does so;
    /// binds the sockets and serves.
    ///
    /// # Errors
    /// A chain of sentences that says what could not be done, and why.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let metrics = recorder()?;
        // more connections than the shell's soft limit of open files allows
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let back = Crew::default();
        let (upstream, store) = if settings.has(Role::Hub) {
            let (hub, store) = begin_core(settings, &back).await?;
            (Upstream::Here(hub), Some(store))
        } else {
            let remote = Remote::open(settings)?;
            back.tasks.spawn(remote.clone().watch(back.stop.clone()));
            (Upstream::There(remote), None)
        };
        back.tasks.spawn(keep_metrics(metrics.clone(), back.stop.clone()));
        let (http, grpc) = (settings.http, settings.grpc);
        let front = Crew::default();
        let mut node = Self { http, grpc, https: None, upstream, store, front, back };
        node.listen(settings, metrics).await?;
        Ok(node)
    }

    async fn listen(
        &mut self,
        settings: &Settings,
        metrics: PrometheusHandle,
    ) -> anyhow::Result<()> {
        let http = Arc::new(http_settings(settings));
        let limiter = Limiter::new(settings.rate_limit(), http.clone());
        if let Some(limiter) = limiter.clone() {
            self.back.tasks.spawn(tidy(limiter, self.back.stop.clone()));
        }
        let (tasks, stop) = (&self.front.tasks, &self.front.stop);
        let brokers: Arc<OnceLock<Brokers>> = Arc::default();
        let public = crate::doors::public(&self.upstream).await?;
        let app = app(HttpParts {
            upstream: self.upstream.clone(),
            web: public.clone().map(|public| (public, settings.web_origins.clone())),
            settings: http,
            interfaces: Interfaces::of(settings),
            health: health_with_http(settings, &self.upstream, stop),
            limiter,
            metrics,
            brokers: brokers.clone(),
        });
        let doors = crate::doors::open(settings, &self.upstream, (app, public), stop).await?;
        for door in &doors {
            let address = door.listener.address()?;
            match door.kind {
                Kind::Http => (self.http, self.grpc) = (address, address),
                Kind::Grpc => self.grpc = address,
                Kind::Https => self.https = Some(address),
                Kind::Grpcs | Kind::Adapters => {
                    tracing::info!(%address, kind = ?door.kind, "serving, too");
                }
            }
            if let Some(tls) = door.tls.clone() {
                self.back.tasks.spawn(tls.watch(self.back.stop.clone()));
            }
        }
        let client = self.upstream.client();
        if let Some(bridge) = crate::mqtt::bridge(settings, self.http, client.clone())? {
            tasks.spawn(bridge.run(stop.clone()));
        }
        let started = Keeper::new(settings, client, self.http, tasks, stop)?.start().await;
        brokers.get_or_init(|| started);
        for door in doors {
            tasks.spawn(door.listener.run(stop.clone()));
        }
        Ok(())
    }

    /// Ends in an orderly way: takes no more requests, lets what runs come to its end for some
    /// seconds, and writes what is only in memory.
    pub async fn stop(self) {
        self.upstream.end_streams();
        self.front.end().await;
        self.back.end().await;
        if let Some(store) = self.store {
            store.close().await;
        }
    }
}

/// Opens storage, brings the database up to date and starts the workers.
async fn begin_core(settings: &Settings, back: &Crew) -> anyhow::Result<(Hub, Store)> {
    prepare_folder(settings)?;
    let store = open_store(settings).await?;
    let hub = open_hub(settings, store.clone())?;
    hub.bootstrap().await.context("the first tenant could not be made")?;
    guard_default_password(settings, &hub).await?;
    hub.start_workers(&back.tasks, &back.stop);
    Ok((hub, store))
}

fn recorder() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().install_recorder().context("metrics cannot be kept")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let database = settings.database();
    otahub_migrations::up(&database)
        .await
        .context("the database could not be brought up to date")?;
    Store::open(&StoreOptions::new(&database)).await.context("the database could not be opened")
}

/// A hub without listeners and workers, for upkeep.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Hub> {
    open_hub(settings, open_store(settings).await?)
}

fn open_hub(settings: &Settings, store: Store) -> anyhow::Result<Hub> {
    let blobs = Blobs::open(&artifact_url(settings)?).map_err(anyhow::Error::msg)?;
    let parts = HubParts {
        store,
        blobs,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        encryptor: open_encryptor(settings)?,
    };
    let options = HubOptions {
        quotas: settings.quotas(),
        limits: Limits {
            polling_min: Duration::from_secs(settings.polling_interval_min_secs),
            ..Limits::default()
        },
        device_cache_size: settings.device_cache_size,
        reboot_wait: Duration::from_secs(settings.astarte_reboot_wait_secs),
        event_retention: Duration::from_secs(settings.event_retention_hours.saturating_mul(3600)),
        auto_assignment_interval: Duration::from_secs(settings.auto_assignment_interval_secs),
        audit_retention: (settings.audit_retention_days > 0)
            .then(|| Duration::from_secs(settings.audit_retention_days.saturating_mul(24 * 3600))),
        users: settings.users().map_err(anyhow::Error::msg)?,
        oidc: settings.oidc.as_ref().map(OidcSettings::options),
        webhook_networks: settings.webhook_networks.clone(),
        ..HubOptions::default()
    };
    Ok(Hub::new(parts, options))
}

/// What encrypts artifacts, if there are keys.
fn open_encryptor(settings: &Settings) -> anyhow::Result<Option<Arc<dyn Encryptor>>> {
    let keys = settings.artifact_keys().map_err(anyhow::Error::msg)?;
    let encryptor = |keys| AesGcmEncryptor::new(keys, Arc::new(SystemEntropy));
    Ok(keys.map(|keys| Arc::new(encryptor(keys)) as Arc<dyn Encryptor>))
}

fn artifact_url(settings: &Settings) -> anyhow::Result<Url> {
    if let Some(url) = &settings.artifact_url {
        return Ok(url.clone());
    }
    let folder = std::path::absolute(settings.data_dir.join("artifacts"))?;
    Url::from_file_path(&folder)
        .map_err(|()| anyhow::anyhow!("{} cannot hold artifacts", folder.display()))
}

async fn guard_default_password(settings: &Settings, hub: &Hub) -> anyhow::Result<()> {
    if !hub.has_default_password().await? {
        return Ok(());
    }
    anyhow::ensure!(
        settings.is_loopback_only() || settings.allow_default_password,
        "admin still has the password admin: change it with `otahub set-password admin`, listen on \
         loopback only, or give --allow-default-password"
    );
    tracing::warn!("admin still has the password admin: change it before others can reach the hub");
    Ok(())
}

fn http_settings(settings: &Settings) -> HttpSettings {
    let text =
        |url: &Option<Url>| url.as_ref().map(|u| u.as_str().trim_end_matches('/').to_owned());
    HttpSettings {
        public_url: text(&settings.public_url),
        public_http_url: text(&settings.public_http_url),
        trusted_proxies: settings.trusted_proxies.clone(),
        ..HttpSettings::default()
    }
}

/// Histograms gather samples until somebody looks at them, or this is called.
async fn keep_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(METRICS_UPKEEP)).await.is_some() {
        metrics.run_upkeep();
    }
}

async fn tidy(limiter: Arc<Limiter>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LIMITER_TIDY)).await.is_some() {
        limiter.tidy();
    }
}
