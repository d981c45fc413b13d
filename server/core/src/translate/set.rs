//! Distribution sets and their types.

use super::target::unknown_field;
use super::{audit, given, name};
use crate::usecase::{Cancelation, NewSetType, SetTypeChange};
use otahub_domain::action::State;
use otahub_domain::distribution_set::{
    PlaceChange, Set, SetDraft, SetPatch, SetType, SetTypeDraft,
};
use otahub_domain::request::{Expected, etag};
use otahub_domain::rollout::RolloutState;
use otahub_domain::software::TypePatch;
use otahub_domain::{Error, Result};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::SetOrder;

pub(crate) fn set(
    set: Set,
    set_type: &SetType,
    modules: Vec<proto::SoftwareModule>,
) -> proto::DistributionSet {
    proto::DistributionSet {
        name: names::distribution_set(set.id.0),
        id: set.id.0,
        type_key: set_type.key.clone(),
        r#type: names::numbered("distributionSetTypes", set_type.id.0),
        type_display_name: set_type.name.clone(),
        display_name: set.name,
        version: set.version,
        description: set.description.unwrap_or_default(),
        required_migration_step: set.required_migration_step,
        locked: set.locked,
        deleted: set.deleted,
        valid: set.valid,
        complete: set.complete,
        software_modules: modules,
        audit: Some(audit(&set.audit)),
        etag: etag(set.id.0, set.row_version),
    }
}

pub(crate) fn set_type(found: SetType) -> proto::DistributionSetType {
    let types = |mandatory| {
        let of_kind = found.modules.iter().filter(move |m| m.mandatory == mandatory);
        of_kind.map(|m| names::numbered("softwareModuleTypes", m.module_type.0)).collect()
    };
    proto::DistributionSetType {
        name: names::numbered("distributionSetTypes", found.id.0),
        id: found.id.0,
        mandatory_module_types: types(true),
        optional_module_types: types(false),
        audit: Some(audit(&found.audit)),
        etag: etag(found.id.0, found.audit.modified_at.millis()),
        key: found.key,
        display_name: found.name,
        description: found.description.unwrap_or_default(),
        colour: found.colour.unwrap_or_default(),
        deleted: found.deleted,
    }
}

pub(crate) fn draft(set: proto::DistributionSet) -> Result<SetDraft> {
    let modules = set.software_modules.iter().map(|m| name::module(&m.name));
    Ok(SetDraft {
        modules: modules.collect::<Result<_>>()?,
        name: set.display_name,
        version: set.version,
        type_key: given(set.type_key),
        description: given(set.description),
        required_migration_step: set.required_migration_step,
    })
}

