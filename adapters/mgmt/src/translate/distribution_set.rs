//! Distribution sets, their types and their counts.

use super::{Detail, audit, number, software, text};
use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto};
use std::collections::{BTreeMap, HashMap};

/// A distribution set with its modules, as hawkBit shows it.
pub(crate) fn set(
    set: proto::DistributionSet,
    base: &Base,
    detail: Detail,
) -> wire::DistributionSet {
    let own = base.set(set.id);
    let mut links = wire::Links::to_self(own.clone());
    if detail.is_full() {
        links = links.with("modules", format!("{own}/assignedSM?offset=0&limit=50"));
        if let Some(kind) = number("distributionSetTypes", &set.r#type) {
            links = links.with("type", base.numbered("distributionsettypes", kind));
        }
        links = links.with("metadata", format!("{own}/metadata"));
    }
    let modules = set.software_modules.into_iter();
    wire::DistributionSet {
        audit: audit(set.audit),
        name: set.display_name,
        description: text(set.description),
        id: set.id,
        version: set.version,
        type_key: set.type_key,
        type_name: text(set.type_display_name),
        locked: set.locked,
        deleted: set.deleted,
        valid: set.valid,
        required_migration_step: set.required_migration_step,
        complete: set.complete,
        modules: modules.map(|m| software::module(m, base, Detail::Compact)).collect(),
        links,
    }
}

/// What creates a set.
pub(crate) fn creation(body: wire::DistributionSetBody) -> proto::CreateDistributionSetRequest {
    let modules = body.modules.unwrap_or_default().into_iter().map(|module| {
        let name = names::software_module(module.id.0);
        proto::SoftwareModule { name, id: module.id.0, ..Default::default() }
    });
    let set = proto::DistributionSet {
        type_key: body.type_key.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        version: body.version.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        required_migration_step: body.required_migration_step.unwrap_or_default(),
        software_modules: modules.collect(),
        ..Default::default()
    };
    proto::CreateDistributionSetRequest { distribution_set: Some(set), request_id: String::new() }
}

/// What changes a set: only what the body holds.
pub(crate) fn update(
    id: i64,
    body: wire::DistributionSetBody,
) -> proto::UpdateDistributionSetRequest {
    let mut set =
        proto::DistributionSet { name: names::distribution_set(id), ..Default::default() };
    let mut paths = Vec::new();
    let mut write = |path: &str, field: &mut String, value: Option<String>| {
        if let Some(value) = value {
            *field = value;
            paths.push(path.to_owned());
        }
    };
    write("display_name", &mut set.display_name, body.name);
    write("version", &mut set.version, body.version);
    write("description", &mut set.description, body.description);
    if let Some(required) = body.required_migration_step {
        set.required_migration_step = required;
        paths.push("required_migration_step".to_owned());
    }
    if let Some(locked) = body.locked {
        set.locked = locked;
        paths.push("locked".to_owned());
    }
    proto::UpdateDistributionSetRequest {
        distribution_set: Some(set),
        update_mask: Some(prost_types::FieldMask { paths }),
    }
}

/// What invalidation does to actions.
pub(crate) fn cancelation(word: wire::CancelationWord) -> proto::CancelationMode {
    match word {
        wire::CancelationWord::Soft => proto::CancelationMode::Soft,
        wire::CancelationWord::Force => proto::CancelationMode::Force,
        wire::CancelationWord::None => proto::CancelationMode::None,
    }
}

/// A kind of set.
pub(crate) fn set_type(
    kind: proto::DistributionSetType,
    base: &Base,
    detail: Detail,
) -> wire::DistributionSetType {
    let own = base.numbered("distributionsettypes", kind.id);
    let mut links = wire::Links::to_self(own.clone());
    if detail.is_full() {
        links = links
            .with("mandatorymodules", format!("{own}/mandatorymoduletypes"))
            .with("optionalmodules", format!("{own}/optionalmoduletypes"));
    }
    wire::DistributionSetType {
        audit: audit(kind.audit),
        name: kind.display_name,
        description: text(kind.description),
        key: kind.key,
        colour: text(kind.colour),
        deleted: kind.deleted,
        id: kind.id,
        links,
    }
}

/// Which of the counts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    /// `…/statistics`.
    All,
    /// `…/statistics/actions`.
    Actions,
    /// `…/statistics/rollouts`.
    Rollouts,
    /// `…/statistics/autoassignments`.
    AutoAssignments,
}

/// A set's counts. All of them are always there; a single aspect without any count is left out.
pub(crate) fn statistics(
    counts: proto::DistributionSetStatistics,
    aspect: Aspect,
) -> wire::Statistics {
    let mut statistics = wire::Statistics::default();
    let all = aspect == Aspect::All;
    if all || (aspect == Aspect::Actions && !counts.actions.is_empty()) {
        statistics.actions = Some(with_total(counts.actions));
    }
    if all || (aspect == Aspect::Rollouts && !counts.rollouts.is_empty()) {
        statistics.rollouts = Some(with_total(counts.rollouts));
    }
    let automatic = counts.auto_assignment_count;
    if all || (aspect == Aspect::AutoAssignments && automatic != 0) {
        statistics.total_auto_assignments = Some(automatic);
    }
    statistics
}

fn with_total(counts: HashMap<String, i64>) -> BTreeMap<String, i64> {
    let total = counts.values().fold(0, |sum: i64, n| sum.saturating_add(*n));
    let mut counts: BTreeMap<_, _> = counts.into_iter().collect();
    counts.insert("total".to_owned(), total);
    counts
}
