//! Between DMF's words and the contract's.

use crate::message::StatusReport;
use crate::wire::inbound::{AttributeUpdate, Mode, Status};
use crate::wire::outbound as wire;
use otahub_client::device::{
    self, AttributeMode, AttributeValue, CancelOutcome, Consent, DeviceRef, OfferKind, Outcome,
    WindowState,
};
use otahub_client::millis;
use otahub_rest::segment;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the hub puts before its own messages in an action's history.
const SERVER_PREFIX: &str = "Update Server: ";

/// What a status means for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A report on the deployment.
    Feedback(Outcome),
    /// An answer to a cancellation.
    Cancellation(CancelOutcome),
    /// An answer to a question.
    Confirmation(Consent),
}

/// What a status means for the hub.
pub(crate) const fn meaning(status: Status) -> Meaning {
    match status {
        Status::Download => Meaning::Feedback(Outcome::Downloading),
        Status::Downloaded => Meaning::Feedback(Outcome::Downloaded),
        Status::Retrieved => Meaning::Feedback(Outcome::Retrieved),
        Status::Running => Meaning::Feedback(Outcome::Proceeding),
        Status::Warning => Meaning::Feedback(Outcome::Rejected),
        Status::Finished => Meaning::Feedback(Outcome::Succeeded),
        Status::Error => Meaning::Feedback(Outcome::Failed),
        Status::Canceled => Meaning::Cancellation(CancelOutcome::Accepted),
        Status::CancelRejected => Meaning::Cancellation(CancelOutcome::Refused),
        Status::Confirmed => Meaning::Confirmation(Consent::Confirmed),
        Status::Denied => Meaning::Confirmation(Consent::Denied),
    }
}

/// The messages for the history: the thing's, and the id of the message that brought them.
pub(crate) fn messages(report: &StatusReport) -> Vec<String> {
    let mut messages = report.status.message.clone();
    if let Some(id) = &report.correlation_id {
        messages.push(format!("{SERVER_PREFIX}DMF message correlation-id {id}"));
    }
    messages
}

/// By what a repeat of a report is known, and whether the message bears a mark of its own, so
/// that even a sender's repeat is one.
pub(crate) fn request_id(report: &StatusReport) -> (String, bool) {
    let status = &report.status;
    let marks = [report.correlation_id.as_deref(), report.message_id.as_deref()];
    let timestamp = status.timestamp.as_ref().filter(|stamp| !stamp.is_null());
    let is_marked = marks.iter().any(Option::is_some) || timestamp.is_some();
    let whole =
        serde_json::json!([status.action_status, status.message, status.code, timestamp, marks,]);
    let digest = Sha256::digest(whole.to_string().as_bytes());
    let id = digest.iter().take(24).fold(String::from("dmf:"), |mut id, byte| {
        for digit in [byte >> 4, byte & 15] {
            id.extend(char::from_digit(digit.into(), 16));
        }
        id
    });
    (id, is_marked)
}

/// The contract's name of a thing.
pub(crate) fn reference(tenant: &str, thing: &str) -> Option<DeviceRef> {
    Some(DeviceRef { tenant: tenant.to_owned(), controller_id: thing.to_owned() })
}

/// A change of attributes.
pub(crate) fn attributes(update: &AttributeUpdate) -> device::AttributeUpdate {
    let mode = match update.mode {
        None | Some(Mode::Merge) => AttributeMode::Merge,
        Some(Mode::Replace) => AttributeMode::Replace,
        Some(Mode::Remove) => AttributeMode::Remove,
    };
    let values = update.attributes.clone().into_iter();
    device::AttributeUpdate {
        mode: mode.into(),
        attributes: values.map(|(key, value)| (key, AttributeValue { value })).collect(),
    }
}

/// A thing's address: the virtual host and the exchange that answers go to.
pub(crate) fn address(vhost: &str, exchange: &str) -> String {
    if vhost == "/" { format!("amqp:/{exchange}") } else { format!("amqp://{vhost}/{exchange}") }
}

/// The exchange in an address; none if it is not of AMQP.
pub(crate) fn exchange(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("amqp:")?;
    let exchange = match rest.strip_prefix("//") {
        Some(rest) => rest.split_once('/')?.1,
        None => rest.strip_prefix('/')?,
    };
    (!exchange.is_empty() && exchange.len() <= 255).then_some(exchange)
}

/// A message to a thing, but for its address.
#[derive(Debug, PartialEq)]
pub(crate) struct Outbound {
    /// Header `topic`; none for `THING_DELETED`.
    pub(crate) topic: Option<&'static str>,
    /// Header `__TypeId__` without its package, and the body.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

/// What is to be told.
#[derive(Debug, PartialEq)]
pub(crate) enum Telling {
    /// A message to a thing.
    One(Outbound),
    /// A thing's part of a message to several.
    Part(Part),
}

/// A thing's part of a message to several.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// Header `topic`.
    pub(crate) topic: &'static str,
    /// The thing.
    pub(crate) target: wire::BatchTarget,
    /// What to install, with the thing's links.
    pub(crate) modules: Vec<wire::SoftwareModule>,
}

