//! A message from a thing's service: its headers and properties judged, its body read.

use crate::error::Failure;
use crate::wire::inbound::{ActionStatus, AttributeUpdate, AutoConfirm, ThingCreated};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde::de::DeserializeOwned;

/// The longest body that is read, in bytes.
const BODY_MAX: usize = 1 << 20;

/// What a message says, and for which tenant.
#[derive(Debug, PartialEq)]
pub(crate) struct Inbound {
    /// The tenant, as the header has it.
    pub(crate) tenant: String,
    /// What it says.
    pub(crate) word: Word,
}

/// What a message says.
#[derive(Debug, PartialEq)]
pub(crate) enum Word {
    /// A thing is there.
    Created { thing: String, reply_to: String, about: ThingCreated },
    /// A thing is gone.
    Removed { thing: String },
    /// What a thing says of itself.
    Attributes { thing: String, update: AttributeUpdate },
    /// How an action goes.
    Status(StatusReport),
    /// A thing's standing consent.
    AutoConfirm { thing: String, consent: AutoConfirm },
    /// Are you there?
    Ping { answer: Option<Pong> },
}

/// A report on an action.
#[derive(Debug, PartialEq)]
pub(crate) struct StatusReport {
    /// What it says.
    pub(crate) status: ActionStatus,
    /// The message's own correlation id.
    pub(crate) correlation_id: Option<String>,
    /// The message's own id.
    pub(crate) message_id: Option<String>,
}

/// Where to answer a ping.
#[derive(Debug, PartialEq)]
pub(crate) struct Pong {
    /// The exchange.
    pub(crate) exchange: String,
    /// To be echoed.
    pub(crate) correlation_id: String,
}

struct Raw<'a> {
    headers: Option<&'a FieldTable>,
    properties: &'a BasicProperties,
    body: &'a [u8],
}

/// Reads a message. `own` is the tenant whose broker it came from, if it is one tenant's.
pub(crate) fn read(
    properties: &BasicProperties,
    body: &[u8],
    own: Option<&str>,
) -> Result<Inbound, Failure> {
    let raw = Raw { headers: properties.headers().as_ref(), properties, body };
    let tenant = match (raw.header("tenant"), own) {
        (Some(tenant), Some(own)) if !tenant.eq_ignore_ascii_case(own) => {
            return Err(Failure::permanent("the header tenant names another tenant"));
        }
        (Some(tenant), _) => tenant,
        (None, Some(own)) => own.to_owned(),
        (None, None) => return Err(missing("tenant")),
    };
    let kind = raw.required("type")?;
    let word = match kind.trim_end() {
        "THING_CREATED" => raw.created()?,
        "THING_REMOVED" => Word::Removed { thing: raw.required("thingId")? },
        "EVENT" | "Event" => raw.event()?,
        "PING" => Word::Ping { answer: raw.pong() },
        other => return Err(Failure::permanent(format!("no such type: {}", shown(other)))),
    };
    Ok(Inbound { tenant, word })
}

