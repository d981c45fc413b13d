//! What is sent: the schema stands in `proto/otahub/v1/webhook_service.proto`.

use crate::translate::event::EventFilter;
use otahub_domain::webhook::Webhook;
use otahub_proto::otahub::v1 as proto;
use otahub_store::Event;
use serde_json::{Map, Value, json};

/// How large the events of a body may become before it is closed, in bytes.
const BYTES_MAX: usize = 256 << 10;

/// Events to be sent together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<Value>,
    bytes: usize,
    /// The number of the first event in it.
    pub(super) first_seq: i64,
    /// The number of the last event in it.
    pub(super) last_seq: i64,
    /// The number of the last event that was looked at, in it or not.
    pub(super) seq: i64,
}

impl Batch {
    /// What a webhook is to be told next of `events`, which follow each other.
    pub(super) fn of(webhook: &Webhook, filter: &EventFilter, events: Vec<Event>) -> Self {
        let size = usize::try_from(webhook.batch_size).unwrap_or(1);
        let mut batch = Self::default();
        for event in events {
            let seq = event.seq;
            if let Some(event) = filter.pass(&event) {
                batch.add(seq, &event);
            }
            batch.seq = seq;
            if batch.events.len() >= size || batch.bytes >= BYTES_MAX {
                break;
            }
        }
        batch
    }

    fn add(&mut self, seq: i64, event: &proto::Event) {
        if self.events.is_empty() {
            self.first_seq = seq;
        }
        self.last_seq = seq;
        let event = shown(seq, event);
        self.bytes += event.to_string().len();
        self.events.push(event);
    }

    /// How many events it has.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The body.
    pub(super) fn body(self, tenant: &str) -> String {
        json!({ "type": "otahub.events", "tenant": tenant, "events": self.events }).to_string()
    }
}

fn shown(seq: i64, event: &proto::Event) -> Value {
    let mut fields = Map::new();
    fields.insert("id".into(), seq.into());
    fields.insert("time".into(), event.time.map(|at| at.to_string()).into());
    fields.insert("kind".into(), word(event.kind()).into());
    let names = [
        ("resource", &event.resource),
        ("target", &event.target),
        ("action", &event.action),
        ("rollout", &event.rollout),
    ];
    for (field, name) in names.into_iter().filter(|(_, name)| !name.is_empty()) {
        fields.insert(field.into(), name.as_str().into());
    }
    Value::Object(fields)
}

/// `target.created` for `EVENT_KIND_TARGET_CREATED`.
fn word(kind: proto::EventKind) -> String {
    let name = kind.as_str_name();
    let name = name.strip_prefix("EVENT_KIND_").unwrap_or(name).to_lowercase();
    match name.rsplit_once('_') {
        Some((thing, verb)) => format!("{thing}.{verb}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_words_with_a_dot_before_the_verb() {
        assert_eq!(word(proto::EventKind::TargetCreated), "target.created");
        assert_eq!(
            word(proto::EventKind::DistributionSetTagChanged),
            "distribution_set_tag.changed"
        );
    }

    #[test]
    fn an_event_has_its_number_and_what_it_concerns() {
        let event = proto::Event {
            time: Some(otahub_proto::timestamp(1_700_000_000_000)),
            kind: proto::EventKind::ActionUpdated.into(),
            resource: "actions/7".into(),
            target: "targets/d-1".into(),
            action: "actions/7".into(),
            rollout: String::new(),
        };
        let expected = json!({
            "id": 12, "time": "2023-11-14T22:13:20Z", "kind": "action.updated",
            "resource": "actions/7", "target": "targets/d-1", "action": "actions/7",
        });
        assert_eq!(shown(12, &event), expected);
    }
}