impl Outbound {
    /// A message without a body.
    pub(crate) const fn bare(topic: Option<&'static str>) -> Self {
        Self { topic, body: None }
    }

    /// `CANCEL_DOWNLOAD`.
    pub(crate) fn cancel(action_id: i64) -> Self {
        let body = json(&wire::Action { action_id });
        Self { topic: Some("CANCEL_DOWNLOAD"), body: Some(("DmfActionRequest", body)) }
    }

    /// `BATCH_DOWNLOAD_AND_INSTALL` or `BATCH_DOWNLOAD`.
    pub(crate) fn batch(topic: &'static str, request: &wire::BatchDownloadAndUpdate) -> Self {
        Self { topic: Some(topic), body: Some(("DmfBatchDownloadAndUpdateRequest", json(request))) }
    }
}

/// What to tell a thing of what is on offer; nothing if nothing is. A cancellation is told only
/// if asked for: it has been told already.
pub(crate) fn order(
    order: &device::Order,
    thing: &str,
    urls: &[String],
    with_cancellation: bool,
) -> Option<Telling> {
    let offer = order.offer?;
    let kind = offer.kind();
    if kind == OfferKind::Cancellation {
        return with_cancellation.then(|| Telling::One(Outbound::cancel(offer.action)));
    }
    let deployment = order.deployment.as_ref()?;
    let confirm = kind == OfferKind::Confirmation;
    let closed = deployment.window() == WindowState::Unavailable;
    let download = order.download_only || closed;
    let links = Links { tenant: &order.tenant, thing, urls };
    let modules = deployment.chunks.iter().map(|chunk| links.module(chunk)).collect();
    if order.batch && !confirm {
        let target = wire::BatchTarget {
            action_id: offer.action,
            controller_id: thing.to_owned(),
            target_security_token: order.security_token.clone(),
        };
        let topic = if download { "BATCH_DOWNLOAD" } else { "BATCH_DOWNLOAD_AND_INSTALL" };
        return Some(Telling::Part(Part { topic, target, modules }));
    }
    let body = json(&wire::DownloadAndUpdate {
        action_id: offer.action,
        target_security_token: order.security_token.clone(),
        software_modules: modules,
    });
    let (topic, type_id) = match (confirm, download) {
        (true, _) => ("CONFIRM", "DmfConfirmRequest"),
        (false, true) => ("DOWNLOAD", "DmfDownloadAndUpdateRequest"),
        (false, false) => ("DOWNLOAD_AND_INSTALL", "DmfDownloadAndUpdateRequest"),
    };
    Some(Telling::One(Outbound { topic: Some(topic), body: Some((type_id, body)) }))
}

struct Links<'a> {
    tenant: &'a str,
    thing: &'a str,
    urls: &'a [String],
}

