//! Modules that are encrypted: what is stored, what is served, and who is told what.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::{Operator, draft, reason, steps};
use crate::world::World;
use futures::future::BoxFuture;
use otahub_client::proto::{self, Reason};
use otahub_core::encryption::{
    AesGcmEncryptor, EncryptError, Encryption, Encryptor, KeyRing, Label, SCHEME, decrypt,
};
use otahub_core::{HubOptions, SystemEntropy};
use otahub_domain::tenant::Quotas;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::sync::Arc;

on_each_database!(
    what_is_stored_and_served_is_encrypted,
    operators_are_told_both_sides_and_devices_one,
    hashes_that_are_given_are_those_of_the_plain_file,
    quotas_count_what_comes_and_what_is_stored,
    without_an_encryptor_nothing_is_encrypted,
    an_encryptor_that_fails_leaves_nothing,
);

const LARGE: usize = 300_000;

fn keys() -> KeyRing {
    KeyRing::parse(&format!("now={}", "7".repeat(64))).unwrap()
}

fn plain() -> Vec<u8> {
    (0..LARGE).map(|at| (at % 249) as u8).collect()
}

async fn world(ground: &Ground, quotas: Quotas) -> World {
    let encryptor: Arc<dyn Encryptor> =
        Arc::new(AesGcmEncryptor::new(keys(), Arc::new(SystemEntropy)));
    let options = HubOptions { quotas, ..HubOptions::default() };
    let world = World::with_encryptor(ground, options, Some(encryptor)).await;
    world.operator().open_gateway().await;
    world
}

async fn secret(boss: &Operator) -> (i64, proto::Artifact) {
    let module = boss.try_module("os", "secret", true).await.unwrap();
    let pieces: Vec<_> = plain().chunks(70_001).map(<[u8]>::to_vec).collect();
    let made = boss.upload_steps(steps(module, "image", None, pieces)).await.unwrap();
    (module, made)
}

fn decrypted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    decrypt(&keys(), &mut &bytes[..], &mut out).unwrap();
    out
}

async fn what_is_stored_and_served_is_encrypted(ground: Ground) {
    let world = world(&ground, Quotas::default()).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    let (module, made) = secret(&boss).await;
    let stored = files(&ground.artifacts());
    assert_eq!(stored.len(), 1);
    let bytes = std::fs::read(&stored[0].0).unwrap();
    assert_eq!(decrypted(&bytes), plain());
    let set = boss.set_of(draft("secret", &[module])).await.unwrap();
    device.poll().await;
    boss.assign("d1", set).await;
    assert_eq!(device.download((module, "image"), 0, 0).await.unwrap(), bytes);
    let part = device.download((module, "image"), 65_000, 90_000).await.unwrap();
    assert_eq!(part, bytes[65_000..155_000]);
    // the same file once more has other bytes
    let other = boss.try_module("os", "other", true).await.unwrap();
    let again = boss.upload(other, "image", &plain()).await.unwrap();
    assert_ne!(again.hashes, made.hashes);
    assert_eq!(files(&ground.artifacts()).len(), 2);
    boss.delete_artifact(&again).await.unwrap();
    assert_eq!(files(&ground.artifacts()).len(), 1);
}

async fn operators_are_told_both_sides_and_devices_one(ground: Ground) {
    let world = world(&ground, Quotas::default()).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    let (module, made) = secret(&boss).await;
    let bytes = std::fs::read(&files(&ground.artifacts())[0].0).unwrap();
    assert_eq!(made.size_bytes as usize, bytes.len());
    let hashes = made.hashes.clone().unwrap();
    assert_eq!(hashes.sha256, hex::encode(Sha256::digest(&bytes)));
    let before = made.decrypted.clone().unwrap();
    assert_eq!((before.size_bytes as usize, before.scheme.as_str()), (LARGE, SCHEME));
    assert_eq!(before.key_id, "now");
    assert_eq!(before.hashes.unwrap().sha1, hex::encode(Sha1::digest(plain())));
    assert_eq!(boss.artifact(&made.name).await.unwrap(), made);
    assert_eq!(boss.artifacts(module).await, std::slice::from_ref(&made));
    let set = boss.set_of(draft("secret", &[module])).await.unwrap();
    device.poll().await;
    let action = boss.assign("d1", set).await;
    let chunk = device.deployment(action).await.unwrap().chunks.remove(0);
    assert!(chunk.encrypted);
    assert_eq!(chunk.artifacts[0].size_bytes, made.size_bytes);
    assert_eq!(chunk.artifacts[0].hashes.as_ref(), Some(&hashes));
    assert_eq!(device.artifact(module, "image").await.unwrap(), chunk.artifacts[0]);
}

