//! An issuer of OpenID Connect tokens: a discovery document, keys, and a token endpoint.

use axum::extract::State;
use axum::response::Json;
use axum::routing::{get, post};
use axum::{Form, Router};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An RSA key that was made for these tests: PKCS #8 in base64.
const RSA_KEY: &str = include_str!("issuer-rsa.txt");

/// A key with which tokens are signed.
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    pair: Pair,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>),
}

impl SigningKey {
    /// The tests' RSA key, under this id.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn rsa(id: &str) -> Self {
        let text: String = RSA_KEY.split_whitespace().collect();
        let der = STANDARD.decode(text).expect("the key is base64");
        let pair = RsaKeyPair::from_pkcs8(&der).expect("the key is one");
        Self { id: id.to_owned(), pair: Pair::Rsa(Arc::new(pair)) }
    }

    /// A new key on the curve P-256.
    ///
    /// # Panics
    /// If none can be made.
    #[must_use]
    pub fn ec(id: &str) -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key");
        Self { id: id.to_owned(), pair: Pair::Ec(Arc::new(pair)) }
    }

    /// The header of a token that this key signs.
    #[must_use]
    pub fn header(&self) -> Value {
        let algorithm = match &self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        };
        json!({"typ": "JWT", "alg": algorithm, "kid": self.id})
    }

    /// The key as the issuer publishes it.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                let public: PublicKeyComponents<Vec<u8>> = pair.public().into();
                let (n, e) = (encode(&public.n), encode(&public.e));
                json!({"kty": "RSA", "use": "sig", "kid": self.id, "n": n, "e": e})
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                json!({"kty": "EC", "use": "sig", "kid": self.id, "crv": "P-256", "x": x, "y": y})
            }
        }
    }

    /// A token with this header and these claims.
    ///
    /// # Panics
    /// If it cannot be signed.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
                    .expect("a signature");
                signature
            }
            Pair::Ec(pair) => {
                let made = pair.sign(&random, message.as_bytes()).expect("a signature");
                made.as_ref().to_vec()
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The first two parts of a token.
#[must_use]
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// A running issuer. It ends with the test.
#[derive(Clone)]
pub struct Issuer {
    url: String,
    keys: Arc<Mutex<Vec<SigningKey>>>,
    fetched: Arc<AtomicUsize>,
}

impl Issuer {
    /// Starts an issuer with these keys; the token endpoint signs with the last one.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn start(keys: Vec<SigningKey>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/realm", listener.local_addr().expect("an address"));
        let issuer = Self { url, keys: Arc::new(Mutex::new(keys)), fetched: Arc::default() };
        let app = Router::new()
            .route("/realm/.well-known/openid-configuration", get(discovery))
            .route("/realm/keys", get(published))
            .route("/realm/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    /// What it calls itself.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often its keys were fetched.
    #[must_use]
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }

    /// Has other keys from now on.
    ///
    /// # Panics
    /// If a test failed meanwhile.
    pub fn rotate(&self, keys: Vec<SigningKey>) {
        *self.keys.lock().expect("keys") = keys;
    }

    /// The claims of a token for `zoe` that is good for a minute.
    #[must_use]
    pub fn claims(&self) -> Value {
        let now = crate::epoch_millis() / 1000;
        json!({
            "iss": self.url, "aud": "otahub", "sub": "1", "iat": now, "exp": now + 60,
            "preferred_username": "zoe", "realm_access": {"roles": ["fleet"]},
        })
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/keys"),
        "token_endpoint": format!("{url}/token"),
    }))
}

async fn published(State(issuer): State<Issuer>) -> Json<Value> {
    issuer.fetched.fetch_add(1, Ordering::SeqCst);
    let mut keys: Vec<Value> =
        issuer.keys.lock().expect("keys").iter().map(SigningKey::jwk).collect();
    // what readers do not know they pass over
    keys.push(json!({"kty": "oct", "kid": "shared", "k": URL_SAFE_NO_PAD.encode("a secret")}));
    keys.push(json!({"kty": "new", "kid": "odd"}));
    Json(json!({"keys": keys}))
}

async fn token(
    State(issuer): State<Issuer>,
    Form(asked): Form<HashMap<String, String>>,
) -> Json<Value> {
    let mut claims = issuer.claims();
    if let Some(user) = asked.get("username") {
        claims["preferred_username"] = user.as_str().into();
    }
    let key = issuer.keys.lock().expect("keys").last().expect("a key").clone();
    Json(json!({"access_token": key.sign(&key.header(), &claims), "token_type": "Bearer"}))
}
