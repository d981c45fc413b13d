//! Who is at the other end of the connection.

use http::Extensions;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// The other end of the TCP connection. The listener puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted up to this process.
    pub tls: bool,
    /// What the verified client certificate says, if there is one.
    pub certificate: Option<ClientCertificate>,
}

/// What a verified client certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The common name of its subject.
    pub common_name: String,
    /// Its issuers, each in any of the spellings that a tenant may have configured.
    pub issuers: Vec<String>,
}

static UNKNOWN: Peer = Peer {
    address: SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)),
    tls: false,
    certificate: None,
};

impl Peer {
    /// The peer of a request; 127.0.0.1 without TLS if no listener told.
    #[must_use]
    pub fn of(extensions: &Extensions) -> &Self {
        extensions.get().unwrap_or(&UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_nobody_told_of_is_local_and_plain() {
        let peer = Peer::of(&Extensions::new()).clone();
        assert!(peer.address.ip().is_loopback() && !peer.tls && peer.certificate.is_none());
    }
}
