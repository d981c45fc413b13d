//! Settings of hubs whose adapters are processes of their own, and of gRPC over TLS.

use super::Settings;
use crate::roles::Role;
use clap::Args;
use serde::Serialize;
use std::net::IpAddr;
use std::path::PathBuf;
use url::{Host, Url};

/// Flags of what a process does, and of the way between hub and adapters.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(crate) struct RemoteFlags {
    /// What this process does; everything without it. Without `hub` it needs --hub-url.
    #[arg(long, env = "OTAHUB_ROLE", value_delimiter = ',', value_name = "ROLE,…")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    role: Vec<Role>,
    /// Where to listen for gRPC over TLS, beside gRPC; needs --tls-cert and --tls-key.
    #[arg(long, env = "OTAHUB_GRPCS", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    grpcs: Option<String>,
    /// Who may come in there: only clients with a certificate of these issuers (PEM).
    #[arg(long, env = "OTAHUB_GRPCS_CLIENT_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    grpcs_client_ca: Option<PathBuf>,
    /// Where the hub listens for adapters in processes of their own. What they say of their
    /// callers is believed.
    #[arg(long, env = "OTAHUB_ADAPTER_GRPC", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_grpc: Option<String>,
    /// The certificate chain that the hub shows them (PEM). Read again when it changes.
    #[arg(long, env = "OTAHUB_ADAPTER_TLS_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, env = "OTAHUB_ADAPTER_TLS_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_tls_key: Option<PathBuf>,
    /// Who vouches for adapters (PEM): one without a certificate of these is refused.
    #[arg(long, env = "OTAHUB_ADAPTER_CLIENT_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_client_ca: Option<PathBuf>,
    /// The names of adapters, as common name or DNS name of their certificates; without it every
    /// certificate of those issuers will do.
    #[arg(long, env = "OTAHUB_ADAPTER_NAMES", value_delimiter = ',', value_name = "NAME,…")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    adapter_names: Vec<String>,
    /// Hub and adapters speak in the clear; on loopback only.
    #[arg(long, env = "OTAHUB_ADAPTER_INSECURE")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    adapter_insecure: bool,
    /// The hub whose adapter this process is: what --adapter-grpc of it is, as https://HOST:PORT.
    #[arg(long, env = "OTAHUB_HUB_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_url: Option<String>,
    /// Who vouches for that hub (PEM); without it, those whom the machine trusts.
    #[arg(long, env = "OTAHUB_HUB_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_ca: Option<PathBuf>,
    /// The certificate chain that this adapter shows it (PEM). Read again when it changes.
    #[arg(long, env = "OTAHUB_HUB_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, env = "OTAHUB_HUB_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_key: Option<PathBuf>,
}

