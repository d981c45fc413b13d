//! What is true of a row, by the names that filters have for it.

use std::collections::HashMap;

use otahub_domain::Audit;
use otahub_domain::action::{Action, State};
use otahub_domain::distribution_set::{Set, SetType};
use otahub_domain::filter::{Datum, Row, Searchable};
use otahub_domain::software::{Metadata, Module, ModuleType};
use otahub_domain::tag::{SetTag, TargetTag};
use otahub_domain::target::{Attributes, Target, UpdateStatus};
use otahub_domain::target_type::TargetType;

/// Values by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts {
    values: HashMap<&'static str, Vec<Datum>>,
    maps: HashMap<&'static str, Vec<(String, String)>>,
}

impl<F: Searchable> Row<F> for Facts {
    fn values(&self, field: F, key: Option<&str>) -> Vec<Datum> {
        let entry = F::FIELDS.iter().find(|entry| entry.field == field);
        let name = entry.unwrap().names[0];
        let Some(key) = key else {
            let known = self.values.get(name);
            return known.unwrap_or_else(|| panic!("nothing is said of {name}")).clone();
        };
        let map = self.maps.get(name).unwrap_or_else(|| panic!("there is no map {name}"));
        let of_key = map.iter().filter(|(k, _)| k.to_ascii_lowercase() == key);
        of_key.map(|(_, value)| Datum::Text(value.clone())).collect()
    }
}

