//! Distribution sets and their types.

use super::target::{etag, unknown_field};
use super::{audit, given, name};
use otahub_domain::Result;
use otahub_domain::distribution_set::{Set, SetDraft, SetPatch, SetType};
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
        etag: etag(set.row_version),
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
        etag: etag(found.audit.modified_at.millis()),
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
    let mut patch = SetPatch::default();
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
