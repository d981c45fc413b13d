//! What a connection over TLS goes by.

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// What a connection over TLS goes by: whom to trust, and who is there.
#[derive(Clone, Default)]
pub struct Tls {
    issuers: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Trusts whom the machine trusts, and shows no certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the issuers in `ca`, PEM, instead of the usual ones.
    #[must_use]
    pub fn trusting(self, ca: &[u8]) -> Self {
        Self { issuers: Some(ca.to_vec()), ..self }
    }

    /// Shows a certificate (with its chain) and proves it with its key, both PEM: mutual TLS.
    #[must_use]
    pub fn identified_by(self, certificate: &[u8], key: &[u8]) -> Self {
        Self { identity: Some((certificate.to_vec(), key.to_vec())), ..self }
    }

    pub(crate) fn config(&self) -> ClientTlsConfig {
        let config = match &self.issuers {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_enabled_roots(),
        };
        match &self.identity {
            Some((certificate, key)) => config.identity(Identity::from_pem(certificate, key)),
            None => config,
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // keys are for nobody's log
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