impl Facts {
    fn text<'t>(mut self, name: &'static str, text: impl Into<Option<&'t str>>) -> Self {
        let text = text.into().map(|text| Datum::Text(text.to_owned()));
        self.values.insert(name, text.into_iter().collect());
        self
    }

    fn number(mut self, name: &'static str, number: impl Into<Option<i64>>) -> Self {
        let number = number.into().map(Datum::Number);
        self.values.insert(name, number.into_iter().collect());
        self
    }

    fn flag(mut self, name: &'static str, flag: bool) -> Self {
        self.values.insert(name, vec![Datum::Flag(flag)]);
        self
    }

    fn word(mut self, name: &'static str, word: &'static str) -> Self {
        self.values.insert(name, vec![Datum::Word(word)]);
        self
    }

    fn map(mut self, name: &'static str, pairs: Vec<(String, String)>) -> Self {
        self.maps.insert(name, pairs);
        self
    }

    fn metadata(self, metadata: Vec<Metadata>) -> Self {
        self.map("metadata", metadata.into_iter().map(|m| (m.key, m.value)).collect())
    }

    fn audit(self, audit: &Audit) -> Self {
        self.number("create_time", audit.created_at.millis())
            .text("creator", audit.created_by.as_str())
            .number("update_time", audit.modified_at.millis())
            .text("updater", audit.modified_by.as_str())
    }

    fn set_reference(self, names: [&'static str; 3], set: Option<&Set>) -> Self {
        self.number(names[0], set.map(|set| set.id.0))
            .text(names[1], set.map(|set| set.name.as_str()))
            .text(names[2], set.map(|set| set.version.as_str()))
    }

    fn names(mut self, name: &'static str, names: &[String]) -> Self {
        let texts = names.iter().map(|name| Datum::Text(name.clone()));
        self.values.insert(name, texts.collect());
        self
    }

    /// What is true of a target.
    pub(crate) fn of_target(
        target: &Target,
        sets: [Option<&Set>; 2],
        kind: Option<&TargetType>,
        attributes: Attributes,
        metadata: Vec<Metadata>,
    ) -> Self {
        Self::default()
            .audit(&target.audit)
            .text("controller_id", target.controller_id.as_str())
            .text("display_name", target.name.as_str())
            .text("description", target.description.as_deref())
            .text("address", target.address.as_deref())
            .text("group", target.group.as_deref())
            .word("update_status", status(target.update_status))
            .number("last_poll_time", target.last_poll_at.map(|at| at.millis()))
            .number("install_time", target.installed_at.map(|at| at.millis()))
            .flag("auto_confirmation_active", target.auto_confirmation.is_some())
            .set_reference(
                ["assigned_set.id", "assigned_set.display_name", "assigned_set.version"],
                sets[0],
            )
            .set_reference(
                ["installed_set.id", "installed_set.display_name", "installed_set.version"],
                sets[1],
            )
            .number("target_type.id", kind.map(|kind| kind.id.0))
            .text("target_type.key", kind.map(|kind| kind.key.as_str()))
            .text("target_type.display_name", kind.map(|kind| kind.name.as_str()))
            .number("failed_rollout", None)
            .names("tags.display_name", &[])
            .map("attributes", attributes.into_iter().collect())
            .metadata(metadata)
    }

    /// What is true of a set.
    pub(crate) fn of_set(
        set: &Set,
        kind: &SetType,
        modules: &[Module],
        metadata: Vec<Metadata>,
    ) -> Self {
        let mine = modules.iter().filter(|module| set.modules.contains(&module.id));
        let mut facts = Self::default()
            .audit(&set.audit)
            .number("id", set.id.0)
            .text("display_name", set.name.as_str())
            .text("version", set.version.as_str())
            .text("description", set.description.as_deref())
            .number("type.id", kind.id.0)
            .text("type.key", kind.key.as_str())
            .text("type.display_name", kind.name.as_str())
            .flag("valid", set.valid)
            .flag("complete", set.complete)
            .flag("locked", set.locked)
            .names("tags.display_name", &[])
            .metadata(metadata);
        let ids = mine.clone().map(|module| Datum::Number(module.id.0));
        facts.values.insert("software_modules.id", ids.collect());
        let names = mine.map(|module| Datum::Text(module.name.clone()));
        facts.values.insert("software_modules.display_name", names.collect());
        facts
    }

    /// What is true of a module.
    pub(crate) fn of_module(module: &Module, kind: &ModuleType, metadata: Vec<Metadata>) -> Self {
        Self::default()
            .audit(&module.audit)
            .number("id", module.id.0)
            .text("display_name", module.name.as_str())
            .text("version", module.version.as_str())
            .text("description", module.description.as_deref())
            .text("vendor", module.vendor.as_deref())
            .number("type.id", kind.id.0)
            .text("type.key", kind.key.as_str())
            .text("type.display_name", kind.name.as_str())
            .metadata(metadata)
    }

    /// What is true of a type of modules.
    pub(crate) fn of_module_type(kind: &ModuleType) -> Self {
        Self::default()
            .audit(&kind.audit)
            .number("id", kind.id.0)
            .text("key", kind.key.as_str())
            .text("display_name", kind.name.as_str())
            .text("description", kind.description.as_deref())
            .text("colour", kind.colour.as_deref())
            .number("max_assignments", i64::from(kind.max_assignments))
            .number("min_artifacts", i64::from(kind.min_artifacts))
    }

    /// What is true of a type of sets.
    pub(crate) fn of_set_type(kind: &SetType) -> Self {
        Self::default()
            .audit(&kind.audit)
            .number("id", kind.id.0)
            .text("key", kind.key.as_str())
            .text("display_name", kind.name.as_str())
            .text("description", kind.description.as_deref())
            .text("colour", kind.colour.as_deref())
    }

    /// What is true of a type of targets.
    pub(crate) fn of_target_type(kind: &TargetType) -> Self {
        Self::default()
            .audit(&kind.audit)
            .number("id", kind.id.0)
            .text("key", kind.key.as_str())
            .text("display_name", kind.name.as_str())
            .text("description", kind.description.as_deref())
            .text("colour", kind.colour.as_deref())
    }

    /// What is true of a tag of targets.
    pub(crate) fn of_target_tag(tag: &TargetTag) -> Self {
        Self::default()
            .audit(&tag.audit)
            .number("id", tag.id.0)
            .text("display_name", tag.name.as_str())
            .text("description", tag.description.as_deref())
            .text("colour", tag.colour.as_deref())
    }

    /// What is true of a tag of sets.
    pub(crate) fn of_set_tag(tag: &SetTag, sets: &[&Set]) -> Self {
        let mut facts = Self::default()
            .audit(&tag.audit)
            .number("id", tag.id.0)
            .text("display_name", tag.name.as_str())
            .text("description", tag.description.as_deref())
            .text("colour", tag.colour.as_deref());
        let ids = sets.iter().map(|set| Datum::Number(set.id.0));
        facts.values.insert("distribution_sets.id", ids.collect());
        let names: Vec<String> = sets.iter().map(|set| set.name.clone()).collect();
        facts.names("distribution_sets.display_name", &names)
    }

    /// Adds a tag's name.
    pub(crate) fn tag(&mut self, name: &str) {
        let tags = self.values.entry("tags.display_name").or_default();
        tags.push(Datum::Text(name.to_owned()));
    }

    /// What is true of an action.
    pub(crate) fn of_action(action: &Action, target: &Target, set: &Set, kind: &SetType) -> Self {
        Self::default()
            .audit(&action.audit)
            .number("id", action.id.0)
            .flag("active", action.state.is_active())
            .word("state", state(action.state))
            .number("last_code", action.last_code.map(i64::from))
            .number("weight", i64::from(action.weight))
            .text("external_ref", action.external_ref.as_deref())
            .text("target.controller_id", target.controller_id.as_str())
            .text("target.display_name", target.name.as_str())
            .word("target.update_status", status(target.update_status))
            .text("target.address", target.address.as_deref())
            .set_reference(
                [
                    "distribution_set.id",
                    "distribution_set.display_name",
                    "distribution_set.version",
                ],
                Some(set),
            )
            .number("distribution_set.type.id", kind.id.0)
            .text("distribution_set.type.key", kind.key.as_str())
            .text("distribution_set.type.display_name", kind.name.as_str())
            .number("rollout.id", action.rollout.map(|id| id.0))
            .number("rollout_group.id", action.rollout_group.map(|id| id.0))
            .text("rollout.display_name", None)
            .text("rollout_group.display_name", None)
    }
}

fn status(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Unknown => "UNKNOWN",
        UpdateStatus::Registered => "REGISTERED",
        UpdateStatus::Pending => "PENDING",
        UpdateStatus::InSync => "IN_SYNC",
        UpdateStatus::Error => "ERROR",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Scheduled => "SCHEDULED",
        State::WaitingForConfirmation => "WAITING_FOR_CONFIRMATION",
        State::Running => "RUNNING",
        State::Retrieved => "RETRIEVED",
        State::Canceling => "CANCELING",
        State::Canceled => "CANCELED",
        State::Finished => "FINISHED",
        State::Error => "FAILED",
        State::Downloaded => "DOWNLOADED",
    }
}
