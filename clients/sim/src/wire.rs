//! DDI's documents, as strictly as real devices read them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Poll {
    pub(crate) config: Config,
    #[serde(rename = "_links", default)]
    pub(crate) links: PollLinks,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    pub(crate) polling: Polling,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Polling {
    pub(crate) sleep: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PollLinks {
    pub(crate) deployment_base: Option<Link>,
    pub(crate) cancel_action: Option<Link>,
    pub(crate) confirmation_base: Option<Link>,
    pub(crate) config_data: Option<Link>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Link {
    pub(crate) href: String,
}

/// Both the deployment and the confirmation document: they differ in one key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    #[serde(alias = "confirmation")]
    pub(crate) deployment: Work,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Work {
    pub(crate) download: Handling,
    pub(crate) update: Handling,
    pub(crate) chunks: Vec<Chunk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Handling {
    Forced,
    Attempt,
    Skip,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Chunk {
    pub(crate) part: String,
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) artifacts: Vec<Artifact>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) filename: String,
    pub(crate) hashes: Hashes,
    pub(crate) size: u64,
    #[serde(rename = "_links", default)]
    pub(crate) links: ArtifactLinks,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Hashes {
    pub(crate) sha1: String,
    pub(crate) md5: String,
    pub(crate) sha256: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ArtifactLinks {
    download: Option<Link>,
    download_http: Option<Link>,
}

impl ArtifactLinks {
    /// The link that every known client prefers.
    pub(crate) fn best(&self) -> Option<&str> {
        self.download.as_ref().or(self.download_http.as_ref()).map(|link| link.href.as_str())
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CancelOrder {
    #[serde(rename = "cancelAction")]
    pub(crate) cancel_action: Stop,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stop {
    pub(crate) stop_id: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ConfigData<'a> {
    pub(crate) mode: &'static str,
    pub(crate) data: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Confirmation<'a> {
    pub(crate) confirmation: &'static str,
    pub(crate) details: [&'a str; 1],
}

/// What a device reports, in DDI's words.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) execution: &'static str,
    pub(crate) finished: &'static str,
    pub(crate) message: String,
    pub(crate) progress: Option<(usize, usize)>,
}

impl Report {
    pub(crate) fn new(execution: &'static str, finished: &'static str, message: &str) -> Self {
        Self { execution, finished, message: message.to_owned(), progress: None }
    }

    pub(crate) fn body(&self, action: &str) -> serde_json::Value {
        let mut body = serde_json::json!({
            "id": action,
            "status": {
                "execution": self.execution,
                "result": { "finished": self.finished },
                "details": [self.message],
            }
        });
        if let Some((cnt, of)) = self.progress {
            body["status"]["result"]["progress"] = serde_json::json!({ "cnt": cnt, "of": of });
        }
        body
    }
}

/// Reads `HH:MM:SS`, three parts of two digits: anything else makes real devices fail.
pub(crate) fn sleep(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    let mut parts = 0;
    for part in text.split(':') {
        if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        seconds = seconds * 60 + part.parse::<u64>().ok()?;
        parts += 1;
    }
    (parts == 3).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_has_three_parts_of_two_digits() {
        assert_eq!(sleep("00:05:00"), Some(Duration::from_secs(300)));
        assert_eq!(sleep("23:59:59"), Some(Duration::from_secs(86_399)));
        for text in ["PT5M", "05:00", "00:05:00:00", "0:5:0", "00:05:+1", "", "::"] {
            assert_eq!(sleep(text), None, "{text}");
        }
    }

    #[test]
    fn a_poll_without_links_is_read() {
        let poll: Poll =
            serde_json::from_str(r#"{"config":{"polling":{"sleep":"00:00:30"}}}"#).unwrap();
        assert!(poll.links.deployment_base.is_none());
    }

    #[test]
    fn the_https_link_goes_before_the_other() {
        let json = r#"{"download-http":{"href":"b"},"md5sum-http":{"href":"c"},
            "download":{"href":"a"}}"#;
        let links: ArtifactLinks = serde_json::from_str(json).unwrap();
        assert_eq!(links.best(), Some("a"));
    }
}
