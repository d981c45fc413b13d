//! An artifact on its way in: plain to storage, or through the encryptor.

use crate::blob::{Digests, Upload};
use crate::encryption::Encryption;
use bytes::Bytes;
use otahub_domain::Result;
use otahub_domain::software::{Decrypted, Hashes};

/// An upload under way. Dropped before [`Incoming::keep`], it leaves nothing behind.
pub(crate) struct Incoming {
    stored: Upload,
    sealing: Option<Sealing>,
}

/// What is hashed and counted before it is encrypted.
struct Sealing {
    encryption: Box<dyn Encryption>,
    digests: Digests,
    size: u64,
}

/// What came, when all is in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Bytes that are stored.
    pub size: u64,
    /// Their hashes.
    pub hashes: Hashes,
    /// What came, if it was encrypted.
    pub decrypted: Option<Decrypted>,
}

impl Received {
    /// The hashes of what the caller sent.
    pub(crate) fn sent(&self) -> &Hashes {
        self.decrypted.as_ref().map_or(&self.hashes, |decrypted| &decrypted.hashes)
    }
}

impl Incoming {
    /// Begins one, encrypted if there is an `encryption`.
    pub(crate) fn new(stored: Upload, encryption: Option<Box<dyn Encryption>>) -> Self {
        let sealing = encryption.map(|encryption| Sealing {
            encryption,
            digests: Digests::default(),
            size: 0,
        });
        Self { stored, sealing }
    }

    /// Bytes that came so far.
    pub(crate) fn size(&self) -> u64 {
        self.sealing.as_ref().map_or_else(|| self.stored.size(), |sealing| sealing.size)
    }

    /// Takes the next bytes.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let Some(sealing) = &mut self.sealing else {
            return self.stored.write(bytes).await;
        };
        if bytes.is_empty() {
            return Ok(());
        }
        sealing.digests.update(&bytes);
        sealing.size += bytes.len() as u64;
        let sealed = sealing.encryption.update(&bytes)?;
        self.stored.write(sealed).await
    }

    /// Ends the bytes. They are in storage, under a temporary name.
    pub(crate) async fn finish(&mut self) -> Result<Received> {
        let mut decrypted = None;
        if let Some(Sealing { encryption, digests, size }) = self.sealing.take() {
            let label = encryption.label();
            self.stored.write(encryption.finish()?).await?;
            decrypted = Some(Decrypted {
                size,
                hashes: digests.finish(),
                scheme: label.scheme.to_owned(),
                key_id: label.key_id,
            });
        }
        let size = self.stored.size();
        Ok(Received { size, hashes: self.stored.finish().await?, decrypted })
    }

    /// Moves the finished bytes to the name of their hash, for good.
    pub(crate) async fn keep(self, sha256: &str) -> Result<()> {
        self.stored.keep(sha256).await
    }
}
