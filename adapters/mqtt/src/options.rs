//! How the bridge is set up.

use std::path::PathBuf;
use url::Url;

/// How the bridge is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The broker: `mqtt://[user:password@]host[:1883]` or `mqtts://…[:8883]`.
    pub broker: Url,
    /// What the topics of the JSON mode begin with, without a slash at its end.
    pub prefix: String,
    /// Whether devices on Astarte's protocol are heard, too.
    pub astarte: bool,
    /// What links to artifacts begin with, without a slash at its end.
    pub public_url: String,
    /// What tells this node from others.
    pub node: String,
    /// Certificates for `mqtts://`.
    pub tls: TlsFiles,
}

/// PEM files for the connection to the broker.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Who may vouch for the broker; the system's own without one.
    pub ca: Option<PathBuf>,
    /// The hub's own certificate chain.
    pub cert: Option<PathBuf>,
    /// The key of that certificate.
    pub key: Option<PathBuf>,
}

impl Options {
    /// Host and port of the broker.
    ///
    /// # Errors
    /// A sentence that says what is wrong with its URL.
    pub(crate) fn address(&self) -> Result<(String, u16), String> {
        let host = self.broker.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| format!("{} names no host", shown(&self.broker)))?;
        let default = if self.is_tls() { 8883 } else { 1883 };
        Ok((host.to_owned(), self.broker.port().unwrap_or(default)))
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        self.broker.scheme() == "mqtts"
    }

    /// Checks what can be checked without a broker.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        if !matches!(self.broker.scheme(), "mqtt" | "mqtts") {
            return Err(format!("{} does not begin with mqtt:// or mqtts://", shown(&self.broker)));
        }
        self.address()?;
        let levels = self.prefix.split('/');
        let is_bad = |level: &str| level.is_empty() || level.contains(['+', '#', '\0']);
        if levels.clone().any(is_bad) || self.prefix.starts_with('$') {
            return Err(format!("{:?} cannot begin topics", self.prefix));
        }
        if self.tls.cert.is_some() != self.tls.key.is_some() {
            return Err("a certificate for the broker needs its key, and the other way".to_owned());
        }
        Ok(())
    }

    /// The broker without secrets: what its lease and the hub's client id are named by.
    pub(crate) fn broker_name(&self) -> String {
        let (host, port) = self.address().unwrap_or_default();
        format!("{host}:{port}/{}", self.prefix)
    }
}

/// A URL as it may be logged.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // a URL that cannot have a password has none to hide
    let _ = url.set_password(None);
    url.to_string()
}
