//! AES-256-GCM in chunks: the encryptor that the hub ships, and its other direction. The format
//! is that of `server/ENCRYPTION.md`.

use super::keys::{Key, KeyRing};
use super::{EncryptError, Encryption, Encryptor, Label};
use crate::entropy::Entropy;
use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::{Aes256Gcm, KeyInit};
use bytes::Bytes;
use futures::future::BoxFuture;
use hkdf::Hkdf;
use sha2::Sha256;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The format's name.
pub const SCHEME: &str = "otahub-aes256gcm-1";

/// What every file begins with.
const MAGIC: [u8; 4] = *b"OTAE";
const VERSION: u8 = 1;
/// Plain bytes of every chunk but the last.
const CHUNK_BYTES: usize = 64 << 10;
/// What a reader takes for a chunk.
const CHUNK_BYTES_READ: std::ops::RangeInclusive<usize> = 1 << 10..=16 << 20;
const SALT_BYTES: usize = 32;
const PREFIX_BYTES: usize = 7;
const TAG_BYTES: usize = 16;
/// The header up to the key's id: magic, version, chunk size, salt, prefix, length of the id.
const FIXED_BYTES: usize = 4 + 1 + 4 + SALT_BYTES + PREFIX_BYTES + 1;

/// Encrypts each artifact under a key of its own, derived from the first of the ring.
pub struct AesGcmEncryptor {
    keys: KeyRing,
    entropy: Arc<dyn Entropy>,
    chunk_bytes: usize,
}

impl AesGcmEncryptor {
    /// An encryptor with these keys. Each file takes 39 bytes of `entropy`.
    #[must_use]
    pub fn new(keys: KeyRing, entropy: Arc<dyn Entropy>) -> Self {
        Self { keys, entropy, chunk_bytes: CHUNK_BYTES }
    }

    fn start(&self) -> Result<Sealing, EncryptError> {
        let key = self.keys.current();
        let key = key.ok_or_else(|| EncryptError::Failed("there is no key".to_owned()))?;
        let random = [self.entropy.bytes(), self.entropy.bytes(), self.entropy.bytes()].concat();
        let (salt, rest) = random.split_at(SALT_BYTES);
        let mut header = Vec::with_capacity(FIXED_BYTES + key.id.len());
        header.extend_from_slice(&MAGIC);
        header.push(VERSION);
        let chunk_bytes = u32::try_from(self.chunk_bytes).map_err(failed)?;
        header.extend_from_slice(&chunk_bytes.to_be_bytes());
        header.extend_from_slice(salt);
        header.extend_from_slice(&rest[..PREFIX_BYTES]);
        header.push(u8::try_from(key.id.len()).map_err(failed)?);
        header.extend_from_slice(key.id.as_bytes());
        let parts = Parts::of(&header).ok_or_else(|| EncryptError::Failed("its header".into()))?;
        Ok(Sealing {
            stream: EncryptorBE32::from_aead(
                cipher(key, &header, parts.salt),
                &parts.prefix.into(),
            ),
            key_id: key.id.clone(),
            ready: header,
            chunk: Vec::with_capacity(self.chunk_bytes + TAG_BYTES),
            chunk_bytes: self.chunk_bytes,
        })
    }
}

impl Encryptor for AesGcmEncryptor {
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Encryption>, EncryptError>> {
        let started = self.start().map(|sealing| Box::new(sealing) as Box<dyn Encryption>);
        Box::pin(std::future::ready(started))
    }
}

fn failed(error: impl std::fmt::Display) -> EncryptError {
    EncryptError::Failed(error.to_string())
}

/// The header's parts, as slices of it.
struct Parts<'a> {
    chunk_bytes: usize,
    salt: &'a [u8],
    prefix: [u8; PREFIX_BYTES],
    id_bytes: usize,
}

