//! Bearer tokens of an issuer, over REST and gRPC.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use otahub_client::proto::GetCallerRequest;
use otahub_client::{Caller, HubChannel, HubClient};
use otahub_tests::{Answer, Database, Hub, Issuer, SigningKey, eventually, within};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;

struct Ground {
    hub: Hub,
    issuer: Issuer,
    rsa: SigningKey,
    ec: SigningKey,
    _file: tempfile::NamedTempFile,
}

impl Ground {
    async fn open(database: Database) -> Self {
        let (rsa, ec) = (SigningKey::rsa("r1"), SigningKey::ec("e1"));
        let issuer = Issuer::start(vec![rsa.clone(), ec.clone()]).await;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let settings = format!(
            "[oidc]\nissuer = '{}'\naudiences = ['otahub']\nroles_claim = 'realm_access.roles'\n\
             leeway_secs = 5\n[oidc.roles]\n\
             fleet = ['ROLE_TARGET_ADMIN', 'READ_TENANT_CONFIGURATION']\n",
            issuer.url()
        );
        file.write_all(settings.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let hub = Hub::on(database).args(["--config".to_owned(), path]).start().await;
        Self { hub, issuer, rsa, ec, _file: file }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.hub.http().send(Method::GET, path, |r| r.bearer_auth(token)).await
    }

    async fn status(&self, token: &str) -> u16 {
        self.get("/rest/v1/userinfo", token).await.status
    }

    /// A token that would be good but for what is changed in its claims.
    fn changed(&self, change: &Value) -> String {
        let mut claims = self.issuer.claims();
        for (key, value) in change.as_object().unwrap() {
            claims[key] = value.clone();
        }
        self.rsa.sign(&self.rsa.header(), &claims)
    }
}

async fn a_token_of_the_issuer_opens_rest_and_grpc(database: Database) {
    let ground = Ground::open(database).await;
    let (http, place) = (ground.hub.http(), format!("{}/token", ground.issuer.url()));
    let form = |r: reqwest::RequestBuilder| {
        let kind = "application/x-www-form-urlencoded";
        r.header("content-type", kind).body("grant_type=password&username=mia")
    };
    let answer = http.send(Method::POST, &place, form).await.expect(200).json();
    let token = answer["access_token"].as_str().unwrap();
    let info = ground.get("/rest/v1/userinfo", token).await.expect(200).json();
    assert_eq!((&info["tenant"], &info["username"]), (&"DEFAULT".into(), &"mia".into()));
    assert_eq!(info["permissions"], json!(["ROLE_TARGET_ADMIN", "READ_TENANT_CONFIGURATION"]));
    let _ = ground.get("/rest/v1/targets", token).await.expect(200);
    let _ = ground.get("/rest/v1/distributionsets", token).await.expect(403);
    let by_rsa = ground.rsa.sign(&ground.rsa.header(), &ground.issuer.claims());
    let hub = HubClient::new(HubChannel::connect(&ground.hub.grpc_url()).await.unwrap());
    for token in [token, &by_rsa] {
        let caller = Caller::anonymous().with_authorization(&format!("Bearer {token}"));
        let who = hub.tenant(&caller).get_caller(GetCallerRequest {}).await.unwrap().into_inner();
        assert!(["mia", "zoe"].contains(&who.username.as_str()));
    }
    // passwords still count
    let _ = ground.hub.admin().get("/userinfo").await.expect(200);
}
on_both!(a_token_of_the_issuer_opens_rest_and_grpc within 90 s);

/// A token signed with a secret that everybody knows: the issuer's public key.
fn confused(ground: &Ground, secret: &[u8], kid: &str) -> String {
    let header = json!({"typ": "JWT", "alg": "HS256", "kid": kid});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&ground.issuer.claims()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let tag = ring::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_token_is_refused() {
    within(90, async {
        let ground = Ground::open(Database::Sqlite).await;
        let good = ground.changed(&json!({}));
        assert_eq!(ground.status(&good).await, 200);
        let now = ground.issuer.claims()["iat"].as_i64().unwrap();
        let claims = ground.issuer.claims();
        let with = |header: Value| ground.rsa.sign(&header, &claims);
        let stranger = SigningKey::ec("r1");
        let mut embedded = stranger.header();
        embedded["jwk"] = stranger.jwk();
        let (head, rest) = good.split_once('.').unwrap();
        let other = ground.changed(&json!({"preferred_username": "eve"}));
        let (_, forged) = other.split_once('.').unwrap();
        let signature = rest.rsplit_once('.').unwrap().1;
        let modulus = ground.rsa.jwk()["n"].as_str().unwrap().to_owned();
        let refused = [
            ("expired", ground.changed(&json!({"exp": now - 6}))),
            ("no end", ground.changed(&json!({"exp": null}))),
            ("an end in words", ground.changed(&json!({"exp": "never"}))),
            ("not yet", ground.changed(&json!({"nbf": now + 600}))),
            ("another issuer", ground.changed(&json!({"iss": "http://127.0.0.1:1/realm"}))),
            ("another audience", ground.changed(&json!({"aud": ["other"]}))),
            ("no audience", ground.changed(&json!({"aud": null}))),
            ("no name", ground.changed(&json!({"preferred_username": null}))),
            ("unknown key", with(json!({"alg": "RS256", "kid": "r9"}))),
            (
                "no algorithm",
                format!("{}.", with(json!({"alg": "none"})).rsplit_once('.').unwrap().0),
            ),
            ("no algorithm, signed", with(json!({"alg": "none", "kid": "r1"}))),
            ("another curve", with(json!({"alg": "ES256", "kid": "r1"}))),
            ("another key's id", with(json!({"alg": "RS256", "kid": "e1"}))),
            ("another type", with(json!({"typ": "logout+jwt", "alg": "RS256", "kid": "r1"}))),
            ("critical", with(json!({"alg": "RS256", "kid": "r1", "crit": ["x"], "x": 1}))),
            ("a shared secret", confused(&ground, modulus.as_bytes(), "r1")),
            ("a published secret", confused(&ground, b"a secret", "shared")),
            ("a stranger's key", stranger.sign(&stranger.header(), &claims)),
            ("a key of its own", stranger.sign(&embedded, &claims)),
            ("forged", format!("{head}.{}.{signature}", forged.rsplit_once('.').unwrap().0)),
            ("cut", good[..good.len() - 4].to_owned()),
            ("nothing", String::new()),
            ("odd", "a.b.c".to_owned()),
        ];
        for (what, token) in refused {
            assert_eq!(ground.status(&token).await, 401, "{what}");
        }
        assert_eq!(ground.status(&good).await, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_found_and_strangers_cannot_make_the_hub_ask_for_ever() {
    within(120, async {
        let ground = Ground::open(Database::Sqlite).await;
        assert_eq!(ground.status(&ground.changed(&json!({}))).await, 200);
        assert_eq!(ground.issuer.fetched(), 1);
        let claims = ground.issuer.claims();
        for number in 0..50 {
            let header = json!({"alg": "RS256", "kid": format!("made-up-{number}")});
            assert_eq!(ground.status(&ground.rsa.sign(&header, &claims)).await, 401);
        }
        assert!(ground.issuer.fetched() <= 3, "{} fetches", ground.issuer.fetched());
        let new = SigningKey::ec("e2");
        ground.issuer.rotate(vec![ground.rsa.clone(), new.clone()]);
        eventually("the new key counts", 30, || async {
            let token = new.sign(&new.header(), &ground.issuer.claims());
            match ground.status(&token).await {
                200 => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
        let old = ground.ec.sign(&ground.ec.header(), &ground.issuer.claims());
        assert_eq!(ground.status(&old).await, 401);
    })
    .await;
}
