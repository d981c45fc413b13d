//! The hub's own certificate authority, for devices that a broker is to know.

use otahub_domain::pairing::{CERTIFICATE_BACKDATED, CERTIFICATE_TTL, Certificate};
use otahub_domain::{Error, Result, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams,
    CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// What the authority is called.
const NAME: &str = "otahub devices";
/// How long the authority's own certificate counts.
const YEARS: i64 = 30;
/// How long a revocation list counts. A broker without a newer one lets nobody in.
const LIST_DAYS: i64 = 30;
/// The most bytes of what is signed, or looked at.
const PEM_MAX: usize = 16 << 10;

/// The authority: it signs, and that is all.
pub(crate) struct Authority {
    /// Its certificate (PEM).
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was made.
pub(crate) struct Issued {
    /// What is kept of it.
    pub certificate: Certificate,
    /// All of it (PEM).
    pub pem: String,
}

impl Authority {
    /// A new one, as it is kept: certificate and key, one after the other (PEM).
    pub(crate) fn generate(now: Timestamp) -> Result<String> {
        let key = KeyPair::generate().map_err(fault)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date(now)? - Duration::days(1);
        params.not_after = date(now)? + Duration::days(365 * YEARS);
        let certificate = params.self_signed(&key).map_err(fault)?;
        Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
    }

    /// The authority as it is kept.
    pub(crate) fn open(kept: &str) -> Result<Self> {
        let at = kept.find("-----BEGIN PRIVATE KEY-----").ok_or(Error::Internal)?;
        let (certificate, key) = kept.split_at(at);
        let key = KeyPair::from_pem(key).map_err(fault)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(fault)?;
        Ok(Self { certificate: certificate.to_owned(), issuer })
    }

    /// A certificate for the key of a request; what else the request wishes does not count.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the request cannot be read, or is not signed with its own key.
    pub(crate) fn issue(
        &self,
        request: &str,
        common_name: &str,
        serial: [u8; 16],
        now: Timestamp,
    ) -> Result<Issued> {
        let wrong = |why: String| Error::invalid("signing_request", why);
        if request.len() > PEM_MAX {
            return Err(wrong(format!("has more than {PEM_MAX} bytes")));
        }
        let mut request = CertificateSigningRequestParams::from_pem(request)
            .map_err(|error| wrong(error.to_string()))?;
        // a positive number of the full length
        let mut serial = serial;
        serial[0] = serial[0] & 0x7f | 0x40;
        let not_after = now.plus(CERTIFICATE_TTL);
        let mut params = CertificateParams::default();
        params.distinguished_name = named(common_name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.use_authority_key_identifier_extension = true;
        params.not_before = date(now)? - CERTIFICATE_BACKDATED;
        params.not_after = date(not_after)?;
        request.params = params;
        let made = request.signed_by(&self.issuer).map_err(fault)?;
        let certificate = Certificate {
            serial: hex::encode(serial),
            fingerprint: hex::encode(Sha256::digest(made.der())),
            not_after,
        };
        Ok(Issued { certificate, pem: made.pem() })
    }

    /// The list of certificates that count no more (PEM).
    pub(crate) fn revocations(&self, serials: &[String], now: Timestamp) -> Result<String> {
        let at = date(now)?;
        let revoked = |serial: &String| {
            let bytes = hex::decode(serial).map_err(|_| Error::Internal)?;
            Ok(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&bytes),
                revocation_time: at,
                reason_code: None,
                invalidity_date: None,
            })
        };
        let list = CertificateRevocationListParams {
            this_update: at - CERTIFICATE_BACKDATED,
            next_update: at + Duration::days(LIST_DAYS),
            crl_number: SerialNumber::from(u64::try_from(now.millis()).unwrap_or(0)),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect::<Result<_>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).and_then(|list| list.pem()).map_err(fault)
    }
}

/// The fingerprint of a certificate (PEM); nothing if it is none.
pub(crate) fn fingerprint(pem: &str) -> Option<String> {
    if pem.len() > PEM_MAX {
        return None;
    }
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    pem.parse_x509().ok()?;
    Some(hex::encode(Sha256::digest(&pem.contents)))
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn date(at: Timestamp) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.millis() / 1000).map_err(|_| Error::Internal)
}

fn fault(error: rcgen::Error) -> Error {
    tracing::error!(%error, "the authority for devices cannot sign");
    Error::Internal
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_678);

    #[test]
    fn a_request_gets_a_certificate_that_says_what_the_hub_wants() {
        let authority = Authority::open(&Authority::generate(NOW).unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
        params.distinguished_name = named("default/somebody-else");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let request = params.serialize_request(&key).unwrap().pem().unwrap();
        let issued = authority.issue(&request, "default/me", [0xff; 16], NOW).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(issued.pem.as_bytes()).unwrap();
        let read = pem.parse_x509().unwrap();
        assert_eq!(read.subject().to_string(), "CN=default/me");
        assert_eq!(read.issuer().to_string(), format!("CN={NAME}"));
        assert!(!read.is_ca() && read.subject_alternative_name().unwrap().is_none());
        assert!(read.extended_key_usage().unwrap().unwrap().value.client_auth);
        assert_eq!(read.raw_serial_as_string().replace(':', ""), issued.certificate.serial);
        let ca = x509_parser::pem::parse_x509_pem(authority.certificate.as_bytes()).unwrap().1;
        read.verify_signature(Some(ca.parse_x509().unwrap().public_key())).unwrap();
        assert_eq!(fingerprint(&issued.pem), Some(issued.certificate.fingerprint));
        let list = authority.revocations(&[issued.certificate.serial], NOW).unwrap();
        assert!(list.contains("BEGIN X509 CRL"));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let authority = Authority::open(&Authority::generate(NOW).unwrap()).unwrap();
        for wrong in [
            "",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            &"x".repeat(PEM_MAX + 1),
        ] {
            assert!(matches!(
                authority.issue(wrong, "a/b", [0; 16], NOW),
                Err(Error::Invalid { .. })
            ));
        }
        assert_eq!(fingerprint("nothing"), None);
    }
}
