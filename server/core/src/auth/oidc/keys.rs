//! The issuer's keys: fetched when a token first needs them, again when they are old or a token
//! names one that is not known, and never more often than every ten seconds.

use bytes::BytesMut;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use otahub_domain::{Error, Result};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How old keys may be before they are looked after.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// How old keys may be at all, while the issuer does not answer.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long to wait between two fetches, whoever asks for them.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How large a document may be, in bytes.
const DOCUMENT_MAX: usize = 1 << 20;
/// How many keys are kept.
const KEYS_MAX: usize = 64;

/// A key with which the issuer signs.
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: Arc<DecodingKey>,
}

/// What was fetched, and when.
struct Held {
    keys: Vec<Key>,
    since: Instant,
}

impl Held {
    /// The key of this id; without one, the only key that fits.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let fits = |key: &&Key| {
            key.algorithms.contains(&algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id))
        };
        let mut fitting = self.keys.iter().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then(|| first.key.clone())
    }
}

/// The issuer's keys.
pub(super) struct Keys {
    issuer: String,
    held: Mutex<Option<Arc<Held>>>,
    /// When a fetch began last; held while one is under way.
    turn: tokio::sync::Mutex<Option<Instant>>,
}

impl Keys {
    /// The keys of an issuer, none of them known yet.
    pub(super) fn new(issuer: String) -> Self {
        Self { issuer, held: Mutex::new(None), turn: tokio::sync::Mutex::new(None) }
    }

    /// The key that a token names.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while none could be fetched.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<Arc<DecodingKey>>> {
        if let Some(key) = self.fresh(id, algorithm) {
            return Ok(Some(key));
        }
        let mut begun = self.turn.lock().await;
        if let Some(key) = self.fresh(id, algorithm) {
            return Ok(Some(key));
        }
        if begun.is_none_or(|at| at.elapsed() >= PAUSE) {
            *begun = Some(Instant::now());
            match fetch(&self.issuer).await {
                Ok(keys) => self.keep(Held { keys, since: Instant::now() }),
                Err(error) => {
                    tracing::warn!(issuer = self.issuer, error, "the issuer's keys were not got");
                }
            }
        }
        drop(begun);
        let held = self.current().filter(|held| held.since.elapsed() < KEPT_FOR);
        Ok(held.ok_or(Error::Unavailable)?.find(id, algorithm))
    }

    fn fresh(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let held = self.current().filter(|held| held.since.elapsed() < FRESH_FOR);
        held?.find(id, algorithm)
    }

    fn current(&self) -> Option<Arc<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, held: Held) {
        tracing::info!(issuer = self.issuer, keys = held.keys.len(), "the issuer's keys were got");
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
    }
}

async fn fetch(issuer: &str) -> std::result::Result<Vec<Key>, String> {
    let client = reqwest::Client::builder()
        .timeout(FETCH_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| e.to_string())?;
    let base = issuer.trim_end_matches('/');
    let about = document(&client, &format!("{base}/.well-known/openid-configuration")).await?;
    if about["issuer"] != issuer {
        return Err("the discovery document is another issuer's".into());
    }
    let place = about["jwks_uri"].as_str().ok_or("the discovery document names no keys")?;
    // what was configured with TLS does not go on without
    if issuer.starts_with("https:") && !place.starts_with("https:") {
        return Err("the keys would come without TLS".into());
    }
    let set = document(&client, place).await?;
    let keys = set["keys"].as_array().ok_or("the keys are no list")?;
    Ok(keys.iter().filter_map(usable).take(KEYS_MAX).collect())
}

async fn document(client: &reqwest::Client, url: &str) -> std::result::Result<Value, String> {
    let said = |e: reqwest::Error| e.to_string();
    let mut answer = client.get(url).send().await.map_err(said)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(format!("{url} answers {}", answer.status()));
    }
    let mut bytes = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(said)? {
        if bytes.len() + piece.len() > DOCUMENT_MAX {
            return Err(format!("{url} is too large"));
        }
        bytes.extend_from_slice(&piece);
    }
    serde_json::from_slice(&bytes).map_err(|e| format!("{url}: {e}"))
}

/// A key that can be used; others are passed over.
fn usable(value: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
    if jwk.common.public_key_use.as_ref().is_some_and(|use_| *use_ != PublicKeyUse::Signature) {
        return None;
    }
    let mut algorithms = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => super::ACCEPTED[..6].to_vec(),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => return None,
    };
    if let Some(only) = jwk.common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == only);
    }
    let key = Arc::new(DecodingKey::from_jwk(&jwk).ok()?);
    Some(Key { id: jwk.common.key_id, algorithms, key })
}
