//! How targets look.

use super::{Fields, View, moment, word};
use otahub_client::proto::{PollStatus, Target, TargetAttributes};
use serde_json::{Value, json};

impl View for Target {
    const COLUMNS: &'static [&'static str] =
        &["CONTROLLER ID", "NAME", "STATUS", "ASSIGNED", "INSTALLED", "LAST POLL"];

    fn cells(&self) -> Vec<String> {
        let poll = self.poll_status.as_ref();
        let overdue = if poll.is_some_and(|p| p.overdue) { " (overdue)" } else { "" };
        let last = moment(poll.and_then(|p| p.last_poll_time.as_ref()));
        vec![
            self.controller_id.clone(),
            self.display_name.clone(),
            word(self.update_status().as_str_name(), "UPDATE_STATUS_"),
            number(&self.assigned_set),
            number(&self.installed_set),
            format!("{last}{overdue}"),
        ]
    }

    fn json(&self) -> Value {
        let named = Fields::new()
            .text("name", &self.name)
            .text("controllerId", &self.controller_id)
            .text("displayName", &self.display_name)
            .text("description", &self.description)
            .text("address", &self.address)
            .text("securityToken", &self.security_token)
            .text("group", &self.group)
            .text("targetType", &self.target_type)
            .text("targetTypeDisplayName", &self.target_type_display_name);
        named
            .text("updateStatus", self.update_status().as_str_name())
            .text("assignedSet", &self.assigned_set)
            .text("installedSet", &self.installed_set)
            .time("installTime", self.install_time.as_ref())
            .flag("attributesRequested", self.attributes_requested)
            .option("pollStatus", self.poll_status.as_ref().map(poll))
            .option("autoConfirmationActive", self.auto_confirmation_active)
            .text("undelivered", &self.undelivered)
            .audit(self.audit.as_ref())
            .text("etag", &self.etag)
            .finish()
    }
}

fn poll(status: &PollStatus) -> Value {
    Fields::new()
        .time("lastPollTime", status.last_poll_time.as_ref())
        .time("nextPollTime", status.next_poll_time.as_ref())
        .flag("overdue", status.overdue)
        .finish()
}

/// `7` from `distributionSets/7`.
fn number(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

impl View for TargetAttributes {
    const COLUMNS: &'static [&'static str] = &["ATTRIBUTES"];

    fn cells(&self) -> Vec<String> {
        vec![self.attributes.len().to_string()]
    }

    fn json(&self) -> Value {
        json!({ "attributes": self.attributes })
    }
}