impl Settings {
    /// Whether this process does a part of the hub.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.role.is_empty() || self.role.contains(&role)
    }

    /// Checks the roles and what they need.
    pub(super) fn check_roles(&self) -> Result<(), String> {
        if self.has(Role::Hub) {
            if self.hub_url.is_some() {
                return Err("--hub-url is for adapters: say with --role which".into());
            }
            self.check_grpcs()?;
            self.check_adapter_grpc()?;
        } else {
            self.check_hub_url()?;
        }
        if self.role.is_empty() {
            return Ok(());
        }
        let has_amqp = self.amqp_url.is_some()
            || self.amqp_tenant_url.is_some()
            || !self.amqp_tenants.is_empty();
        for (role, name, broker, flag) in [
            (Role::Dmf, "dmf", has_amqp, "--amqp-url"),
            (Role::Mqtt, "mqtt", self.mqtt_url.is_some(), "--mqtt-url"),
        ] {
            if !self.has(role) {
                continue;
            }
            // with the core, a broker is as optional as it is without roles
            if !broker && !self.has(Role::Hub) {
                return Err(format!("--role {name} needs {flag}"));
            }
            if broker && !self.has(Role::Ddi) && self.public_url.is_none() {
                return Err(format!(
                    "--role {name} without ddi needs --public-url: links to artifacts lead there"
                ));
            }
        }
        Ok(())
    }

    fn check_grpcs(&self) -> Result<(), String> {
        if self.grpcs.is_some() && (self.tls_cert.is_none() || self.tls_key.is_none()) {
            return Err("--grpcs needs --tls-cert and --tls-key".into());
        }
        if self.grpcs_client_ca.is_some() && self.grpcs.is_none() {
            return Err("--grpcs-client-ca needs --grpcs".into());
        }
        Ok(())
    }

    fn check_adapter_grpc(&self) -> Result<(), String> {
        let files = [&self.adapter_tls_cert, &self.adapter_tls_key, &self.adapter_client_ca];
        let given = files.iter().filter(|file| file.is_some()).count();
        let Some(address) = self.adapter_grpc else {
            return match given {
                0 => Ok(()),
                _ => Err("certificates for adapters need --adapter-grpc".into()),
            };
        };
        match (given, self.adapter_insecure) {
            (3, false) => Ok(()),
            (0, true) if address.ip().is_loopback() => Ok(()),
            (0, true) => Err("--adapter-insecure is for loopback only".into()),
            (_, true) => Err("--adapter-insecure and certificates exclude each other".into()),
            (_, false) => Err("--adapter-grpc needs --adapter-tls-cert, --adapter-tls-key and \
                               --adapter-client-ca"
                .into()),
        }
    }

    fn check_hub_url(&self) -> Result<(), String> {
        let Some(url) = &self.hub_url else {
            return Err("adapters without the hub need --hub-url".into());
        };
        if self.adapter_grpc.is_some() || self.grpcs.is_some() {
            return Err("only --role hub listens for gRPC".into());
        }
        let has_identity = self.hub_cert.is_some() && self.hub_key.is_some();
        match url.scheme() {
            "https" if has_identity => Ok(()),
            "https" => Err("--hub-url with https needs --hub-cert and --hub-key".into()),
            "http" if self.adapter_insecure && is_loopback(url) => Ok(()),
            "http" => Err("--hub-url without TLS needs --adapter-insecure and loopback".into()),
            _ => Err(format!("{url} does not begin with https://")),
        }
    }

    /// Without the settings of what other processes do, so that all may share a file.
    pub(super) fn narrowed(mut self) -> Self {
        if !self.has(Role::Dmf) {
            (self.amqp_url, self.amqp_tenant_url) = (None, None);
            self.amqp_tenants.clear();
        }
        if !self.has(Role::Mqtt) {
            (self.mqtt_url, self.astarte_broker_url) = (None, None);
        }
        self
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl Fn(&mut Settings)) -> Result<(), String> {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.check_roles()
    }

    #[test]
    fn an_adapter_needs_a_hub_and_proof_of_itself() {
        let at = |url: &str| Url::parse(url).ok();
        let adapter = |s: &mut Settings| s.role = [Role::Ddi].into();
        assert!(settings(adapter).unwrap_err().contains("--hub-url"));
        for (url, insecure, identity, good) in [
            ("https://hub:50052", false, true, true),
            ("https://hub:50052", false, false, false),
            ("http://hub:50052", true, false, false),
            ("http://127.0.0.1:50052", false, false, false),
            ("http://127.0.0.1:50052", true, false, true),
            ("http://[::1]:50052", true, false, true),
            ("ftp://hub", true, true, false),
        ] {
            let checked = settings(|s| {
                adapter(s);
                (s.hub_url, s.adapter_insecure) = (at(url), insecure);
                s.hub_cert = identity.then(|| "cert".into());
                s.hub_key = s.hub_cert.clone();
            });
            assert_eq!(checked.is_ok(), good, "{url}: {checked:?}");
        }
        assert!(settings(|s| s.hub_url = at("https://hub:1")).is_err(), "all of it has no hub");
    }

    #[test]
    fn adapters_are_listened_for_with_certificates_or_on_loopback() {
        for (address, files, insecure, good) in [
            ("0.0.0.0:1", 3, false, true),
            ("127.0.0.1:1", 2, false, false),
            ("127.0.0.1:1", 0, false, false),
            ("127.0.0.1:1", 0, true, true),
            ("127.0.0.1:1", 3, true, false),
            ("0.0.0.0:1", 0, true, false),
        ] {
            let file = |at: u32| (files > at).then(|| "file".into());
            let checked = settings(|s| {
                s.adapter_grpc = address.parse().ok();
                s.adapter_insecure = insecure;
                (s.adapter_tls_cert, s.adapter_tls_key) = (file(0), file(1));
                s.adapter_client_ca = file(2);
            });
            assert_eq!(checked.is_ok(), good, "{address}, {files}, {insecure}: {checked:?}");
        }
    }

    #[test]
    fn a_process_is_not_concerned_with_the_brokers_of_others() {
        let shared = Settings {
            role: [Role::Hub, Role::Ddi].into(),
            amqp_url: Some("amqp://broker".into()),
            mqtt_url: Url::parse("mqtt://broker").ok(),
            ..Settings::default()
        };
        let narrowed = shared.narrowed();
        assert!(narrowed.amqp_url.is_none() && narrowed.mqtt_url.is_none());
        let bridge = settings(|s| {
            s.role = [Role::Mqtt].into();
            s.mqtt_url = Url::parse("mqtt://broker").ok();
            (s.hub_url, s.adapter_insecure) = (Url::parse("http://[::1]:1").ok(), true);
        });
        assert!(bridge.unwrap_err().contains("--public-url"));
    }
}
