//! Certificates and keys in files.

use anyhow::Context;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at that are read again when they change.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// When each file was changed, and how long it is; nothing for one that is not there.
pub(crate) fn stamps<'a>(
    paths: impl Iterator<Item = &'a PathBuf>,
) -> Vec<Option<(SystemTime, u64)>> {
    paths
        .map(|path| {
            let about = std::fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
        .collect()
}

/// All certificates of a file; there is one at least.
pub(crate) fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("no certificates in {}", path.display()))?;
    anyhow::ensure!(!read.is_empty(), "no certificates in {}", path.display());
    Ok(read)
}

/// The key in a file.
pub(crate) fn key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(path).with_context(|| format!("no key in {}", path.display()))
}