impl Raw<'_> {
    fn created(&self) -> Result<Word, Failure> {
        let thing = self.required("thingId")?;
        let reply_to = self.reply_to().ok_or_else(|| missing("reply_to"))?;
        if reply_to.contains(char::is_whitespace) {
            return Err(Failure::permanent("reply_to is no exchange that could be answered to"));
        }
        let about = match self.body {
            b"" | b"\"\"" => ThingCreated::default(),
            _ => self.json()?,
        };
        Ok(Word::Created { thing, reply_to, about })
    }

    fn event(&self) -> Result<Word, Failure> {
        let topic = self.required("topic")?;
        match topic.trim_end() {
            "UPDATE_ACTION_STATUS" => Ok(Word::Status(StatusReport {
                status: self.json()?,
                correlation_id: text(self.properties.correlation_id().as_ref()),
                message_id: text(self.properties.message_id().as_ref()),
            })),
            "UPDATE_ATTRIBUTES" => {
                Ok(Word::Attributes { thing: self.required("thingId")?, update: self.json()? })
            }
            "UPDATE_AUTO_CONFIRM" => {
                Ok(Word::AutoConfirm { thing: self.required("thingId")?, consent: self.json()? })
            }
            other => Err(Failure::permanent(format!("no such topic: {}", shown(other)))),
        }
    }

    fn pong(&self) -> Option<Pong> {
        let correlation_id = text(self.properties.correlation_id().as_ref())?;
        Some(Pong { exchange: self.reply_to()?, correlation_id })
    }

    fn reply_to(&self) -> Option<String> {
        text(self.properties.reply_to().as_ref())
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let kind = text(self.properties.content_type().as_ref()).unwrap_or_default();
        if !kind.contains("json") {
            return Err(Failure::permanent("the content type is not JSON"));
        }
        if self.body.len() > BODY_MAX {
            return Err(Failure::permanent(format!("the body has more than {BODY_MAX} bytes")));
        }
        serde_json::from_slice(self.body).map_err(|error| {
            Failure::permanent(format!("the body is not as it should be: {error}"))
        })
    }

    fn required(&self, name: &'static str) -> Result<String, Failure> {
        self.header(name).ok_or_else(|| missing(name))
    }

    /// A header as text, whatever its type; none if it is empty.
    fn header(&self, name: &str) -> Option<String> {
        let found = self.headers?.inner().get(name)?;
        plain(found).filter(|text| !text.trim().is_empty())
    }
}

fn missing(what: &str) -> Failure {
    Failure::permanent(format!("{what} is missing"))
}

fn text(value: Option<&lapin::types::ShortString>) -> Option<String> {
    value.map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty())
}

/// A word of a stranger, short enough for a reason.
fn shown(word: &str) -> String {
    word.chars().take(64).collect::<String>().escape_debug().to_string()
}

