//! What a trusted proxy tells of the client: `X-Forwarded-…` and `Forwarded` (RFC 7239).

use crate::{HttpSettings, Peer};
use http::HeaderMap;
use http::request::Parts;
use std::net::{IpAddr, SocketAddr};

/// The client's address: the last one, read from the right, that is not a trusted proxy's own.
/// An untrusted peer is the client itself, whatever it says.
#[must_use]
pub fn client_address(parts: &Parts, settings: &HttpSettings) -> IpAddr {
    let peer = Peer::of(&parts.extensions).address.ip().to_canonical();
    if !settings.trusts(peer) {
        return peer;
    }
    let mut client = peer;
    for hop in hops(&parts.headers).into_iter().rev() {
        let Some(address) = hop else { break };
        client = address.to_canonical();
        if !settings.trusts(client) {
            break;
        }
    }
    client
}

/// The addresses in order; None for one that is hidden or malformed.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let plain = headers.get_all("x-forwarded-for").iter();
    let plain: Vec<_> =
        plain.flat_map(|v| v.to_str().unwrap_or("?").split(',')).map(address).collect();
    if !plain.is_empty() {
        return plain;
    }
    let standard = headers.get_all("forwarded").iter();
    standard
        .flat_map(|v| rfc7239::parse(v.to_str().unwrap_or("?")))
        .map(|node| node.ok()?.forwarded_for?.ip().copied())
        .collect()
}

/// An address with or without a port, with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

/// What a proxy says of the address that the client used.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ForwardedOrigin<'a> {
    pub(crate) scheme: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) port: Option<u16>,
    pub(crate) prefix: Option<&'a str>,
}

impl<'a> ForwardedOrigin<'a> {
    /// Reads the headers; of lists the first entry, which is the client's side.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let standard = first(headers, "forwarded")
            .and_then(|_| headers.get("forwarded")?.to_str().ok())
            .and_then(|value| rfc7239::parse(value).next()?.ok());
        let (scheme, host) = standard.map_or((None, None), |node| (node.protocol, node.host));
        let prefix = first(headers, "x-forwarded-prefix").map(|p| p.trim_end_matches('/'));
        Self {
            scheme: first(headers, "x-forwarded-proto").or(scheme.map(unquoted)),
            host: first(headers, "x-forwarded-host").or(host.map(unquoted)),
            port: first(headers, "x-forwarded-port").and_then(|p| p.parse().ok()),
            prefix: prefix.filter(|p| p.starts_with('/')),
        }
    }
}

fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim).filter(|v| !v.is_empty())
}

fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, header: (&str, &str)) -> String {
        let settings = HttpSettings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpSettings::default()
        };
        let (mut parts, ()) =
            http::Request::get("/").header(header.0, header.1).body(()).unwrap().into_parts();
        let address = format!("{peer}:1").parse().unwrap();
        parts.extensions.insert(Peer { address, tls: false, certificate: None });
        client_address(&parts, &settings).to_string()
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let xff = "x-forwarded-for";
        for (peer, header, expected) in [
            ("192.0.2.9", (xff, "203.0.113.5"), "192.0.2.9"),
            ("10.0.0.1", (xff, "203.0.113.5"), "203.0.113.5"),
            ("10.0.0.1", (xff, "1.1.1.1, 203.0.113.5, 10.0.0.2"), "203.0.113.5"),
            ("10.0.0.1", (xff, "10.0.0.3, 10.0.0.2"), "10.0.0.3"),
            ("10.0.0.1", (xff, "unknown"), "10.0.0.1"),
            ("10.0.0.1", (xff, "203.0.113.5:4711"), "203.0.113.5"),
            ("10.0.0.1", (xff, "[2001:db8::5]:4711"), "2001:db8::5"),
            ("10.0.0.1", ("forwarded", "for=203.0.113.5;proto=https"), "203.0.113.5"),
            ("10.0.0.1", ("forwarded", "for=1.1.1.1, For=\"[2001:db8::5]\""), "2001:db8::5"),
            ("10.0.0.1", ("forwarded", "for=_hidden"), "10.0.0.1"),
            ("127.0.0.1", ("accept", "*/*"), "127.0.0.1"),
        ] {
            assert_eq!(client(peer, header), expected, "{peer} {header:?}");
        }
    }
}
