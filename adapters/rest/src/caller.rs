//! On whose behalf a request is: what it carries, unjudged.

use crate::certificate::from_headers;
use crate::{HttpSettings, Peer, client_address};
use http::header::AUTHORIZATION;
use http::request::Parts;
use otahub_client::Caller;

/// A device: its `Authorization` header, its certificate (of the hub's own TLS or from a trusted
/// proxy's headers) and its address.
#[must_use]
pub fn device(parts: &Parts, settings: &HttpSettings) -> Caller {
    let caller = operator(parts, settings);
    let peer = Peer::of(&parts.extensions);
    if let Some(certificate) = &peer.certificate {
        return caller.with_certificate(&certificate.common_name, &certificate.issuers);
    }
    if !settings.trusts(peer.address.ip()) {
        return caller;
    }
    match from_headers(&parts.headers, &settings.certificate_headers) {
        Some(found) => caller.with_certificate(&found.common_name, &found.issuers),
        None => caller,
    }
}

/// An operator: the `Authorization` header and the address.
#[must_use]
pub fn operator(parts: &Parts, settings: &HttpSettings) -> Caller {
    let address = client_address(parts, settings);
    let caller = Caller::anonymous().with_peer_address(&address.to_string());
    match parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
    {
        Some(value) => caller.with_authorization(value),
        None => caller,
    }
}