fn plain(value: &AMQPValue) -> Option<String> {
    Some(match value {
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
        AMQPValue::ShortString(text) => text.as_str().to_owned(),
        AMQPValue::Boolean(on) => on.to_string(),
        AMQPValue::ShortShortInt(number) => number.to_string(),
        AMQPValue::ShortShortUInt(number) => number.to_string(),
        AMQPValue::ShortInt(number) => number.to_string(),
        AMQPValue::ShortUInt(number) => number.to_string(),
        AMQPValue::LongInt(number) => number.to_string(),
        AMQPValue::LongUInt(number) => number.to_string(),
        AMQPValue::LongLongInt(number) => number.to_string(),
        AMQPValue::Float(number) => number.to_string(),
        AMQPValue::Double(number) => number.to_string(),
        AMQPValue::Timestamp(seconds) => seconds.to_string(),
        AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::inbound::Status;
    use proptest::prelude::*;

    fn properties(headers: &[(&str, &str)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), AMQPValue::LongString((*value).into()));
        }
        BasicProperties::default().with_headers(table).with_content_type("application/json".into())
    }

    const STATUS: [(&str, &str); 3] =
        [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS"), ("tenant", "DEFAULT")];

    #[test]
    fn a_registration_may_have_no_body() {
        let headers =
            [("type", "THING_CREATED "), ("tenant", "default"), ("thingId", "t"), ("sender", "x")];
        let message = properties(&headers).with_reply_to("self".into());
        for body in [&b""[..], b"\"\"", b"{}"] {
            let read = read(&message, body, None).unwrap();
            assert_eq!(read.tenant, "default");
            let expected = Word::Created {
                thing: "t".into(),
                reply_to: "self".into(),
                about: ThingCreated::default(),
            };
            assert_eq!(read.word, expected);
        }
        let lost = properties(&headers);
        assert!(read(&lost, b"", None).is_err());
        assert!(read(&lost.with_reply_to("a b".into()), b"", None).is_err());
    }

    #[test]
    fn the_older_spelling_of_an_event_and_numbers_as_headers_are_understood() {
        let mut table = FieldTable::default();
        table.insert("type".into(), AMQPValue::LongString("Event".into()));
        table.insert("topic".into(), AMQPValue::LongString("UPDATE_ATTRIBUTES".into()));
        table.insert("tenant".into(), AMQPValue::LongString("DEFAULT".into()));
        table.insert("thingId".into(), AMQPValue::LongLongInt(7));
        let message =
            BasicProperties::default().with_headers(table).with_content_type("text/json".into());
        let read = read(&message, br#"{"attributes":{}}"#, None).unwrap();
        assert!(matches!(read.word, Word::Attributes { thing, .. } if thing == "7"));
    }

    #[test]
    fn a_tenants_own_broker_decides_about_the_tenant() {
        let body = br#"{"actionId":1,"actionStatus":"RUNNING"}"#;
        let tenant = |headers: &[(&str, &str)], own| {
            read(&properties(headers), body, own).map(|read| read.tenant)
        };
        assert_eq!(tenant(&STATUS, Some("default")).unwrap(), "DEFAULT");
        assert!(tenant(&STATUS, Some("other")).is_err());
        assert_eq!(tenant(&STATUS[..2], Some("other")).unwrap(), "other");
        assert!(tenant(&STATUS[..2], None).is_err());
    }

    #[test]
    fn what_is_not_understood_is_refused_for_good() {
        let whole = br#"{"actionId":1,"actionStatus":"RUNNING"}"#;
        let refused = |properties: &BasicProperties, body: &[u8]| match read(properties, body, None)
        {
            Err(Failure::Permanent(why)) => assert!(!why.is_empty()),
            other => panic!("{other:?}"),
        };
        let status = properties(&STATUS);
        let read = read(&status, whole, None).unwrap();
        assert!(matches!(&read.word, Word::Status(r) if r.status.action_status == Status::Running));
        for body in [&b""[..], b"{", b"null", b"\xff\xfe", b"{}"] {
            refused(&status, body);
        }
        refused(&status, format!("{{\"x\":\"{}\"}}", "y".repeat(BODY_MAX)).as_bytes());
        refused(&status.clone().with_content_type("text/plain".into()), whole);
        refused(&BasicProperties::default(), whole);
        for headers in [
            &[("tenant", "DEFAULT")][..],
            &[("tenant", "DEFAULT"), ("type", "THING_DELETED")],
            &[("tenant", "DEFAULT"), ("type", "EVENT")],
            &[("tenant", "DEFAULT"), ("type", "EVENT"), ("topic", "CANCEL_DOWNLOAD")],
            &[("tenant", "DEFAULT"), ("type", "event"), ("topic", "UPDATE_ACTION_STATUS")],
            &[("tenant", "DEFAULT"), ("type", "THING_REMOVED"), ("thingId", " ")],
        ] {
            refused(&properties(headers), whole);
        }
    }

    #[test]
    fn a_ping_without_a_way_back_is_no_fault() {
        let ping = properties(&[("type", "PING"), ("tenant", "x")]);
        let answer = |message: &BasicProperties| read(message, b"", None).unwrap().word;
        assert_eq!(answer(&ping), Word::Ping { answer: None });
        let asked = ping.with_correlation_id("c".into()).with_reply_to("e".into());
        let pong = Pong { exchange: "e".into(), correlation_id: "c".into() };
        assert_eq!(answer(&asked), Word::Ping { answer: Some(pong) });
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_reader(body: Vec<u8>, kind in "[A-Z_]{0,12}", topic in "\\PC{0,12}") {
            let headers = [("type", kind.as_str()), ("topic", &topic), ("tenant", "T")];
            let _ = read(&properties(&headers), &body, None);
            let _ = read(&properties(&STATUS), &body, None);
        }
    }
}
