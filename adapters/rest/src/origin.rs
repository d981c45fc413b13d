//! What links begin with.

use crate::forwarded::ForwardedOrigin;
use crate::{HttpSettings, Peer};
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use std::borrow::Cow;

/// What links begin with: scheme, host, port and prefix, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'a> {
    base: Cow<'a, str>,
    plain: Option<&'a str>,
}

impl<'a> Origin<'a> {
    /// The configured address, or the one that the client used.
    #[must_use]
    pub fn of(parts: &Parts, settings: &'a HttpSettings) -> Self {
        let plain = settings.public_http_url.as_deref().map(trimmed);
        let configured = settings.public_url.as_deref().map(trimmed);
        match configured.or(plain) {
            Some(base) => Self { base: Cow::Borrowed(base), plain },
            None => Self { base: Cow::Owned(of_request(parts, settings)), plain: None },
        }
    }

    /// What links begin with, e.g. `https://hub.example.org/prefix`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The base whose scheme is https, if there is one.
    #[must_use]
    pub fn secure(&self) -> Option<&str> {
        is_secure(&self.base).then_some(&*self.base)
    }

    /// The base whose scheme is http, if there is one.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        if is_secure(&self.base) { self.plain } else { Some(&self.base) }
    }
}

fn trimmed(url: &str) -> &str {
    url.trim_end_matches('/')
}

fn is_secure(base: &str) -> bool {
    base.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}

fn of_request(parts: &Parts, settings: &HttpSettings) -> String {
    let peer = Peer::of(&parts.extensions);
    let forwarded = if settings.trusts(peer.address.ip()) {
        ForwardedOrigin::of(&parts.headers)
    } else {
        ForwardedOrigin::default()
    };
    let own_scheme = if peer.tls { "https" } else { "http" };
    let scheme = match forwarded.scheme {
        Some(s) if s.eq_ignore_ascii_case("https") => "https",
        Some(s) if s.eq_ignore_ascii_case("http") => "http",
        _ => own_scheme,
    };
    let authority = forwarded.host.and_then(authority).or_else(|| requested(parts));
    let port = forwarded.port.or_else(|| authority.as_ref().and_then(Authority::port_u16));
    let host = authority.as_ref().map_or("localhost", Authority::host);
    let mut base = String::with_capacity(160);
    base.extend([scheme, "://", host]);
    let usual = if scheme == "https" { 443 } else { 80 };
    if let Some(port) = port.filter(|port| *port != usual) {
        base.push(':');
        base.push_str(&port.to_string());
    }
    base.push_str(forwarded.prefix.filter(|p| is_path(p)).unwrap_or_default());
    base
}

fn requested(parts: &Parts) -> Option<Authority> {
    let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
    host.and_then(authority).or_else(|| parts.uri.authority().cloned())
}

fn authority(text: &str) -> Option<Authority> {
    text.parse().ok().filter(|a: &Authority| !a.as_str().contains('@') && !a.host().is_empty())
}

fn is_path(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)], peer: &str, tls: bool) -> Parts {
        let mut builder = http::Request::get("/");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let mut parts = builder.body(()).unwrap().into_parts().0;
        let address = format!("{peer}:1").parse().unwrap();
        parts.extensions.insert(Peer { address, tls, certificate: None });
        parts
    }

    #[test]
    fn links_repeat_the_address_that_the_client_used() {
        let (near, far) = ("127.0.0.1", "203.0.113.1");
        let proxied = [
            ("host", "inner:8080"),
            ("x-forwarded-host", "hub.example.org"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/ota/"),
        ];
        let standard =
            [("host", "inner"), ("forwarded", "for=1.1.1.1;proto=https;host=\"hub.example.org\"")];
        for (headers, peer, tls, expected) in [
            (&[("host", "h:9090")][..], far, false, "http://h:9090"),
            (&[("host", "h:443")], far, true, "https://h"),
            (&[("host", "h:80")], far, false, "http://h"),
            (&[("host", "[::1]:8080")], far, false, "http://[::1]:8080"),
            (&[("host", "user@h")], far, false, "http://localhost"),
            (&[], far, false, "http://localhost"),
            (&proxied, near, false, "https://hub.example.org/ota"),
            (&proxied, far, false, "http://inner:8080"),
            (&standard, near, false, "https://hub.example.org"),
            (&[("host", "h"), ("x-forwarded-port", "8443")], near, true, "https://h:8443"),
        ] {
            let settings = HttpSettings::default();
            let parts = parts(headers, peer, tls);
            assert_eq!(Origin::of(&parts, &settings).base(), expected, "{headers:?}");
        }
    }

    #[test]
    fn configured_addresses_win_and_both_kinds_can_be_had() {
        let mut settings = HttpSettings {
            public_url: Some("https://hub.example.org/".into()),
            ..HttpSettings::default()
        };
        let parts = parts(&[("host", "h")], "127.0.0.1", false);
        let origin = Origin::of(&parts, &settings);
        assert_eq!((origin.secure(), origin.plain()), (Some("https://hub.example.org"), None));
        settings.public_http_url = Some("http://hub.example.org:8080".into());
        let origin = Origin::of(&parts, &settings);
        assert_eq!(origin.base(), "https://hub.example.org");
        assert_eq!(origin.plain(), Some("http://hub.example.org:8080"));
    }
}
