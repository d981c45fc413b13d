//! Settings: flags over environment over a TOML file over defaults.

mod identity;
mod remote;

pub(crate) use identity::OidcSettings;

use crate::quotas::QuotaSettings;
use crate::roles::Role;
use clap::Args;
use config::{Config, Environment, File, FileFormat};
use identity::UserSettings;
use ipnet::IpNet;
use otahub_core::encryption::KeyRing;
use otahub_domain::tenant::Quotas;
use remote::RemoteFlags;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// The settings that are flags, too. Each can also be given as the environment variable that the
/// help names, and in the file under its name with `_` for `-`.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(crate) struct Flags {
    /// Where to listen for HTTP (DDI and the Management API).
    #[arg(long, env = "OTAHUB_HTTP", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    /// Where to listen for gRPC.
    #[arg(long, env = "OTAHUB_GRPC", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc: Option<String>,
    /// Where to listen for HTTPS, beside HTTP; needs --tls-cert and --tls-key.
    #[arg(long, env = "OTAHUB_HTTPS", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
    /// The hub's certificate chain (PEM). Read again when it changes.
    #[arg(long, env = "OTAHUB_TLS_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, env = "OTAHUB_TLS_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<PathBuf>,
    /// Who may vouch for devices by client certificates (PEM). Devices without one may still
    /// use a token.
    #[arg(long, env = "OTAHUB_TLS_CLIENT_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_client_ca: Option<PathBuf>,
    /// Where the SQLite file and the artifacts are kept.
    #[arg(long, env = "OTAHUB_DATA_DIR", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "OTAHUB_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    /// file:///FOLDER or s3://BUCKET/PREFIX.
    #[arg(long, env = "OTAHUB_ARTIFACT_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_url: Option<String>,
    /// Turns the MQTT bridge on: mqtt://[USER:PASSWORD@]HOST[:PORT] or mqtts://…
    #[arg(long, env = "OTAHUB_MQTT_URL", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mqtt_url: Option<String>,
    /// The message broker of DMF: amqp://USER:PASSWORD@HOST/VHOST or amqps://…. DMF is off
    /// without one.
    #[arg(long, env = "OTAHUB_AMQP_URL", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amqp_url: Option<String>,
    /// A broker, or virtual host, for each tenant: {tenant} in it stands for the tenant's name.
    #[arg(long, env = "OTAHUB_AMQP_TENANT_URL", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amqp_tenant_url: Option<String>,
    /// Who may vouch for message brokers beside those whom the machine trusts, PEM.
    #[arg(long, env = "OTAHUB_AMQP_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    amqp_ca: Option<PathBuf>,
    /// Keys that encrypt artifacts: ID = 64 hexadecimal digits on each line, the first for new
    /// ones.
    #[arg(long, env = "OTAHUB_ARTIFACT_KEY_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_key_file: Option<PathBuf>,
    /// What links are built from; without it, the request and its forwarding headers.
    #[arg(long, env = "OTAHUB_PUBLIC_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// Origins whose pages may call the hub over gRPC-Web, separated by commas, e.g.
    /// https://ui.example.org; * for all. Only the hub's own without it.
    #[arg(long, env = "OTAHUB_WEB_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    web_origins: Vec<String>,
    /// Networks that webhooks may be sent to although they are not public, separated by commas,
    /// e.g. 10.0.0.0/8.
    #[arg(long, env = "OTAHUB_WEBHOOK_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhook_networks: Vec<String>,
    /// Requests per client address and second: READS,WRITES, or off. Off while listening on
    /// loopback only, else 200,50.
    #[arg(long, env = "OTAHUB_RATE_LIMIT", value_name = "READS,WRITES|off")]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<String>,
    /// Listen beyond loopback although admin still has the password that everybody knows.
    #[arg(long, env = "OTAHUB_ALLOW_DEFAULT_PASSWORD")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_default_password: bool,
    #[command(flatten)]
    #[serde(flatten)]
    remote: RemoteFlags,
}