impl Links<'_> {
    fn module(&self, chunk: &device::Chunk) -> wire::SoftwareModule {
        let visible = chunk.metadata.iter().filter(|entry| entry.target_visible);
        wire::SoftwareModule {
            module_id: chunk.module,
            module_type: chunk.type_key.clone(),
            module_version: chunk.version.clone(),
            encrypted: chunk.encrypted,
            artifacts: chunk.artifacts.iter().map(|file| self.artifact(chunk, file)).collect(),
            metadata: visible
                .map(|entry| wire::Metadata { key: entry.key.clone(), value: entry.value.clone() })
                .collect(),
        }
    }

    fn artifact(&self, chunk: &device::Chunk, file: &device::Artifact) -> wire::Artifact {
        let hashes = file.hashes.clone().unwrap_or_default();
        wire::Artifact {
            filename: file.filename.clone(),
            hashes: wire::Hashes { sha1: hashes.sha1, md5: hashes.md5 },
            size: file.size_bytes,
            last_modified: file.create_time.as_ref().map_or(0, millis),
            urls: self
                .urls
                .iter()
                .map(|base| self.url(base, chunk.module, file))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn url(&self, base: &str, module: i64, file: &device::Artifact) -> (&'static str, String) {
        let protocol = if base.starts_with("https:") { "HTTPS" } else { "HTTP" };
        let (tenant, thing) = (segment(self.tenant), segment(self.thing));
        let name = segment(&file.filename);
        let path =
            format!("{tenant}/controller/v1/{thing}/softwaremodules/{module}/artifacts/{name}");
        (protocol, format!("{base}/{path}"))
    }
}

/// JSON of a value that cannot fail to be one.
fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::inbound::ActionStatus;
    use serde_json::{Value, json};

    fn report(correlation_id: Option<&str>) -> StatusReport {
        let status: ActionStatus =
            serde_json::from_str(r#"{"actionId":1,"actionStatus":"RUNNING"}"#).unwrap();
        StatusReport { status, correlation_id: correlation_id.map(Into::into), message_id: None }
    }

    fn offered(kind: OfferKind) -> device::Order {
        let artifact = device::Artifact {
            id: 5,
            module: 3,
            filename: "a b.bin".into(),
            size_bytes: 16,
            hashes: Some(otahub_client::proto::Hashes {
                md5: "m".into(),
                sha1: "s".into(),
                sha256: "x".into(),
            }),
            create_time: Some(otahub_client::timestamp(1700)),
            relation: None,
        };
        let entry = |key: &str, target_visible| otahub_client::proto::Metadata {
            key: key.into(),
            value: "v".into(),
            target_visible,
        };
        let chunk = device::Chunk {
            module: 3,
            type_key: "os".into(),
            name: "n".into(),
            version: "1".into(),
            encrypted: false,
            artifacts: vec![artifact],
            metadata: vec![entry("shown", true), entry("hidden", false)],
        };
        device::Order {
            tenant: "DEFAULT".into(),
            address: "amqp:/e".into(),
            security_token: "t".into(),
            offer: Some(device::Offer { action: 7, kind: kind.into(), revision: 0 }),
            deployment: Some(device::Deployment {
                action: 7,
                chunks: vec![chunk],
                ..Default::default()
            }),
            download_only: false,
            batch: false,
        }
    }

    fn told(order: &device::Order) -> (&'static str, Value) {
        let urls = ["http://h".to_owned(), "https://h".to_owned()];
        let told = super::order(order, "a/b", &urls, true).unwrap();
        let Telling::One(message) = told else { panic!("{told:?}") };
        let (_, body) = message.body.unwrap();
        (message.topic.unwrap(), serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn an_order_has_what_a_thing_needs_and_no_more() {
        let (topic, body) = told(&offered(OfferKind::Deployment));
        assert_eq!(topic, "DOWNLOAD_AND_INSTALL");
        let path = "DEFAULT/controller/v1/a%2Fb/softwaremodules/3/artifacts/a%20b.bin";
        let expected = json!({
            "actionId": 7,
            "targetSecurityToken": "t",
            "softwareModules": [{
                "moduleId": 3,
                "moduleType": "os",
                "moduleVersion": "1",
                "artifacts": [{
                    "filename": "a b.bin",
                    "hashes": {"sha1": "s", "md5": "m"},
                    "size": 16,
                    "lastModified": 1700,
                    "urls": {
                        "HTTP": format!("http://h/{path}"),
                        "HTTPS": format!("https://h/{path}"),
                    },
                }],
                "metadata": [{"key": "shown", "value": "v"}],
            }],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn the_topic_goes_by_what_is_to_be_done() {
        assert_eq!(told(&offered(OfferKind::Confirmation)).0, "CONFIRM");
        let mut order = offered(OfferKind::Deployment);
        order.download_only = true;
        assert_eq!(told(&order).0, "DOWNLOAD");
        let mut order = offered(OfferKind::Deployment);
        order.deployment.as_mut().unwrap().window = WindowState::Unavailable.into();
        assert_eq!(told(&order).0, "DOWNLOAD");
        order.batch = true;
        let part = super::order(&order, "a/b", &[], false).unwrap();
        let Telling::Part(part) = part else { panic!("{part:?}") };
        assert_eq!((part.topic, part.target.controller_id.as_str()), ("BATCH_DOWNLOAD", "a/b"));
        let cancel = offered(OfferKind::Cancellation);
        assert_eq!(told(&cancel), ("CANCEL_DOWNLOAD", json!({"actionId": 7})));
        assert_eq!(super::order(&cancel, "t", &[], false), None);
        let nothing = device::Order { offer: None, ..cancel };
        assert_eq!(super::order(&nothing, "t", &[], true), None);
    }

    #[test]
    fn an_address_leads_back_to_its_exchange() {
        for (vhost, name, expected) in [
            ("/", "sdk.replyTo", "amqp:/sdk.replyTo"),
            ("acme", "r", "amqp://acme/r"),
            ("/", "a/b", "amqp:/a/b"),
        ] {
            let address = address(vhost, name);
            assert_eq!(address, expected);
            assert_eq!(exchange(&address), Some(name));
        }
        for other in ["http://10.0.0.1", "amqp:", "amqp://vhost", "amqp:/", "", "amqps:/x"] {
            assert_eq!(exchange(other), None, "{other}");
        }
    }

    #[test]
    fn a_correlation_id_is_told_in_the_history_and_marks_the_message() {
        let (id, marked) = request_id(&report(None));
        assert!(!marked);
        assert!(id.len() <= 64);
        assert_eq!(request_id(&report(None)).0, id);
        let with = report(Some("c"));
        assert_ne!(request_id(&with), (id, false));
        assert!(request_id(&with).1);
        assert_eq!(messages(&with), ["Update Server: DMF message correlation-id c"]);
        assert!(messages(&report(None)).is_empty());
    }
}
