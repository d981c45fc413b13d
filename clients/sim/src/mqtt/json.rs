//! otahub's JSON: `{prefix}/{tenant}/{device}/{leaf}`.

use super::words::{Message, Report, Word, now_millis};
use crate::download::Wanted;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a segment of a topic may not hold as it is.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'+').add(b'#').add(b'/').add(b'$').add(b'%');

/// A device's topics.
#[derive(Debug)]
pub(crate) struct Json {
    /// What they begin with, with a slash at the end.
    base: String,
}

/// What is to be done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    operation: Operation,
    uuid: String,
    #[serde(default)]
    download_only: bool,
    #[serde(default)]
    artifacts: Vec<File>,
}

#[derive(Debug, Deserialize)]
enum Operation {
    Update,
    Cancel,
    Confirm,
}

#[derive(Debug, Deserialize)]
struct File {
    filename: String,
    url: String,
    size: u64,
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Notice {
    code: String,
    message: String,
}

impl Json {
    pub(crate) fn new(prefix: &str, tenant: &str, device: &str) -> Self {
        let encode = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        Self { base: format!("{prefix}/{}/{}/", encode(tenant), encode(device)) }
    }

    pub(crate) fn filters(&self) -> Vec<String> {
        ["request", "notice"].map(|leaf| format!("{}{leaf}", self.base)).to_vec()
    }

    pub(crate) fn greeting(
        &self,
        attributes: &BTreeMap<String, String>,
        last: Option<&str>,
    ) -> Vec<Message> {
        let mut hello = json!({
            "agent": "otahub-sim",
            "agentVersion": env!("CARGO_PKG_VERSION"),
            "capabilities": ["confirm", "downloadOnly"],
        });
        if let Some(last) = last {
            hello["lastRequestUUID"] = last.into();
        }
        let mut all = vec![self.presence(true), self.message("hello", &hello)];
        all.extend(self.attributes(attributes));
        all
    }

    pub(crate) fn attributes(&self, attributes: &BTreeMap<String, String>) -> Vec<Message> {
        if attributes.is_empty() {
            return Vec::new();
        }
        vec![self.message("attributes", &json!({"mode": "merge", "values": attributes}))]
    }

    /// Whether it is there: retained, and the last will as well.
    pub(crate) fn presence(&self, online: bool) -> Message {
        Message { retain: true, ..self.message("presence", &json!({"online": online})) }
    }

    pub(crate) fn report(&self, report: &Report<'_>) -> Message {
        let document = json!({
            "requestUUID": report.request,
            "status": report.status,
            "statusProgress": report.progress,
            "statusCode": report.code,
            "message": report.message,
            "timestamp": now_millis(),
        });
        self.message("event", &document)
    }

    pub(crate) fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Word>, String> {
        let wrong = |error: serde_json::Error| format!("{topic}: {error}");
        match topic.strip_prefix(self.base.as_str()) {
            Some("request") => {
                let request: Request = serde_json::from_slice(payload).map_err(wrong)?;
                Ok(Some(request.into()))
            }
            Some("notice") => {
                let notice: Notice = serde_json::from_slice(payload).map_err(wrong)?;
                Ok(Some(match notice.code.as_str() {
                    "AttributesRequested" => Word::AttributesWanted,
                    code => Word::Complaint(format!("{code}: {}", notice.message)),
                }))
            }
            _ => Ok(None),
        }
    }

    fn message(&self, leaf: &str, document: &Value) -> Message {
        Message {
            topic: format!("{}{leaf}", self.base),
            payload: document.to_string().into_bytes(),
            exactly_once: false,
            retain: false,
        }
    }
}

impl From<Request> for Word {
    fn from(it: Request) -> Self {
        let request = it.uuid;
        match it.operation {
            Operation::Cancel => Self::Cancel { request },
            Operation::Confirm => Self::Confirm { request },
            Operation::Update => {
                let files = it.artifacts.into_iter().map(|file| Wanted {
                    filename: file.filename,
                    url: Some(file.url),
                    size: Some(file.size),
                    sha256: Some(file.sha256),
                    ..Wanted::default()
                });
                let files = files.collect();
                Self::Update { request, files, install: !it.download_only }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Json {
        Json::new("ota/v1", "DEFAULT", "a/b")
    }

    #[test]
    fn a_request_says_what_to_do() {
        let said = br#"{"operation": "Update", "uuid": "u", "downloadOnly": true, "force": true,
            "artifacts": [{"part": "os", "filename": "f", "url": "http://h/f", "size": 3,
                "sha256": "00"}]}"#;
        let word = device().read("ota/v1/DEFAULT/a%2Fb/request", said).unwrap();
        let Some(Word::Update { request, files, install }) = word else {
            panic!("{word:?}");
        };
        assert_eq!((request.as_str(), install, files.len()), ("u", false, 1));
        assert_eq!((files[0].size, files[0].md5.clone()), (Some(3), None));
        assert!(device().read("ota/v1/DEFAULT/a%2Fb/request", b"{}").is_err());
        assert!(device().read("ota/v1/DEFAULT/other/request", said).unwrap().is_none());
    }

    #[test]
    fn a_notice_is_a_question_or_a_complaint() {
        let read = |text: &str| device().read("ota/v1/DEFAULT/a%2Fb/notice", text.as_bytes());
        let asked = read(r#"{"code": "AttributesRequested", "message": "m"}"#);
        assert!(matches!(asked, Ok(Some(Word::AttributesWanted))));
        let refused = read(r#"{"code": "Refused", "message": "m"}"#);
        assert!(matches!(refused, Ok(Some(Word::Complaint(why))) if why == "Refused: m"));
    }

    #[test]
    fn a_greeting_names_the_last_request() {
        let attributes = BTreeMap::from([("board".to_owned(), "x".to_owned())]);
        let said = device().greeting(&attributes, Some("u"));
        let topics: Vec<_> = said.iter().map(|m| m.topic.rsplit('/').next().unwrap()).collect();
        assert_eq!(topics, ["presence", "hello", "attributes"]);
        let hello: Value = serde_json::from_slice(&said[1].payload).unwrap();
        assert_eq!(hello["lastRequestUUID"], "u");
        assert!(said[0].retain && !said[1].retain);
    }
}