/// All settings. Unknown names in the file are refused.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen for HTTP.
    pub http: SocketAddr,
    /// Where to listen for gRPC.
    pub grpc: SocketAddr,
    /// Where to listen for HTTPS.
    pub https: Option<SocketAddr>,
    /// Certificate chain, PEM.
    pub tls_cert: Option<PathBuf>,
    /// Key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Issuers of client certificates, PEM.
    pub tls_client_ca: Option<PathBuf>,
    /// What this process does; everything if empty.
    pub role: BTreeSet<Role>,
    /// Where to listen for gRPC over TLS.
    pub grpcs: Option<SocketAddr>,
    /// Issuers of the certificates that clients have to show there, PEM.
    pub grpcs_client_ca: Option<PathBuf>,
    /// Where to listen for adapters in processes of their own.
    pub adapter_grpc: Option<SocketAddr>,
    /// Certificate chain for them, PEM.
    pub adapter_tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    pub adapter_tls_key: Option<PathBuf>,
    /// Issuers of the certificates that adapters have to show, PEM.
    pub adapter_client_ca: Option<PathBuf>,
    /// The names that those may have; any if empty.
    pub adapter_names: Vec<String>,
    /// Hub and adapters speak in the clear, on loopback.
    pub adapter_insecure: bool,
    /// The hub that is served, by a process without the core.
    pub hub_url: Option<Url>,
    /// Issuers of its certificate, PEM.
    pub hub_ca: Option<PathBuf>,
    /// Certificate chain that is shown to it, PEM.
    pub hub_cert: Option<PathBuf>,
    /// The key of that, PEM.
    pub hub_key: Option<PathBuf>,
    /// How many connections with it calls are spread over.
    pub hub_connections: usize,
    /// Where the SQLite file and the artifacts are kept.
    pub data_dir: PathBuf,
    /// The database; a SQLite file in the data folder without one.
    pub database_url: Option<String>,
    /// Artifacts; a folder in the data folder without one.
    pub artifact_url: Option<Url>,
    /// The MQTT broker; no bridge without one.
    pub mqtt_url: Option<Url>,
    /// What the topics of the bridge's JSON mode begin with.
    pub mqtt_prefix: String,
    /// The broker that devices on Astarte's protocol are sent to, with its port; none are served
    /// without it.
    pub astarte_broker_url: Option<Url>,
    /// How long such a device may take after its restart to say how an update went, before that
    /// is concluded from what it runs.
    pub astarte_reboot_wait_secs: u64,
    /// Who may vouch for the broker (PEM); the system's own without it.
    pub mqtt_ca: Option<PathBuf>,
    /// The hub's certificate chain for the broker, PEM.
    pub mqtt_cert: Option<PathBuf>,
    /// The key of that certificate, PEM.
    pub mqtt_key: Option<PathBuf>,
    /// The message broker that tenants share for DMF.
    pub amqp_url: Option<String>,
    /// Brokers (or virtual hosts) of all tenants: `{tenant}` stands for a tenant's name.
    pub amqp_tenant_url: Option<String>,
    /// Certificates of those who may vouch for brokers, a file.
    pub amqp_ca: Option<PathBuf>,
    /// Brokers (or virtual hosts) of single tenants, by the tenant's name.
    pub amqp_tenants: BTreeMap<String, String>,
    /// Keys that encrypt artifacts, a file.
    pub artifact_key_file: Option<PathBuf>,
    /// The same keys themselves, if there is no file.
    pub artifact_keys: Option<String>,
    /// What links are built from.
    pub public_url: Option<Url>,
    /// The same for plain HTTP, beside a `public_url` of HTTPS.
    pub public_http_url: Option<Url>,
    /// Peers whose forwarding and certificate headers are believed. Loopback always is.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may call over gRPC-Web; `*` is all.
    pub web_origins: Vec<String>,
    /// Networks that webhooks may be sent to although they are not public.
    pub webhook_networks: Vec<IpNet>,
    /// Requests per client address and second.
    pub rate_limit: Option<RateLimit>,
    /// Listen beyond loopback with the default password.
    pub allow_default_password: bool,
    /// The shortest polling interval that a tenant may set, in seconds.
    pub polling_interval_min_secs: u64,
    /// Connections that are open at the same time, over all listeners.
    pub connections_max: usize,
    /// How many devices the cache of offers remembers.
    pub device_cache_size: u64,
    /// For how many hours events stay in the log.
    pub event_retention_hours: u64,
    /// How often automatic assignments look over all targets, in seconds.
    pub auto_assignment_interval_secs: u64,
    /// For how many days the audit trail is kept; 0 for ever.
    pub audit_retention_days: u64,
    /// Users that change only here, by name.
    pub users: BTreeMap<String, UserSettings>,
    /// Whose bearer tokens count besides the hub's own.
    pub oidc: Option<OidcSettings>,
    /// How much of each thing there may be.
    pub quotas: QuotaSettings,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines, an object a line.
    Json,
}

