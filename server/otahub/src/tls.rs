//! The hub's own TLS: certificates from files, read again when they change, and client
//! certificates that vouch for devices.

use anyhow::Context;
use otahub_rest::ClientCertificate;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the certificates are.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The hub's chain.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Issuers of client certificates.
    pub client_ca: Option<PathBuf>,
}

/// What is in the files now. Cheap to clone; clones see what is read later.
#[derive(Clone)]
pub(crate) struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<RwLock<Current>>,
}

struct Current {
    config: Arc<ServerConfig>,
    authorities: Arc<Vec<CertificateDer<'static>>>,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn open(files: TlsFiles) -> anyhow::Result<Self> {
        let current = read(&files)?;
        Ok(Self { files: Arc::new(files), current: Arc::new(RwLock::new(current)) })
    }

    /// Reads the files again whenever they change. Files that make no sense are told of and
    /// what was read before stays.
    pub(crate) async fn watch(self, stop: CancellationToken) {
        let mut seen = self.stamps();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let now = self.stamps();
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.files) {
                Ok(current) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                    tracing::info!("certificates were read again");
                }
                Err(error) => tracing::error!(%error, "new certificates make no sense"),
            }
        }
    }

    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        [Some(&self.files.cert), Some(&self.files.key), self.files.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .map(|path| {
                let about = std::fs::metadata(path).ok()?;
                Some((about.modified().ok()?, about.len()))
            })
            .collect()
    }

    /// Shakes hands; tells what the client's certificate says, if it showed one.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<ClientCertificate>)> {
        let (config, authorities) = {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            (current.config.clone(), current.authorities.clone())
        };
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let certificate = shown.first().and_then(|leaf| describe(leaf, shown, &authorities));
        Ok((stream, certificate))
    }
}

fn read(files: &TlsFiles) -> anyhow::Result<Current> {
    let chain = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("no key in {}", files.key.display()))?;
    let mut authorities = Vec::new();
    let builder = ServerConfig::builder();
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            authorities = certificates(path)?;
            let mut roots = RootCertStore::empty();
            for certificate in &authorities {
                roots.add(certificate.clone()).with_context(|| path.display().to_string())?;
            }
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
                .allow_unauthenticated()
                .build()
                .with_context(|| format!("{} cannot verify clients", path.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .with_context(|| format!("{} does not fit its key", files.cert.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Current { config: Arc::new(config), authorities: Arc::new(authorities) })
}

fn certificates(path: &PathBuf) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("no certificates in {}", path.display()))?;
    anyhow::ensure!(!read.is_empty(), "no certificates in {}", path.display());
    Ok(read)
}

/// What a verified certificate says. Each issuer is given as its common name, as its whole
/// distinguished name, and as the SHA-256 fingerprint (lower-case hexadecimal) of its
/// certificate, so that a tenant may configure whichever it prefers.
fn describe(
    leaf: &CertificateDer<'_>,
    shown: &[CertificateDer<'_>],
    authorities: &[CertificateDer<'_>],
) -> Option<ClientCertificate> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let common_name = certificate.subject().iter_common_name().next()?.as_str().ok()?.to_owned();
    let issuer = certificate.issuer();
    let mut issuers: Vec<String> =
        issuer.iter_common_name().filter_map(|cn| cn.as_str().ok()).map(str::to_owned).collect();
    issuers.push(issuer.to_string());
    for authority in shown.iter().skip(1).chain(authorities) {
        let is_issuer = X509Certificate::from_der(authority)
            .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == issuer.as_raw());
        if is_issuer {
            issuers.push(hex::encode(Sha256::digest(authority)));
        }
    }
    Some(ClientCertificate { common_name, issuers })
}
