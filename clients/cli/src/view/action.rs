//! How actions and their history look.

use super::{Fields, View, moment, word};
use otahub_client::names;
use otahub_client::proto::{Action, ActionEntry, AssignedAction};
use serde_json::Value;

impl View for Action {
    const COLUMNS: &'static [&'static str] =
        &["ID", "TARGET", "SET", "TYPE", "STATE", "WEIGHT", "CREATED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            names::target_id(&self.target).unwrap_or_else(|| self.target.clone()),
            format!("{} {}", self.set_display_name, self.set_version),
            word(self.r#type().as_str_name(), "ACTION_TYPE_"),
            word(self.state().as_str_name(), "ACTION_STATE_"),
            self.weight.to_string(),
            moment(self.audit.as_ref().and_then(|a| a.create_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        let subject = Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("target", &self.target)
            .text("targetDisplayName", &self.target_display_name)
            .text("distributionSet", &self.distribution_set)
            .text("setDisplayName", &self.set_display_name)
            .text("setVersion", &self.set_version);
        let state = subject
            .text("type", self.r#type().as_str_name())
            .time("forceTime", self.force_time.as_ref())
            .text("state", self.state().as_str_name())
            .flag("active", self.active)
            .number("weight", self.weight)
            .window("maintenanceWindow", self.maintenance_window.as_ref())
            .time("nextWindowTime", self.next_window_time.as_ref())
            .option("lastCode", self.last_code);
        state
            .text("externalRef", &self.external_ref)
            .text("rollout", &self.rollout)
            .text("rolloutDisplayName", &self.rollout_display_name)
            .text("rolloutGroup", &self.rollout_group)
            .audit(self.audit.as_ref())
            .text("etag", &self.etag)
            .finish()
    }
}

impl View for ActionEntry {
    const COLUMNS: &'static [&'static str] = &["TIME", "STATUS", "CODE", "MESSAGES"];

    fn cells(&self) -> Vec<String> {
        vec![
            moment(self.report_time.as_ref().or(self.occur_time.as_ref())),
            word(self.status().as_str_name(), "ENTRY_STATUS_"),
            self.code.map(|code| code.to_string()).unwrap_or_default(),
            self.messages.join("; "),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .number("id", self.id)
            .text("status", self.status().as_str_name())
            .value("messages", self.messages.clone().into())
            .option("code", self.code)
            .time("occurTime", self.occur_time.as_ref())
            .time("reportTime", self.report_time.as_ref())
            .finish()
    }
}

impl View for AssignedAction {
    const COLUMNS: &'static [&'static str] = &["ACTION", "TARGET"];

    fn cells(&self) -> Vec<String> {
        vec![self.action.to_string(), self.controller_id.clone()]
    }

    fn json(&self) -> Value {
        let fields = Fields::new().number("action", self.action);
        fields.text("controllerId", &self.controller_id).finish()
    }
}