/// Requests per client address and second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum RateLimit {
    /// As many as come.
    Off,
    /// At most these.
    PerSecond {
        /// GET requests.
        reads: u32,
        /// All others.
        writes: u32,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            grpc: SocketAddr::from(([127, 0, 0, 1], 50051)),
            https: None,
            tls_cert: None,
            tls_key: None,
            tls_client_ca: None,
            role: BTreeSet::new(),
            grpcs: None,
            grpcs_client_ca: None,
            adapter_grpc: None,
            adapter_tls_cert: None,
            adapter_tls_key: None,
            adapter_client_ca: None,
            adapter_names: Vec::new(),
            adapter_insecure: false,
            hub_url: None,
            hub_ca: None,
            hub_cert: None,
            hub_key: None,
            hub_connections: 4,
            data_dir: PathBuf::from("otahub-data"),
            database_url: None,
            artifact_url: None,
            mqtt_url: None,
            mqtt_prefix: "ota/v1".to_owned(),
            astarte_broker_url: None,
            astarte_reboot_wait_secs: 120,
            mqtt_ca: None,
            mqtt_cert: None,
            mqtt_key: None,
            amqp_url: None,
            amqp_tenant_url: None,
            amqp_ca: None,
            amqp_tenants: BTreeMap::new(),
            artifact_key_file: None,
            artifact_keys: None,
            public_url: None,
            public_http_url: None,
            trusted_proxies: Vec::new(),
            web_origins: Vec::new(),
            webhook_networks: Vec::new(),
            rate_limit: None,
            allow_default_password: false,
            polling_interval_min_secs: 30,
            connections_max: 20_000,
            device_cache_size: 200_000,
            event_retention_hours: 7 * 24,
            auto_assignment_interval_secs: 60,
            audit_retention_days: 365,
            users: BTreeMap::new(),
            oidc: None,
            quotas: QuotaSettings::default(),
            log_format: LogFormat::Text,
        }
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// A sentence that says what is wrong with them.
    pub(crate) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, String> {
        let mut builder = Config::builder();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            let source = File::from_str(&text, FileFormat::Toml);
            // on its own first, so that a fault is known to be the file's
            let alone = Config::builder().add_source(source.clone()).build();
            alone
                .and_then(Config::try_deserialize::<Self>)
                .map_err(|e| one_line(&format!("{}: {e}", path.display())))?;
            builder = builder.add_source(source);
        }
        let flags = Config::try_from(flags).map_err(|e| e.to_string())?;
        let merged = builder.add_source(nested_environment()).add_source(flags).build();
        let settings: Self = merged
            .and_then(Config::try_deserialize)
            .map_err(|e| one_line(&format!("bad setting: {e}")))?;
        settings.check()?;
        Ok(settings.narrowed())
    }

    fn check(&self) -> Result<(), String> {
        if self.https.is_some() && (self.tls_cert.is_none() || self.tls_key.is_none()) {
            return Err("--https needs --tls-cert and --tls-key".into());
        }
        if self.tls_client_ca.is_some() && self.https.is_none() {
            return Err("--tls-client-ca needs --https".into());
        }
        for url in [&self.public_url, &self.public_http_url].into_iter().flatten() {
            if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
                return Err(format!("{url} is no address that links could be built from"));
            }
        }
        self.check_roles()?;
        crate::grpc_web::check(&self.web_origins)?;
        crate::mqtt::check_astarte(self)?;
        if let Some(bridge) = crate::mqtt::options(self, self.http) {
            bridge.check()?;
        }
        crate::dmf::check(self)?;
        if let Some(url) = &self.database_url
            && otahub_store::Backend::of_url(url).is_none()
        {
            return Err("the database URL must begin with sqlite:// or postgres://".into());
        }
        self.artifact_keys()?;
        self.users()?;
        self.oidc.as_ref().map_or(Ok(()), OidcSettings::check)
    }

    /// The database's URL.
    #[must_use]
    pub fn database(&self) -> String {
        let file = || otahub_store::Backend::sqlite_url(&self.data_dir.join("otahub.db"));
        self.database_url.clone().unwrap_or_else(file)
    }

    /// Whether every listener is on loopback.
    #[must_use]
    pub fn is_loopback_only(&self) -> bool {
        [Some(self.http), Some(self.grpc), self.https, self.grpcs, self.adapter_grpc]
            .into_iter()
            .flatten()
            .all(|address| address.ip().is_loopback())
    }

    /// The rate limit in force.
    #[must_use]
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit.unwrap_or(if self.is_loopback_only() {
            RateLimit::Off
        } else {
            RateLimit::PerSecond { reads: 200, writes: 50 }
        })
    }

    /// The quotas in force.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        self.quotas.over(Quotas::default())
    }

    /// The keys that encrypt artifacts, if there are any.
    ///
    /// # Errors
    /// A sentence that says what is wrong with them.
    pub(crate) fn artifact_keys(&self) -> Result<Option<KeyRing>, String> {
        let text = match (&self.artifact_key_file, &self.artifact_keys) {
            (Some(file), _) => std::fs::read_to_string(file)
                .map_err(|e| format!("cannot read {}: {e}", file.display()))?,
            (None, Some(text)) => text.clone(),
            (None, None) => return Ok(None),
        };
        KeyRing::parse(&text).map(Some)
    }
}

