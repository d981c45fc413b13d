//! The hub's own TLS: certificates from files, read again when they change, and client
//! certificates that vouch for devices or adapters.

use crate::files::{LOOK_EVERY, certificates, key, stamps};
use anyhow::Context;
use otahub_rest::ClientCertificate;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Where the certificates are.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The hub's chain.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Issuers of client certificates.
    pub client_ca: Option<PathBuf>,
    /// Who comes.
    pub guests: Guests,
}

/// Who comes, and what certificates are to them.
#[derive(Debug, Clone)]
pub(crate) enum Guests {
    /// Devices and browsers: they may show one.
    Any,
    /// Clients of gRPC: they have to show one if there are issuers, with one of these names unless
    /// there are none.
    Grpc(Vec<String>),
}

impl TlsFiles {
    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.cert, &self.key].into_iter().chain(self.client_ca.as_ref())
    }
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
        let mut seen = stamps(self.files.paths());
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let now = stamps(self.files.paths());
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
        let leaf = shown.first();
        if let Guests::Grpc(names) = &self.files.guests
            && !names.is_empty()
            && !leaf.is_some_and(|leaf| is_named(leaf, names))
        {
            let why = "the certificate has none of the names that may come in";
            tracing::warn!(?names, why);
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
        }
        let certificate = leaf.and_then(|leaf| describe(leaf, &authorities));
        Ok((stream, certificate))
    }
}

fn read(files: &TlsFiles) -> anyhow::Result<Current> {
    let chain = certificates(&files.cert)?;
    let key = key(&files.key)?;
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
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
            let verifier = match files.guests {
                Guests::Any => verifier.allow_unauthenticated(),
                Guests::Grpc(_) => verifier,
            };
            let verifier = verifier
                .build()
                .with_context(|| format!("{} cannot verify clients", path.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .with_context(|| format!("{} does not fit its key", files.cert.display()))?;
    config.alpn_protocols = match files.guests {
        Guests::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Guests::Grpc(_) => vec![b"h2".to_vec()],
    };
    Ok(Current { config: Arc::new(config), authorities: Arc::new(authorities) })
}

/// Whether a certificate has one of the names: as common name or DNS name.
fn is_named(leaf: &CertificateDer<'_>, names: &[String]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else {
        return false;
    };
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let further = alternative.iter().flat_map(|found| &found.value.general_names);
    let dns = further.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    });
    common.chain(dns).any(|name| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)))
}

/// What a verified certificate says. Each issuer is given as its common name, as its whole
/// distinguished name, and as the SHA-256 fingerprint (lower-case hexadecimal) of its
/// certificate among the configured issuers, so that a tenant may configure whichever it
/// prefers. What a client sends besides is not believed.
fn describe(
    leaf: &CertificateDer<'_>,
    authorities: &[CertificateDer<'_>],
) -> Option<ClientCertificate> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let common_name = certificate.subject().iter_common_name().next()?.as_str().ok()?.to_owned();
    let issuer = certificate.issuer();
    let mut issuers: Vec<String> =
        issuer.iter_common_name().filter_map(|cn| cn.as_str().ok()).map(str::to_owned).collect();
    issuers.push(issuer.to_string());
    for authority in authorities {
        let is_issuer = X509Certificate::from_der(authority)
            .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == issuer.as_raw());
        if is_issuer {
            issuers.push(hex::encode(Sha256::digest(authority)));
        }
    }
    Some(ClientCertificate { common_name, issuers })
}
