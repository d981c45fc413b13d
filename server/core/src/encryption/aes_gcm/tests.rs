//! The format: both ways, against a vector made by others' tools, and against damage.

use super::*;
use std::sync::atomic::{AtomicU8, Ordering};

const KEYS: &str = "k1=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// 0, 1, 2 …
#[derive(Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn bytes(&self) -> [u8; 16] {
        std::array::from_fn(|_| self.0.fetch_add(1, Ordering::Relaxed))
    }
}

fn encryptor(chunk_bytes: usize) -> AesGcmEncryptor {
    let keys = KeyRing::parse(KEYS).unwrap();
    AesGcmEncryptor { keys, entropy: Arc::new(Counting::default()), chunk_bytes }
}

fn encrypted(encryptor: &AesGcmEncryptor, pieces: &[&[u8]]) -> Vec<u8> {
    let mut sealing: Box<dyn Encryption> = Box::new(encryptor.start().unwrap());
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&sealing.update(piece).unwrap());
    }
    out.extend_from_slice(&sealing.finish().unwrap());
    out
}

fn decrypted(file: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let mut plain = Vec::new();
    decrypt(&KeyRing::parse(KEYS).unwrap(), &mut &file[..], &mut plain)?;
    Ok(plain)
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn what_goes_in_comes_out_whatever_the_size_and_the_pieces() {
    let small = encryptor(1 << 10);
    for count in [1, 1023, 1024, 1025, 2048, 5000] {
        let plain = bytes(count);
        let whole = encrypted(&encryptor(1 << 10), &[&plain]);
        assert_eq!(whole.len(), FIXED_BYTES + 2 + count + count.div_ceil(1024) * TAG_BYTES);
        assert_eq!(decrypted(&whole).unwrap(), plain, "{count}");
        let pieces: Vec<_> = plain.chunks(300).collect();
        assert_eq!(encrypted(&encryptor(1 << 10), &pieces), whole, "{count}");
        assert_ne!(encrypted(&small, &[&plain]), encrypted(&small, &[&plain]), "{count}");
    }
    let large = bytes(3 * CHUNK_BYTES + 5);
    assert_eq!(decrypted(&encrypted(&encryptor(CHUNK_BYTES), &[&large])).unwrap(), large);
}

#[test]
fn no_more_than_a_chunk_is_kept() {
    let mut sealing = encryptor(CHUNK_BYTES).start().unwrap();
    for piece in bytes(3_000_000).chunks(250_000) {
        let given = sealing.update(piece).unwrap();
        assert!(given.len() <= piece.len() + CHUNK_BYTES);
        assert_eq!((sealing.ready.capacity(), sealing.chunk.is_empty()), (0, false));
        assert!(sealing.chunk.capacity() <= CHUNK_BYTES + TAG_BYTES);
    }
}

#[test]
fn any_damage_is_found() {
    let file = encrypted(&encryptor(1 << 10), &[&bytes(2500)]);
    for at in (0..file.len()).step_by(13).chain([FIXED_BYTES, file.len() - 1]) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(decrypted(&changed).is_err(), "{at}");
    }
    let chunk = (1 << 10) + TAG_BYTES;
    let head = file.len() - 2 * chunk - (2500 - 2048 + TAG_BYTES);
    for cut in [3, head, head + chunk, head + 2 * chunk, file.len() - 1] {
        assert!(decrypted(&file[..cut]).is_err(), "{cut}");
    }
    let longer = [file.clone(), vec![0; 40]].concat();
    assert!(matches!(decrypted(&longer), Err(DecryptError::Damaged)));
    let (one, two) = (&file[head..head + chunk], &file[head + chunk..head + 2 * chunk]);
    let swapped = [&file[..head], two, one, &file[head + 2 * chunk..]].concat();
    assert!(matches!(decrypted(&swapped), Err(DecryptError::Damaged)));
}

#[test]
fn keys_can_be_replaced() {
    let old = encrypted(&encryptor(1 << 10), &[b"old"]);
    let new = "k2=".to_owned() + &"5a".repeat(32);
    let both = KeyRing::parse(&format!("{new}\n{KEYS}")).unwrap();
    let label = AesGcmEncryptor::new(both.clone(), Arc::new(Counting::default())).start().unwrap();
    assert_eq!(label.label(), Label { scheme: SCHEME, key_id: "k2".into() });
    let mut plain = Vec::new();
    decrypt(&both, &mut &old[..], &mut plain).unwrap();
    assert_eq!(plain, b"old");
    let only_new = KeyRing::parse(&new).unwrap();
    let refused = decrypt(&only_new, &mut &old[..], &mut Vec::new());
    assert!(matches!(refused, Err(DecryptError::UnknownKey(id)) if id == "k1"));
    let same_id = KeyRing::parse(&new.replace("k2", "k1")).unwrap();
    let refused = decrypt(&same_id, &mut &old[..], &mut Vec::new());
    assert!(matches!(refused, Err(DecryptError::Damaged)));
}

#[test]
fn what_is_no_such_file_is_told() {
    for file in [&b""[..], b"OTAE", b"PK\x03\x04 and so on, longer than a header would be, surely"]
    {
        assert!(matches!(decrypted(file), Err(DecryptError::Format)));
    }
}

/// The vector of `server/ENCRYPTION.md`, made with another library by its text alone.
#[test]
fn the_documented_vector_holds() {
    let document = include_str!("../../../../ENCRYPTION.md");
    let vector = document.split("<!-- vector -->").nth(1).unwrap();
    let file: String = vector.lines().filter(|l| !l.starts_with("```")).map(str::trim).collect();
    let file = hex::decode(file).unwrap();
    let plain = bytes(1500);
    assert_eq!(decrypted(&file).unwrap(), plain);
    assert_eq!(encrypted(&encryptor(1 << 10), &[&plain]), file);
}