/// A message of a library in one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Settings that have no flag, from variables such as `OTAHUB_QUOTAS__ARTIFACT_BYTES`. Other
/// variables with the prefix are other programs' business.
fn nested_environment() -> Environment {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let names: Vec<String> =
        defaults.as_object().map(|table| table.keys().cloned().collect()).unwrap_or_default();
    let mine: HashMap<String, String> = std::env::vars()
        .filter(|(name, value)| {
            let Some(rest) = name.strip_prefix("OTAHUB_") else {
                return false;
            };
            let rest = rest.to_lowercase();
            let top = rest.split("__").next().unwrap_or_default();
            !value.is_empty() && names.iter().any(|n| n == top)
        })
        .collect();
    Environment::with_prefix("OTAHUB")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("trusted_proxies")
        .with_list_parse_key("role")
        .with_list_parse_key("adapter_names")
        .with_list_parse_key("web_origins")
        .with_list_parse_key("webhook_networks")
        .source(Some(mine))
}

impl TryFrom<String> for RateLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let wrong = || format!("the rate limit {text:?} is neither READS,WRITES nor off");
        let (reads, writes) = text.split_once(',').ok_or_else(wrong)?;
        let number = |n: &str| n.trim().parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(wrong);
        Ok(Self::PerSecond { reads: number(reads)?, writes: number(writes)? })
    }
}

impl From<RateLimit> for String {
    fn from(limit: RateLimit) -> Self {
        match limit {
            RateLimit::Off => "off".into(),
            RateLimit::PerSecond { reads, writes } => format!("{reads},{writes}"),
        }
    }
}

#[cfg(test)]
mod tests;
