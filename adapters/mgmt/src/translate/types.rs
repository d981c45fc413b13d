//! Types of modules, sets and targets: how they are made and changed; types of targets.

use super::{Detail, audit, number, text};
use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto};

/// The names of what a list of ids stands for.
pub(crate) fn named(collection: &str, ids: Vec<wire::IdBody>) -> Vec<String> {
    let name = |body: wire::IdBody| names::numbered(collection, body.id.0);
    ids.into_iter().map(name).collect()
}

/// A mask of those fields that have a value.
pub(super) fn mask(fields: &[(&str, bool)]) -> Option<prost_types::FieldMask> {
    let given = fields.iter().filter(|(_, is_given)| *is_given);
    let paths = given.map(|(path, _)| (*path).to_owned()).collect();
    Some(prost_types::FieldMask { paths })
}

/// What creates a type of modules.
pub(crate) fn module_type_creation(
    body: wire::SoftwareModuleTypeBody,
) -> proto::CreateSoftwareModuleTypeRequest {
    let kind = proto::SoftwareModuleType {
        key: body.key.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        max_assignments: body.max_assignments,
        min_artifacts: body.min_artifacts,
        ..Default::default()
    };
    proto::CreateSoftwareModuleTypeRequest {
        software_module_type: Some(kind),
        request_id: String::new(),
    }
}

/// What changes a type of modules: its description and colour, as far as the body holds them.
pub(crate) fn module_type_update(
    id: i64,
    body: wire::SoftwareModuleTypeBody,
) -> proto::UpdateSoftwareModuleTypeRequest {
    let update_mask =
        mask(&[("description", body.description.is_some()), ("colour", body.colour.is_some())]);
    let kind = proto::SoftwareModuleType {
        name: names::numbered("softwareModuleTypes", id),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        ..Default::default()
    };
    proto::UpdateSoftwareModuleTypeRequest { software_module_type: Some(kind), update_mask }
}

/// What creates a type of sets.
pub(crate) fn set_type_creation(
    body: wire::DistributionSetTypeBody,
) -> proto::CreateDistributionSetTypeRequest {
    let places = |ids: Option<_>| named("softwareModuleTypes", ids.unwrap_or_default());
    let kind = proto::DistributionSetType {
        key: body.key.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        mandatory_module_types: places(body.mandatory),
        optional_module_types: places(body.optional),
        ..Default::default()
    };
    proto::CreateDistributionSetTypeRequest {
        distribution_set_type: Some(kind),
        request_id: String::new(),
    }
}

/// What changes a type of sets: its description and colour, as far as the body holds them.
pub(crate) fn set_type_update(
    id: i64,
    body: wire::DistributionSetTypeBody,
) -> proto::UpdateDistributionSetTypeRequest {
    let update_mask =
        mask(&[("description", body.description.is_some()), ("colour", body.colour.is_some())]);
    let kind = proto::DistributionSetType {
        name: names::numbered("distributionSetTypes", id),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        ..Default::default()
    };
    proto::UpdateDistributionSetTypeRequest { distribution_set_type: Some(kind), update_mask }
}

/// What creates a type of targets.
pub(crate) fn target_type_creation(body: wire::TargetTypeBody) -> proto::CreateTargetTypeRequest {
    let set_types = body.set_types.unwrap_or_default();
    let kind = proto::TargetType {
        key: body.key.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        distribution_set_types: named("distributionSetTypes", set_types),
        ..Default::default()
    };
    proto::CreateTargetTypeRequest { target_type: Some(kind), request_id: String::new() }
}

/// What changes a type of targets: only what the body holds, and never its set types.
pub(crate) fn target_type_update(
    id: i64,
    body: wire::TargetTypeBody,
) -> proto::UpdateTargetTypeRequest {
    let update_mask = mask(&[
        ("display_name", body.name.is_some()),
        ("description", body.description.is_some()),
        ("colour", body.colour.is_some()),
    ]);
    let kind = proto::TargetType {
        name: names::numbered("targetTypes", id),
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        ..Default::default()
    };
    proto::UpdateTargetTypeRequest { target_type: Some(kind), update_mask }
}

/// A type of targets, as hawkBit shows it. None is ever soft-deleted.
pub(crate) fn target_type(
    kind: proto::TargetType,
    base: &Base,
    detail: Detail,
) -> wire::TargetType {
    let id = number("targetTypes", &kind.name).unwrap_or_default();
    let own = base.numbered("targettypes", id);
    let mut links = wire::Links::to_self(own.clone());
    if detail.is_full() {
        let relation = "compatibledistributionsettypes";
        links = links.with(relation, format!("{own}/{relation}"));
    }
    wire::TargetType {
        audit: audit(kind.audit),
        name: kind.display_name,
        description: text(kind.description),
        key: kind.key,
        colour: text(kind.colour),
        deleted: false,
        id,
        links,
    }
}
