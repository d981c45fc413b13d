//! On whose behalf a request is: what it carries, unjudged.

use crate::certificate::from_headers;
use crate::{HttpSettings, Peer, client_address};
use http::header::AUTHORIZATION;
use http::request::Parts;
use otahub_client::Caller;

/// A device: its `Authorization` header, its address, and its certificate: what a trusted proxy's
/// headers say of it (the proxy may have one of its own), or else that of the hub's own TLS.
#[must_use]
pub fn device(parts: &Parts, settings: &HttpSettings) -> Caller {
    let caller = operator(parts, settings);
    let peer = Peer::of(&parts.extensions);
    let is_proxy = settings.trusts(peer.address.ip());
    let told = is_proxy.then(|| from_headers(&parts.headers, &settings.certificate_headers));
    match told.flatten().as_ref().or(peer.certificate.as_ref()) {
        Some(found) => caller.with_certificate(&found.common_name, &found.issuers),
        None => caller,
    }
}

/// Who shows a grant instead of a credential, as devices do that cannot send one.
#[must_use]
pub fn granted(parts: &Parts, settings: &HttpSettings, grant: &str) -> Caller {
    let address = client_address(parts, settings);
    Caller::anonymous()
        .with_peer_address(&address.to_string())
        .with_authorization(&format!("Grant {grant}"))
}

/// An operator: the `Authorization` header and the address.
#[must_use]
pub fn operator(parts: &Parts, settings: &HttpSettings) -> Caller {
    let address = client_address(parts, settings);
    let caller = Caller::anonymous().with_peer_address(&address.to_string()).with_protocol("rest");
    match parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        Some(value) => caller.with_authorization(value),
        None => caller,
    }
}
