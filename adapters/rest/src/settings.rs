//! What an operator may set about the HTTP interfaces.

use http::HeaderName;
use ipnet::IpNet;
use std::net::IpAddr;

/// Settings of the HTTP interfaces.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// What links are built from, e.g. `https://hub.example.org/prefix`; without it, the
    /// request's host and the forwarding headers of a trusted proxy.
    pub public_url: Option<String>,
    /// An `http://` address beside a `public_url` of `https://`, for devices without TLS.
    pub public_http_url: Option<String>,
    /// Peers whose forwarding and certificate headers are believed. Loopback always is.
    pub trusted_proxies: Vec<IpNet>,
    /// Where a trusted proxy puts what it knows of the client's certificate.
    pub certificate_headers: CertificateHeaders,
    /// The largest JSON or CBOR body that is read, in bytes.
    pub body_bytes_max: usize,
}

/// Names of the headers in which a trusted proxy hands over the client's certificate. The proxy
/// has to remove all of them from what clients send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateHeaders {
    /// The subject's common name.
    pub common_name: Vec<HeaderName>,
    /// Lists of issuers, divided by `,` or `;`.
    pub issuer_list: Vec<HeaderName>,
    /// Beginnings of numbered headers with an issuer each; the numbers begin at 0 or 1.
    pub issuer_numbered: Vec<String>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            public_http_url: None,
            trusted_proxies: Vec::new(),
            certificate_headers: CertificateHeaders::default(),
            body_bytes_max: 1 << 20,
        }
    }
}

impl Default for CertificateHeaders {
    /// The names of hawkBit from 1.0 on, and of those before.
    fn default() -> Self {
        Self {
            common_name: vec![
                HeaderName::from_static("x-controller-id"),
                HeaderName::from_static("x-ssl-client-cn"),
            ],
            issuer_list: vec![HeaderName::from_static("x-authority")],
            issuer_numbered: vec!["x-authority-".into(), "x-ssl-issuer-hash-".into()],
        }
    }
}

impl HttpSettings {
    /// Whether headers of this peer about the client are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_configured_networks_are_trusted_and_nobody_else() {
        let settings = HttpSettings {
            trusted_proxies: vec!["10.1.0.0/16".parse().unwrap()],
            ..HttpSettings::default()
        };
        for (peer, trusted) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(settings.trusts(peer.parse().unwrap()), trusted, "{peer}");
        }
    }
}