pub(crate) fn patch(set: &proto::DistributionSet, mask: &[String]) -> Result<SetPatch> {
    let expected = Expected(set.etag.clone());
    let mut patch = SetPatch { expected, ..SetPatch::default() };
    for field in mask {
        match field.as_str() {
            "display_name" => patch.name = Some(set.display_name.clone()),
            "version" => patch.version = Some(set.version.clone()),
            "description" => patch.description = Some(set.description.clone()),
            "required_migration_step" => {
                patch.required_migration_step = Some(set.required_migration_step);
            }
            "locked" => patch.locked = Some(set.locked),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// The field that sets are ordered by.
pub(crate) fn order(field: &str) -> Option<SetOrder> {
    Some(match field {
        "id" => SetOrder::Id,
        "name" | "display_name" => SetOrder::Name,
        "version" => SetOrder::Version,
        "description" => SetOrder::Description,
        "type" => SetOrder::Type,
        "valid" => SetOrder::Valid,
        "complete" => SetOrder::Complete,
        "required_migration_step" => SetOrder::RequiredMigrationStep,
        "create_time" => SetOrder::CreatedAt,
        "creator" => SetOrder::CreatedBy,
        "update_time" => SetOrder::ModifiedAt,
        "updater" => SetOrder::ModifiedBy,
        _ => return None,
    })
}

pub(crate) fn type_draft(kind: proto::DistributionSetType) -> Result<NewSetType> {
    let places = PlaceChange {
        mandatory: name::each(&kind.mandatory_module_types, name::module_type)?,
        optional: name::each(&kind.optional_module_types, name::module_type)?,
        removed: Vec::new(),
    };
    let draft = SetTypeDraft {
        key: kind.key,
        name: kind.display_name,
        description: given(kind.description),
        colour: given(kind.colour),
        ..SetTypeDraft::default()
    };
    Ok(NewSetType { draft, places })
}

/// The fields that the mask names. A list of module types is named whole, so that what is not on
/// it loses its place there.
pub(crate) fn type_patch(
    kind: &proto::DistributionSetType,
    mask: &[String],
) -> Result<SetTypeChange> {
    let expected = Expected(kind.etag.clone());
    let mut texts = TypePatch { expected, ..TypePatch::default() };
    let mut change = SetTypeChange::default();
    for field in mask {
        match field.as_str() {
            "description" => texts.description = Some(kind.description.clone()),
            "colour" => texts.colour = Some(kind.colour.clone()),
            "mandatory_module_types" => {
                let all = name::each(&kind.mandatory_module_types, name::module_type)?;
                change.mandatory = Some(all);
            }
            "optional_module_types" => {
                let all = name::each(&kind.optional_module_types, name::module_type)?;
                change.optional = Some(all);
            }
            other => return Err(unknown_field(other)),
        }
    }
    change.texts = texts;
    Ok(change)
}

pub(crate) fn place_change(
    request: &proto::ChangeDistributionSetTypeModuleTypesRequest,
) -> Result<PlaceChange> {
    Ok(PlaceChange {
        mandatory: name::each(&request.add_mandatory, name::module_type)?,
        optional: name::each(&request.add_optional, name::module_type)?,
        removed: name::each(&request.remove, name::module_type)?,
    })
}

/// What invalidation does to actions.
pub(crate) fn cancelation(mode: i32) -> Result<Cancelation> {
    match proto::CancelationMode::try_from(mode) {
        Ok(proto::CancelationMode::None) => Ok(Cancelation::None),
        Ok(proto::CancelationMode::Soft) => Ok(Cancelation::Soft),
        Ok(proto::CancelationMode::Force) => Ok(Cancelation::Force),
        Ok(proto::CancelationMode::Unspecified) | Err(_) => {
            Err(Error::invalid("cancelation_mode", "is required"))
        }
    }
}

/// A set's counts: its actions, its rollouts, and the filters that assign it.
pub(crate) fn statistics(
    actions: &[(State, u64)],
    rollouts: &[(RolloutState, u64)],
    assigning: u64,
) -> proto::DistributionSetStatistics {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let count_rollouts = |(state, n): &(RolloutState, u64)| {
        let word = super::rollout::state(*state).as_str_name();
        (word.trim_start_matches("ROLLOUT_STATE_").to_owned(), number(*n))
    };
    let count = |(state, n): &(State, u64)| {
        let word = state_word(*state).to_owned();
        (word, number(*n))
    };
    proto::DistributionSetStatistics {
        actions: actions.iter().map(count).collect(),
        auto_assignment_count: number(assigning),
        rollouts: rollouts.iter().map(count_rollouts).collect(),
    }
}

/// hawkBit's word for a state, as its statistics have it.
const fn state_word(state: State) -> &'static str {
    match state {
        State::Scheduled => "SCHEDULED",
        State::WaitingForConfirmation => "WAIT_FOR_CONFIRMATION",
        State::Running => "RUNNING",
        State::Retrieved => "RETRIEVED",
        State::Canceling => "CANCELING",
        State::Canceled => "CANCELED",
        State::Finished => "FINISHED",
        State::Error => "ERROR",
        State::Downloaded => "DOWNLOADED",
    }
}
