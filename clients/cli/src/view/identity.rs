//! How users, API tokens, tenants and the audit trail look.

use super::{Fields, View, moment};
use otahub_client::names;
use otahub_client::proto::{ApiToken, AuditEntry, Tenant, User};
use serde_json::Value;

impl View for User {
    const COLUMNS: &'static [&'static str] = &["NAME", "AUTHORITIES", "STATE", "CHANGED"];

    fn cells(&self) -> Vec<String> {
        let states = [(self.disabled, "disabled"), (self.configured, "configured")];
        let words: Vec<_> = states.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        vec![
            names::user_name(&self.name).unwrap_or_default(),
            self.authorities.join(", "),
            words.join(", "),
            moment(self.audit.as_ref().and_then(|a| a.update_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .value("authorities", self.authorities.clone().into())
            .flag("disabled", self.disabled)
            .flag("configured", self.configured)
            .audit(self.audit.as_ref())
            .finish()
    }
}

impl View for ApiToken {
    const COLUMNS: &'static [&'static str] =
        &["ID", "MADE BY", "DESCRIPTION", "AUTHORITIES", "EXPIRES", "LAST USED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.trim_start_matches("apiTokens/").to_owned(),
            self.audit.as_ref().map(|a| a.creator.clone()).unwrap_or_default(),
            self.description.clone(),
            self.authorities.join(", "),
            moment(self.expire_time.as_ref()),
            moment(self.last_use_time.as_ref()),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .text("description", &self.description)
            .value("authorities", self.authorities.clone().into())
            .time("expireTime", self.expire_time.as_ref())
            .time("lastUseTime", self.last_use_time.as_ref())
            .audit(self.audit.as_ref())
            .finish()
    }
}

impl View for Tenant {
    const COLUMNS: &'static [&'static str] = &["NAME"];

    fn cells(&self) -> Vec<String> {
        vec![names::tenant_name(&self.name).unwrap_or_default()]
    }

    fn json(&self) -> Value {
        Fields::new().text("name", &self.name).finish()
    }
}

impl View for AuditEntry {
    const COLUMNS: &'static [&'static str] =
        &["TIME", "WHO", "WITH", "VIA", "WHAT", "RESOURCE", "OUTCOME"];

    fn cells(&self) -> Vec<String> {
        let more = if self.truncated { " (one of many)" } else { "" };
        vec![
            moment(self.time.as_ref()),
            self.actor.clone(),
            self.credential.clone(),
            self.protocol.clone(),
            self.method.rsplit('/').next().unwrap_or_default().to_owned(),
            format!("{}{more}", self.resource),
            self.outcome.clone(),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .number("id", self.id)
            .time("time", self.time.as_ref())
            .text("actor", &self.actor)
            .text("credential", &self.credential)
            .text("protocol", &self.protocol)
            .text("method", &self.method)
            .text("resource", &self.resource)
            .text("outcome", &self.outcome)
            .flag("truncated", self.truncated)
            .finish()
    }
}
