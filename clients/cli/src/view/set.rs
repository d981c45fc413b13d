//! How distribution sets look.

use super::{Fields, View, moment};
use otahub_client::proto::DistributionSet;
use serde_json::Value;

impl View for DistributionSet {
    const COLUMNS: &'static [&'static str] =
        &["ID", "TYPE", "NAME", "VERSION", "MODULES", "STATE", "CREATED"];

    fn cells(&self) -> Vec<String> {
        let states = [
            (self.deleted, "deleted"),
            (!self.valid, "invalid"),
            (!self.complete, "incomplete"),
            (self.locked, "locked"),
        ];
        let words: Vec<_> = states.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        let modules: Vec<_> = self
            .software_modules
            .iter()
            .map(|m| format!("{} {}", m.display_name, m.version))
            .collect();
        vec![
            self.id.to_string(),
            self.type_key.clone(),
            self.display_name.clone(),
            self.version.clone(),
            modules.join(", "),
            words.join(", "),
            moment(self.audit.as_ref().and_then(|a| a.create_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        let modules: Vec<_> = self.software_modules.iter().map(View::json).collect();
        Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("typeKey", &self.type_key)
            .text("type", &self.r#type)
            .text("typeDisplayName", &self.type_display_name)
            .text("displayName", &self.display_name)
            .text("version", &self.version)
            .text("description", &self.description)
            .flag("requiredMigrationStep", self.required_migration_step)
            .flag("locked", self.locked)
            .flag("deleted", self.deleted)
            .flag("valid", self.valid)
            .flag("complete", self.complete)
            .value("softwareModules", modules.into())
            .audit(self.audit.as_ref())
            .text("etag", &self.etag)
            .finish()
    }
}
