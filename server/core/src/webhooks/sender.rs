//! Sends a body, signed as the Standard Webhooks specification says.

use super::guard::Guard;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use otahub_domain::webhook::{Outcome, TIMEOUT, check_secret, secret_of};
use otahub_domain::{Error, Result, Timestamp};
use sha2::Sha256;
use std::error::Error as _;
use std::sync::OnceLock;
use url::Url;

/// How many bytes of an answer are read, so that its connection can be used again.
const ANSWER_MAX: usize = 16 << 10;
/// The longest reason of a failure, in characters.
const REASON_MAX: usize = 300;
/// How many connections to a host are kept.
const IDLE_MAX: usize = 2;

/// What sends. One for all webhooks of a node.
pub(crate) struct Sender {
    guard: Guard,
    client: OnceLock<reqwest::Client>,
}

/// A message to be sent.
pub(super) struct Message<'a> {
    /// The same whenever it is sent.
    pub(super) id: &'a str,
    /// When it is sent.
    pub(super) at: Timestamp,
    /// JSON.
    pub(super) body: &'a str,
}

impl Sender {
    /// A sender that sends to public addresses, and to these networks.
    pub(crate) fn new(allowed: &[IpNet]) -> Self {
        Self { guard: Guard::new(allowed), client: OnceLock::new() }
    }

    /// Refuses what is no URL of a webhook.
    pub(crate) fn check(&self, url: &str) -> Result<Url> {
        self.guard.check(url)
    }

    fn client(&self) -> Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // a proxy would resolve names by itself
            .no_proxy()
            .dns_resolver(self.guard.clone())
            .pool_max_idle_per_host(IDLE_MAX)
            .user_agent(concat!("otahub/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                tracing::error!(%error, "webhooks cannot be sent");
                Error::Internal
            })?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Sends a message; what came of it.
    pub(super) async fn send(&self, url: &str, key: &[u8], message: &Message<'_>) -> Outcome {
        match self.try_send(url, key, message).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn try_send(&self, url: &str, key: &[u8], message: &Message<'_>) -> Result<Outcome> {
        let url = self.guard.check(url)?;
        let seconds = message.at.millis() / 1000;
        let sent = self
            .client()?
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature(key, message.id, seconds, message.body)?)
            .body(message.body.to_owned())
            .send()
            .await;
        Ok(match sent {
            Ok(answer) => {
                let status = answer.status().as_u16();
                drain(answer).await;
                Outcome::Answered(status)
            }
            Err(error) => Outcome::Failed(reason(error)),
        })
    }
}

/// `v1,…`: HMAC-SHA256 over id, time and body.
fn signature(key: &[u8], id: &str, seconds: i64, body: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Internal)?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// The bytes of a secret.
pub(super) fn key_of(secret: &str) -> Result<Vec<u8>> {
    let wrong = |_| Error::invalid("secret", "is not in base64");
    STANDARD.decode(check_secret(secret)?).map_err(wrong)
}

/// A secret as it is kept: the given one if it is fit.
pub(crate) fn checked_secret(secret: &str) -> Result<String> {
    let key = key_of(secret)?;
    secret_of(&STANDARD.encode(&key), key.len())
}

/// The secret of these bytes.
pub(crate) fn new_secret(bytes: &[u8]) -> Result<String> {
    secret_of(&STANDARD.encode(bytes), bytes.len())
}

async fn drain(mut answer: reqwest::Response) {
    let mut read = 0;
    while read < ANSWER_MAX
        && let Ok(Some(piece)) = answer.chunk().await
    {
        read += piece.len();
    }
}

/// Why there is no answer, without the URL.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let error = error.without_url();
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    otahub_domain::text::cut(&words, REASON_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // the example of the Standard Webhooks libraries
        let key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = "{\"test\": 2432232314}";
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        let made = new_secret(&[7; 32]).unwrap();
        assert_eq!(checked_secret(&made).unwrap(), made);
        for odd in ["", "whsec_", "whsec_!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"] {
            assert!(checked_secret(odd).is_err(), "{odd}");
        }
    }
}
