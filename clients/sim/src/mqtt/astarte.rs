//! Astarte's protocol, version 1: what a device on its SDK says, in the same order.

use super::words::{Message, Report, Word, now_millis};
use crate::download::Wanted;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bson::{RawDocumentBuf, cstr, rawdoc};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What Edgehog's interfaces begin with.
const NAMESPACE: &str = "io.edgehog.devicemanager.";
/// The list of no properties: its length, and nothing, deflated.
const NO_PROPERTIES: [u8; 12] = [0, 0, 0, 0, 0x78, 0x9c, 0x03, 0, 0, 0, 0, 0x01];
/// The interfaces that the device has, and their versions.
const INTERFACES: [(&str, &str); 6] = [
    ("OTARequest", "1:0"),
    ("OTAEvent", "0:1"),
    ("BaseImage", "0:1"),
    ("SystemInfo", "0:1"),
    ("OSInfo", "0:1"),
    ("RuntimeInfo", "0:1"),
];
/// Attributes that are properties.
const PROPERTIES: [(&str, &str); 12] = [
    ("baseImage.name", "BaseImage/name"),
    ("baseImage.version", "BaseImage/version"),
    ("baseImage.buildId", "BaseImage/buildId"),
    ("baseImage.fingerprint", "BaseImage/fingerprint"),
    ("system.serialNumber", "SystemInfo/serialNumber"),
    ("system.partNumber", "SystemInfo/partNumber"),
    ("os.name", "OSInfo/osName"),
    ("os.version", "OSInfo/osVersion"),
    ("agent.name", "RuntimeInfo/name"),
    ("agent.url", "RuntimeInfo/url"),
    ("agent.version", "RuntimeInfo/version"),
    ("agent.environment", "RuntimeInfo/environment"),
];
/// Bytes of a device's id, and its letters in base64.
const ID_BYTES: usize = 16;

/// A device's topics.
#[derive(Debug)]
pub(crate) struct Astarte {
    /// `realm/device`, which is its client id, too.
    own: String,
}

/// The id that a device of this name has.
pub(crate) fn id(name: &str) -> String {
    if BASE64_URL_SAFE_NO_PAD.decode(name).is_ok_and(|bytes| bytes.len() == ID_BYTES) {
        return name.to_owned();
    }
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(name.as_bytes())[..ID_BYTES])
}

impl Astarte {
    pub(crate) fn new(realm: &str, device: &str) -> Self {
        Self { own: format!("{realm}/{device}") }
    }

    pub(crate) fn filters(&self) -> Vec<String> {
        ["control/consumer/properties".to_owned(), format!("{NAMESPACE}OTARequest/#")]
            .map(|rest| format!("{}/{rest}", self.own))
            .to_vec()
    }

    pub(crate) fn greeting(&self, attributes: &BTreeMap<String, String>) -> Vec<Message> {
        let interfaces = INTERFACES.map(|(name, version)| format!("{NAMESPACE}{name}:{version}"));
        let mut all = vec![
            self.message("", interfaces.join(";").into_bytes()),
            self.message("/control/emptyCache", b"1".to_vec()),
            self.message("/control/producer/properties", NO_PROPERTIES.to_vec()),
        ];
        all.extend(self.properties(attributes));
        all
    }

    pub(crate) fn properties(&self, attributes: &BTreeMap<String, String>) -> Vec<Message> {
        let of = |(key, path): &(&str, &str)| {
            let value = rawdoc! {"v": attributes.get(*key)?.as_str()};
            Some(self.message(&format!("/{NAMESPACE}{path}"), value.into_bytes()))
        };
        PROPERTIES.iter().filter_map(of).collect()
    }

    pub(crate) fn report(&self, report: &Report<'_>) -> Message {
        let mut document = rawdoc! {"v": {
            "requestUUID": report.request,
            "status": report.status,
            "statusProgress": i32::from(report.progress),
            "statusCode": report.code,
            "message": report.message,
        }};
        document.append(cstr!("t"), bson::DateTime::from_millis(now_millis()));
        self.message(&format!("/{NAMESPACE}OTAEvent/event"), document.into_bytes())
    }

    pub(crate) fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Word>, String> {
        let path = topic.strip_prefix(self.own.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let path = path.and_then(|path| path.strip_prefix(NAMESPACE));
        if path != Some("OTARequest/request") {
            return Ok(None);
        }
        request(payload).map(Some).map_err(|why| format!("{topic}: {why}"))
    }

    fn message(&self, rest: &str, payload: Vec<u8>) -> Message {
        let topic = format!("{}{rest}", self.own);
        Message { topic, payload, exactly_once: true, retain: false }
    }
}

/// Reads an OTARequest. All of its members have to be there, as real devices want it.
fn request(payload: &[u8]) -> Result<Word, String> {
    let document = RawDocumentBuf::from_bytes(payload.to_vec()).map_err(|e| e.to_string())?;
    let members = document.get_document("v").map_err(|e| e.to_string())?;
    let text = |key: &str| members.get_str(key).map(str::to_owned).map_err(|e| e.to_string());
    let (operation, request, url) = (text("operation")?, text("uuid")?, text("url")?);
    match operation.as_str() {
        "Update" => {
            let files =
                vec![Wanted { filename: "image".to_owned(), url: Some(url), ..Wanted::default() }];
            Ok(Word::Update { request, files, install: true })
        }
        "Cancel" => Ok(Word::Cancel { request }),
        other => Err(format!("{other:?} is no operation")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_or_made() {
        assert_eq!(id("BL9JHK-UTp2BP-vuv7hWpg"), "BL9JHK-UTp2BP-vuv7hWpg");
        assert_eq!(id("sim-0001").len(), 22);
        assert_ne!(id("sim-0001"), id("sim-0002"));
    }

    #[test]
    fn an_order_is_read_and_answered() {
        let device = Astarte::new("default", "d");
        let said = rawdoc! {"v": {"operation": "Update", "uuid": "u", "url": "http://h/f"}};
        let topic = "default/d/io.edgehog.devicemanager.OTARequest/request";
        let word = device.read(topic, said.as_bytes()).unwrap();
        assert!(matches!(word, Some(Word::Update { install: true, .. })), "{word:?}");
        assert!(device.read(topic, b"").is_err());
        assert!(device.read("default/d/control/consumer/properties", b"").unwrap().is_none());
        let event = device.report(&Report::new("u", "Downloading", 50));
        let event = RawDocumentBuf::from_bytes(event.payload).unwrap();
        let members = event.get_document("v").unwrap();
        assert_eq!(members.get_i32("statusProgress").unwrap(), 50);
        assert!(event.get_datetime("t").is_ok());
    }
}