impl<'a> Parts<'a> {
    /// What the fixed part of a header says; `None` if it is none of this version.
    fn of(header: &'a [u8]) -> Option<Self> {
        let rest = header.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
        let (chunk_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_at_checked(SALT_BYTES)?;
        let (prefix, rest) = rest.split_first_chunk::<PREFIX_BYTES>()?;
        Some(Self {
            chunk_bytes: usize::try_from(u32::from_be_bytes(*chunk_bytes)).ok()?,
            salt,
            prefix: *prefix,
            id_bytes: usize::from(*rest.first()?),
        })
    }
}

/// The cipher of one file: its key hangs on the whole header, so that no bit of it can change.
fn cipher(key: &Key, header: &[u8], salt: &[u8]) -> Aes256Gcm {
    let mut own = [0; 32];
    // 32 bytes are never too many for HKDF
    let _ = Hkdf::<Sha256>::new(Some(salt), &key.secret).expand(header, &mut own);
    Aes256Gcm::new(&own.into())
}

/// One file on its way in.
struct Sealing {
    stream: EncryptorBE32<Aes256Gcm>,
    key_id: String,
    /// What is encrypted and not yet given away; at first the header.
    ready: Vec<u8>,
    /// What is not encrypted yet: at most a whole chunk, which may be the last.
    chunk: Vec<u8>,
    chunk_bytes: usize,
}

impl Encryption for Sealing {
    fn label(&self) -> Label {
        Label { scheme: SCHEME, key_id: self.key_id.clone() }
    }

    fn update(&mut self, mut plain: &[u8]) -> Result<Bytes, EncryptError> {
        while !plain.is_empty() {
            if self.chunk.len() == self.chunk_bytes {
                self.stream.encrypt_next_in_place(b"", &mut self.chunk).map_err(failed)?;
                self.ready.append(&mut self.chunk);
            }
            let room = self.chunk_bytes - self.chunk.len();
            let (some, rest) = plain.split_at(room.min(plain.len()));
            self.chunk.extend_from_slice(some);
            plain = rest;
        }
        Ok(std::mem::take(&mut self.ready).into())
    }

    fn finish(self: Box<Self>) -> Result<Bytes, EncryptError> {
        let Self { stream, mut ready, mut chunk, .. } = *self;
        stream.encrypt_last_in_place(b"", &mut chunk).map_err(failed)?;
        ready.append(&mut chunk);
        Ok(ready.into())
    }
}

/// Why a file cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum DecryptError {
    /// It does not begin as one of ours.
    #[error("this is no file of the format {SCHEME}")]
    Format,
    /// It was encrypted with another key.
    #[error("the key {0} is not there")]
    UnknownKey(String),
    /// It was changed, cut off or lengthened, or the key is another one of the same id.
    #[error("the file was damaged, or the key is another one of the same id")]
    Damaged,
    /// It cannot be read, or what comes of it cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Decrypts a file. What is written is authentic, but only all of it if this ends well: the
/// caller throws away what was written before an error.
///
/// # Errors
/// [`DecryptError`].
pub fn decrypt(
    keys: &KeyRing,
    from: &mut impl Read,
    to: &mut impl Write,
) -> Result<(), DecryptError> {
    let mut header = up_to(from, FIXED_BYTES)?;
    let id_bytes = Parts::of(&header).ok_or(DecryptError::Format)?.id_bytes;
    header.extend_from_slice(&up_to(from, id_bytes)?);
    let parts = Parts::of(&header).ok_or(DecryptError::Format)?;
    if header.len() != FIXED_BYTES + id_bytes || !CHUNK_BYTES_READ.contains(&parts.chunk_bytes) {
        return Err(DecryptError::Format);
    }
    let id = String::from_utf8_lossy(&header[FIXED_BYTES..]).into_owned();
    let key = keys.find(&id).ok_or(DecryptError::UnknownKey(id))?;
    let aead = cipher(key, &header, parts.salt);
    let mut stream = DecryptorBE32::from_aead(aead, &parts.prefix.into());
    let mut chunk = up_to(from, parts.chunk_bytes + TAG_BYTES)?;
    loop {
        let next = up_to(from, parts.chunk_bytes + TAG_BYTES)?;
        if next.is_empty() {
            let last = stream.decrypt_last(&chunk[..]).map_err(|_| DecryptError::Damaged)?;
            to.write_all(&last)?;
            return Ok(to.flush()?);
        }
        let plain = stream.decrypt_next(&chunk[..]).map_err(|_| DecryptError::Damaged)?;
        to.write_all(&plain)?;
        chunk = next;
    }
}

/// The next `count` bytes, or as many as there are.
fn up_to(from: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
