//! Whom devices trust, and how they prove who they are.

use crate::error::SimError;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Who may vouch for a broker: those in a PEM file, or those that the system trusts.
pub(crate) fn roots(ca: Option<&Path>) -> Result<RootCertStore, SimError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let fault = |why: String| SimError::Tls(format!("{}: {why}", path.display()));
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| fault(e.to_string()))? {
        let certificate = certificate.map_err(|e| fault(e.to_string()))?;
        roots.add(certificate).map_err(|e| fault(e.to_string()))?;
    }
    Ok(roots)
}

/// For a client without a certificate.
pub(crate) fn plain(roots: &Arc<RootCertStore>) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder().with_root_certificates(Arc::clone(roots));
    Arc::new(builder.with_no_client_auth())
}

/// For a client with a certificate and its key (PEM).
pub(crate) fn mutual(
    roots: &Arc<RootCertStore>,
    certificate: &str,
    key: &str,
) -> Result<Arc<ClientConfig>, SimError> {
    let fault = |why: String| SimError::Tls(why);
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes());
    let certificate = certificate.map_err(|e| fault(e.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| fault(e.to_string()))?;
    let builder = ClientConfig::builder().with_root_certificates(Arc::clone(roots));
    let config = builder.with_client_auth_cert(vec![certificate], key);
    Ok(Arc::new(config.map_err(|e| fault(e.to_string()))?))
}
