//! Which addresses webhooks may be sent to: those of the public internet, and what the settings
//! allow besides. A name is resolved, its addresses are checked, and only those are connected with.

use ipnet::IpNet;
use otahub_domain::webhook::is_public;
use otahub_domain::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Which addresses are fine.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    allowed: Arc<[IpNet]>,
}

/// None of a name's addresses is fine.
#[derive(Debug, thiserror::Error)]
#[error("{name} has no address that webhooks may be sent to")]
struct Refused {
    name: String,
}

impl Guard {
    /// Public addresses and those of some networks.
    pub(super) fn new(allowed: &[IpNet]) -> Self {
        Self { allowed: allowed.into() }
    }

    fn permits(&self, address: IpAddr) -> bool {
        // as it is connected with
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Refuses what is no URL of a webhook. Names are only looked up when something is sent.
    pub(super) fn check(&self, text: &str) -> Result<Url> {
        let wrong = |what: &str| Error::invalid("url", what);
        let url = Url::parse(text).map_err(|_| wrong("is no URL"))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(wrong("begins with neither https:// nor http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("has a user or password, which would be shown"));
        }
        let literal = match url.host() {
            None => return Err(wrong("names no host")),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        };
        if literal.is_some_and(|address| !self.permits(address)) {
            return Err(wrong("is an address that webhooks may not be sent to"));
        }
        Ok(url)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fine: Vec<SocketAddr> = found.filter(|at| guard.permits(at.ip())).collect();
            if fine.is_empty() {
                return Err(Refused { name }.into());
            }
            let addresses: Addrs = Box::new(fine.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_urls_are_fine_unless_the_settings_say_so() {
        let guard = Guard::default();
        for url in ["https://ci.example.org/hook?x=1", "http://8.8.8.8/", "https://[2a00::1]:8443/"]
        {
            assert!(guard.check(url).is_ok(), "{url}");
        }
        for url in [
            "ftp://example.org/",
            "https://",
            "https://a:b@example.org/",
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(guard.check(url).is_err(), "{url}");
        }
        let guard = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
        assert!(guard.check("http://127.0.0.1:9000/").is_ok());
        assert!(guard.check("http://[::ffff:127.0.0.1]/").is_ok());
        assert!(guard.check("http://10.0.0.1/").is_err());
    }
}
