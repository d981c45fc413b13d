//! Software modules and their types.

use super::target::unknown_field;
use super::{audit, given};
use otahub_domain::Result;
use otahub_domain::request::{Expected, etag};
use otahub_domain::software::{
    Module, ModuleDraft, ModulePatch, ModuleType, ModuleTypeDraft, TypePatch,
};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::{ModuleOrder, TypeOrder};

pub(crate) fn module(module: Module, module_type: &ModuleType) -> proto::SoftwareModule {
    proto::SoftwareModule {
        name: names::software_module(module.id.0),
        id: module.id.0,
        type_key: module_type.key.clone(),
        r#type: names::numbered("softwareModuleTypes", module_type.id.0),
        type_display_name: module_type.name.clone(),
        display_name: module.name,
        version: module.version,
        description: module.description.unwrap_or_default(),
        vendor: module.vendor.unwrap_or_default(),
        encrypted: module.encrypted,
        locked: module.locked,
        deleted: module.deleted,
        complete: module.complete,
        audit: Some(audit(&module.audit)),
        etag: etag(module.id.0, module.row_version),
    }
}

pub(crate) fn module_type(found: ModuleType) -> proto::SoftwareModuleType {
    proto::SoftwareModuleType {
        name: names::numbered("softwareModuleTypes", found.id.0),
        id: found.id.0,
        audit: Some(audit(&found.audit)),
        etag: etag(found.id.0, found.audit.modified_at.millis()),
        key: found.key,
        display_name: found.name,
        description: found.description.unwrap_or_default(),
        colour: found.colour.unwrap_or_default(),
        max_assignments: found.max_assignments,
        min_artifacts: found.min_artifacts,
        deleted: found.deleted,
    }
}

pub(crate) fn draft(module: proto::SoftwareModule) -> ModuleDraft {
    ModuleDraft {
        name: module.display_name,
        version: module.version,
        type_key: module.type_key,
        description: given(module.description),
        vendor: given(module.vendor),
        encrypted: module.encrypted,
    }
}

pub(crate) fn patch(module: &proto::SoftwareModule, mask: &[String]) -> Result<ModulePatch> {
    let expected = Expected(module.etag.clone());
    let mut patch = ModulePatch { expected, ..ModulePatch::default() };
    for field in mask {
        match field.as_str() {
            "description" => patch.description = Some(module.description.clone()),
            "vendor" => patch.vendor = Some(module.vendor.clone()),
            "locked" => patch.locked = Some(module.locked),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// The field that modules are ordered by.
pub(crate) fn order(field: &str) -> Option<ModuleOrder> {
    Some(match field {
        "id" => ModuleOrder::Id,
        "name" | "display_name" => ModuleOrder::Name,
        "version" => ModuleOrder::Version,
        "description" => ModuleOrder::Description,
        "vendor" => ModuleOrder::Vendor,
        "type" => ModuleOrder::Type,
        "create_time" => ModuleOrder::CreatedAt,
        "creator" => ModuleOrder::CreatedBy,
        "update_time" => ModuleOrder::ModifiedAt,
        "updater" => ModuleOrder::ModifiedBy,
        _ => return None,
    })
}

/// The field that types of modules and sets are ordered by.
pub(crate) fn type_order(field: &str) -> Option<TypeOrder> {
    Some(match field {
        "id" => TypeOrder::Id,
        "key" => TypeOrder::Key,
        "name" | "display_name" => TypeOrder::Name,
        "description" => TypeOrder::Description,
        "max_assignments" => TypeOrder::MaxAssignments,
        "create_time" => TypeOrder::CreatedAt,
        "creator" => TypeOrder::CreatedBy,
        "update_time" => TypeOrder::ModifiedAt,
        "updater" => TypeOrder::ModifiedBy,
        _ => return None,
    })
}

pub(crate) fn type_draft(kind: proto::SoftwareModuleType) -> ModuleTypeDraft {
    ModuleTypeDraft {
        key: kind.key,
        name: kind.display_name,
        description: given(kind.description),
        colour: given(kind.colour),
        max_assignments: kind.max_assignments,
        min_artifacts: kind.min_artifacts,
    }
}

pub(crate) fn type_patch(kind: &proto::SoftwareModuleType, mask: &[String]) -> Result<TypePatch> {
    let expected = Expected(kind.etag.clone());
    let mut patch = TypePatch { expected, ..TypePatch::default() };
    for field in mask {
        match field.as_str() {
            "description" => patch.description = Some(kind.description.clone()),
            "colour" => patch.colour = Some(kind.colour.clone()),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}
