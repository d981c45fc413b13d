//! Passwords are kept as argon2id hashes (RFC 9106) in PHC strings.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's smallest recommended memory for argon2id with two passes: 19 MiB.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The hash of a password, with `salt` as its salt. Takes some ten milliseconds.
#[must_use]
pub fn hash_password(password: &str, salt: [u8; 16]) -> Option<String> {
    let salt = SaltString::encode_b64(&salt).ok()?;
    let hash = hasher().hash_password(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether the text is an argon2id hash as [`hash_password`] makes it, with whatever cost.
#[must_use]
pub fn is_password_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        hash.algorithm == argon2::ARGON2ID_IDENT && hash.salt.is_some() && hash.hash.is_some()
    })
}

/// Whether the password has this hash. Takes some ten milliseconds.
#[must_use]
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits_a_hash() {
        let hash = hash_password("correct horse", [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse", &hash));
        assert!(!verify_password("wrong horse", &hash));
        assert!(!verify_password("", "not a hash"));
        assert!(is_password_hash(&hash));
        assert!(!is_password_hash(&hash.replace("argon2id", "argon2i")));
        assert!(!is_password_hash("correct horse"));
    }
}
