//! `kind: Settings`: some settings of the tenant.

use super::document::Document;
use super::{Applying, Outcome};
use crate::error::CliError;
use otahub_client::names;
use serde_json::{Value, json};

impl Applying<'_> {
    pub(super) async fn settings(&self, document: &Document) -> Result<Outcome, CliError> {
        let (present, _) = self.session.list("ListSettings", &json!({}), 0).await?;
        let now = |name: &str| {
            let known = present.iter().find(|setting| setting["name"] == name);
            known.map(|setting| setting["value"].clone())
        };
        let wanted = document.fields.get("values").and_then(Value::as_object);
        let (mut settings, mut changes) = (Vec::new(), Vec::new());
        for (key, value) in wanted.into_iter().flatten() {
            let name = names::setting(key);
            if now(&name).as_ref() != Some(value) {
                settings.push(json!({ "name": name, "value": typed(value) }));
                changes.push(key.clone());
            }
        }
        if !changes.is_empty() && !self.dry_run {
            self.session.call("UpdateSettings", &json!({ "settings": settings })).await?;
        }
        Ok(Outcome { key: String::new(), is_new: false, changes })
    }
}

/// A value as requests have it.
fn typed(value: &Value) -> Value {
    match value {
        Value::Bool(_) => json!({ "boolValue": value }),
        Value::Number(_) => json!({ "intValue": value }),
        _ => json!({ "stringValue": value }),
    }
}
