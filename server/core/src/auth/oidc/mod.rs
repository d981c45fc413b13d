//! Tokens of an issuer (OpenID Connect Discovery 1.0, RFC 7519): signed with a key that the issuer
//! publishes, meant for this hub, and in force.
//!
//! Only the issuer that is configured counts, and only signatures with a public key: a token that
//! says `none`, or one signed with a shared secret, is refused before any key is looked at.

mod claims;
mod keys;
mod ring;

use claims::{Identity, identity};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use keys::Keys;
use otahub_domain::{Error, Result, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Whose tokens count, and what their claims mean here.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// The issuer, as the tokens name it.
    pub issuer: String,
    /// A token has to be meant for one of these.
    pub audiences: Vec<String>,
    /// The claim with the user's name.
    pub username_claim: String,
    /// The claim with the roles; dots lead into objects.
    pub roles_claim: String,
    /// What a role permits. If empty, roles are hawkBit's permissions and roles themselves.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The claim with the tenant; if none, all are of `tenant`.
    pub tenant_claim: Option<String>,
    /// The tenant of all.
    pub tenant: String,
    /// By how much clocks may differ.
    pub leeway: Duration,
}

/// Recognises the tokens of an issuer.
pub(crate) struct Oidc {
    options: OidcOptions,
    keys: Keys,
}

/// What no key that others know could have made.
const ACCEPTED: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

impl Oidc {
    /// Recognises tokens by these options. Nothing is fetched yet.
    pub(crate) fn new(options: OidcOptions) -> Self {
        ring::install();
        Self { keys: Keys::new(options.issuer.clone()), options }
    }

    /// Who a token says its bearer is.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Unavailable`] while the issuer's keys are not known.
    pub(crate) async fn verify(&self, token: &str, now: Timestamp) -> Result<Identity> {
        let header = decode_header(token).map_err(|_| refused("it is no token"))?;
        check_header(&header)?;
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let key = key.ok_or_else(|| refused("no key of the issuer fits"))?;
        let mut validation = Validation::new(header.alg);
        // the claims are judged below, by the hub's own clock
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let decoded = decode(token, &key, &validation).map_err(|_| refused("its signature"))?;
        identity(&decoded.claims, &self.options, now).map_err(refused)
    }
}

fn check_header(header: &Header) -> Result<()> {
    const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];
    if !ACCEPTED.contains(&header.alg) {
        return Err(refused("its algorithm"));
    }
    let is_known = |typ: &String| TYPES.contains(&typ.to_ascii_lowercase().as_str());
    if !header.typ.as_ref().is_none_or(is_known) {
        return Err(refused("it is another type of token"));
    }
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(refused("its header asks for what is not supported"));
    }
    Ok(())
}

/// Tells the log why, and the caller nothing.
fn refused(why: &str) -> Error {
    tracing::warn!(why, "a bearer token was refused");
    Error::Unauthenticated
}
