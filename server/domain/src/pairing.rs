//! Pairing: the secret of a device, and the one certificate of it that counts.

use crate::{TargetId, TenantId, Timestamp};
use std::time::Duration;

/// How long a certificate counts.
pub const CERTIFICATE_TTL: Duration = Duration::from_secs(91 * 24 * 3600);

/// How long a certificate has counted when it is made: clocks differ.
pub const CERTIFICATE_BACKDATED: Duration = Duration::from_secs(3600);

/// What is kept of a device's pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The device.
    pub target: TargetId,
    /// Its tenant.
    pub tenant: TenantId,
    /// SHA-256 of its secret, in hexadecimal digits.
    pub secret_hash: String,
    /// The serial number of its certificate, in hexadecimal digits; none until it has one.
    pub serial: Option<String>,
}

/// What is kept of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its serial number, in hexadecimal digits.
    pub serial: String,
    /// SHA-256 of all of it, in hexadecimal digits.
    pub fingerprint: String,
    /// When its time is over.
    pub not_after: Timestamp,
}

/// What is to be said of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It counts until then.
    Valid {
        /// When its time is over.
        until: Timestamp,
    },
    /// Its time is over.
    Expired,
    /// The device has a newer one, or was never given this one.
    Revoked,
    /// The hub did not issue it.
    Foreign,
    /// It cannot be read.
    Unreadable,
}

/// Judges a certificate that a device shows. `known` is what the hub keeps of it.
#[must_use]
pub fn verify(pairing: &Pairing, known: Option<&Certificate>, now: Timestamp) -> Verdict {
    match known {
        None => Verdict::Foreign,
        Some(known) if known.not_after <= now => Verdict::Expired,
        Some(known) if pairing.serial.as_ref() != Some(&known.serial) => Verdict::Revoked,
        Some(known) => Verdict::Valid { until: known.not_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_certificate_counts_until_it_expires() {
        let at = Timestamp::from_millis;
        let pairing = |serial: &str| Pairing {
            target: TargetId(1),
            tenant: TenantId(1),
            secret_hash: String::new(),
            serial: Some(serial.to_owned()),
        };
        let known =
            Certificate { serial: "a".to_owned(), fingerprint: String::new(), not_after: at(1000) };
        let verdict = |serial, now| verify(&pairing(serial), Some(&known), at(now));
        assert_eq!(verdict("a", 999), Verdict::Valid { until: at(1000) });
        assert_eq!(verdict("a", 1000), Verdict::Expired);
        assert_eq!(verdict("b", 999), Verdict::Revoked);
        assert_eq!(verify(&pairing("a"), None, at(0)), Verdict::Foreign);
    }
}
