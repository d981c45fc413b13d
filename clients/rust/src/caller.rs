//! On whose behalf a call is made: the credential and what is known of the connection.

use crate::metadata;
use base64::{Engine, engine::general_purpose::STANDARD};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

/// On whose behalf a call is made. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    entries: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
}

impl Caller {
    /// A caller without any credential.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A user with a password (RFC 7617).
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{user}:{password}"));
        Self::anonymous().with_authorization(&format!("Basic {pair}"))
    }

    /// An API token or an OIDC token (RFC 6750).
    #[must_use]
    pub fn bearer(token: &str) -> Self {
        Self::anonymous().with_authorization(&format!("Bearer {token}"))
    }

    /// The credential as an HTTP `Authorization` header carries it. One that no header could
    /// carry is left out, so that the call is refused as unauthenticated.
    #[must_use]
    pub fn with_authorization(self, value: &str) -> Self {
        self.with(metadata::AUTHORIZATION, value)
    }

    /// An adapter of the hub's own, which vouches for the devices behind it: a broker has
    /// checked who they are. Believed in the same process, and on the port for adapters.
    #[must_use]
    pub fn adapter(name: &str) -> Self {
        Self::anonymous().with(metadata::ADAPTER, name)
    }

    /// The address that the device or user called from.
    #[must_use]
    pub fn with_peer_address(self, address: &str) -> Self {
        self.with(metadata::PEER_ADDRESS, address)
    }

    /// The protocol in which the call came in, e.g. `rest`.
    #[must_use]
    pub fn with_protocol(self, name: &str) -> Self {
        self.with(metadata::PROTOCOL, name)
    }

    /// What a verified client certificate says: its subject's common name and its issuers, each
    /// in any of the spellings that a tenant may have configured.
    #[must_use]
    pub fn with_certificate(self, common_name: &str, issuers: &[String]) -> Self {
        let encode = |s: &str| {
            percent_encoding::utf8_percent_encode(s, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let named = self.with(metadata::CLIENT_CN, &encode(common_name));
        issuers.iter().fold(named, |c, i| c.with(metadata::CLIENT_ISSUER, &encode(i)))
    }

    fn with(mut self, key: &'static str, value: &str) -> Self {
        if let Ok(value) = AsciiMetadataValue::try_from(value) {
            self.entries.push((AsciiMetadataKey::from_static(key), value));
        }
        self
    }
}

/// Adds a [`Caller`] to every call.
#[derive(Debug, Clone)]
pub struct CallerInterceptor(pub(crate) Caller);

impl Interceptor for CallerInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (key, value) in &self.0.entries {
            request.metadata_mut().append(key.clone(), value.clone());
        }
        Ok(request)
    }
}