async fn hashes_that_are_given_are_those_of_the_plain_file(ground: Ground) {
    let world = world(&ground, Quotas::default()).await;
    let boss = world.operator();
    let module = boss.try_module("os", "secret", true).await.unwrap();
    let hash = |bytes: &[u8]| proto::Hashes {
        sha256: hex::encode(Sha256::digest(bytes)),
        ..Default::default()
    };
    let wrong = steps(module, "a", Some(hash(b"other")), [plain()]);
    assert_eq!(reason(boss.upload_steps(wrong).await), Reason::ChecksumMismatch);
    boss.nothing_stored(&ground).await;
    boss.upload_steps(steps(module, "a", Some(hash(&plain())), [plain()])).await.unwrap();
}

async fn quotas_count_what_comes_and_what_is_stored(ground: Ground) {
    // header and tag
    const ADDED: usize = 49 + 3 + 16;
    let quotas =
        Quotas { artifact_size_bytes: 1000, artifact_storage_bytes: 1000, ..Quotas::default() };
    let world = world(&ground, quotas).await;
    let boss = world.operator();
    let module = boss.try_module("os", "secret", true).await.unwrap();
    // 1000 bytes may come, but with header and tag they are more in storage
    assert_eq!(reason(boss.upload(module, "a", &[1; 1001]).await), Reason::FileTooLarge);
    assert_eq!(reason(boss.upload(module, "a", &[1; 1000]).await), Reason::StorageFull);
    assert_eq!(reason(boss.upload(module, "a", b"").await), Reason::EmptyFile);
    boss.nothing_stored(&ground).await;
    boss.upload(module, "a", &[1; 1000 - ADDED]).await.unwrap();
}

async fn without_an_encryptor_nothing_is_encrypted(ground: Ground) {
    let world = world(&ground, Quotas::default()).await;
    let module = world.operator().try_module("os", "secret", true).await.unwrap();
    let plain = World::open(&ground).await;
    let boss = plain.operator();
    let refused = boss.try_module("os", "other", true).await;
    assert_eq!(reason(refused), Reason::EncryptionNotSupported);
    let refused = boss.upload(module, "image", b"plain").await;
    assert_eq!(reason(refused), Reason::EncryptionNotSupported);
    assert_eq!(files(&ground.artifacts()), []);
}

/// Fails at the beginning, later or at the end.
struct Failing(EncryptError, u8);

impl Encryptor for Failing {
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Encryption>, EncryptError>> {
        let begun: Result<Box<dyn Encryption>, _> = match self.1 {
            0 => Err(self.0.clone()),
            at => Ok(Box::new(Self(self.0.clone(), at))),
        };
        Box::pin(std::future::ready(begun))
    }
}

impl Encryption for Failing {
    fn label(&self) -> Label {
        Label { scheme: "none", key_id: "none".into() }
    }

    fn update(&mut self, plain: &[u8]) -> Result<bytes::Bytes, EncryptError> {
        if self.1 == 1 { Err(self.0.clone()) } else { Ok(plain.to_vec().into()) }
    }

    fn finish(self: Box<Self>) -> Result<bytes::Bytes, EncryptError> {
        Err(self.0)
    }
}

async fn an_encryptor_that_fails_leaves_nothing(ground: Ground) {
    for at in 0..3 {
        for (error, told) in [
            (EncryptError::Failed("odd".into()), Reason::EncryptionFailed),
            (EncryptError::Unavailable("away".into()), Reason::Unavailable),
        ] {
            let encryptor: Arc<dyn Encryptor> = Arc::new(Failing(error, at));
            let options = HubOptions::default();
            let world = World::with_encryptor(&ground, options, Some(encryptor)).await;
            let boss = world.operator();
            let name = format!("{at} {told:?}");
            let module = boss.try_module("os", &name, true).await.unwrap();
            assert_eq!(reason(boss.upload(module, "image", b"plain").await), told);
            boss.nothing_stored(&ground).await;
            assert_eq!(boss.artifacts(module).await, []);
        }
    }
}
