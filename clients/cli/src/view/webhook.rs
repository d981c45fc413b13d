//! How webhooks look.

use super::{Fields, View, moment};
use otahub_client::proto::{EventKind, Webhook, WebhookDelivery, WebhookDeliveryState};
use serde_json::Value;

impl View for Webhook {
    const COLUMNS: &'static [&'static str] =
        &["ID", "URL", "STATE", "LAST SUCCESS", "DEAD", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        let state = self.state.clone().unwrap_or_default();
        let word = match (self.disabled, state.failing_since) {
            (true, _) => "disabled",
            (false, Some(_)) => "failing",
            (false, None) => "fine",
        };
        vec![
            self.id.to_string(),
            self.url.clone(),
            word.to_owned(),
            moment(state.last_success_time.as_ref()),
            state.dead_deliveries.to_string(),
            self.description.clone(),
        ]
    }

    fn json(&self) -> Value {
        let kinds = self.kinds().map(|kind: EventKind| Value::from(kind.as_str_name()));
        let fields = Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("url", &self.url)
            .text("description", &self.description)
            .value("kinds", kinds.collect())
            .text("target", &self.target)
            .text("rollout", &self.rollout)
            .number("batchSize", self.batch_size)
            .flag("disabled", self.disabled);
        let state = self.state.as_ref().map(|state| {
            Fields::new()
                .text("position", &state.position)
                .time("behindSince", state.behind_since.as_ref())
                .time("failingSince", state.failing_since.as_ref())
                .time("lastSuccessTime", state.last_success_time.as_ref())
                .text("disabledReason", &state.disabled_reason)
                .time("lostTime", state.lost_time.as_ref())
                .number("deadDeliveries", state.dead_deliveries)
                .finish()
        });
        let fields = fields.option("state", state).audit(self.audit.as_ref());
        fields.text("etag", &self.etag).finish()
    }
}

impl View for WebhookDelivery {
    const COLUMNS: &'static [&'static str] =
        &["ID", "STATE", "EVENTS", "ATTEMPTS", "LAST", "NEXT", "ERROR"];

    fn cells(&self) -> Vec<String> {
        let state = match self.state() {
            WebhookDeliveryState::Dead => "dead",
            WebhookDeliveryState::Retrying => "retrying",
            WebhookDeliveryState::Unspecified => "",
        };
        vec![
            self.name.rsplit('/').next().unwrap_or_default().to_owned(),
            state.to_owned(),
            self.event_count.to_string(),
            self.attempts.to_string(),
            moment(self.last_attempt_time.as_ref()),
            moment(self.next_attempt_time.as_ref()),
            self.last_error.clone(),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .text("state", self.state().as_str_name())
            .number("firstEvent", self.first_event)
            .number("lastEvent", self.last_event)
            .number("eventCount", self.event_count)
            .number("attempts", self.attempts)
            .time("firstAttemptTime", self.first_attempt_time.as_ref())
            .time("lastAttemptTime", self.last_attempt_time.as_ref())
            .time("nextAttemptTime", self.next_attempt_time.as_ref())
            .number("lastStatus", self.last_status)
            .text("lastError", &self.last_error)
            .finish()
    }
}
