//! The plug point for the encryption of artifacts.
//!
//! Files of modules that are marked `encrypted` go through the hub's [`Encryptor`] as they come
//! in. What it gives is stored and served: the hub keeps no plain bytes and never decrypts. The
//! hub ships one, [`AesGcmEncryptor`]; its format and how a device reads it stand in
//! `server/ENCRYPTION.md`, and so does what another one has to hold to.

mod aes_gcm;
mod keys;

pub use aes_gcm::{AesGcmEncryptor, DecryptError, SCHEME, decrypt};
pub use keys::KeyRing;

use bytes::Bytes;
use futures::future::BoxFuture;

/// Encrypts artifacts. There is one in a hub; uploads use it at the same time.
pub trait Encryptor: Send + Sync {
    /// Begins with one file. It may take its time: to fetch a key, say. The upload waits, and
    /// none of its bytes have come yet.
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Encryption>, EncryptError>>;
}

/// The encryption of one file, piece by piece. Dropped before its end if the upload breaks off.
///
/// It must hold no more of the file than some pieces, for files may be of any size; and it must
/// not wait for anything, for it is called on threads that serve others, too.
pub trait Encryption: Send {
    /// What is to stand with the artifact, so that operators find the key again.
    fn label(&self) -> Label;

    /// Takes the next plain bytes (at most 1 MiB, at least 1) and gives what is ready of the
    /// encrypted file, perhaps nothing.
    ///
    /// # Errors
    /// [`EncryptError`]; the upload is given up.
    fn update(&mut self, plain: &[u8]) -> Result<Bytes, EncryptError>;

    /// There are no more bytes: gives the rest of the encrypted file. A reader has to be able to
    /// tell a file that was cut off from one that ended here.
    ///
    /// # Errors
    /// [`EncryptError`]; the upload is given up.
    fn finish(self: Box<Self>) -> Result<Bytes, EncryptError>;
}

/// How a file is encrypted, in the encryptor's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The format, with its version.
    pub scheme: &'static str,
    /// The key, by a name that is no secret.
    pub key_id: String,
}

/// Why a file cannot be encrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// Something that the encryptor needs does not answer; worth another try. The text goes to
    /// the log.
    #[error("the encryptor is not available: {0}")]
    Unavailable(String),
    /// It cannot be done. The text goes to the log.
    #[error("the encryptor failed: {0}")]
    Failed(String),
}

impl From<EncryptError> for otahub_domain::Error {
    fn from(error: EncryptError) -> Self {
        tracing::error!(%error, "an artifact is not encrypted");
        match error {
            EncryptError::Unavailable(_) => Self::Unavailable,
            EncryptError::Failed(_) => Self::EncryptionFailed,
        }
    }
}
