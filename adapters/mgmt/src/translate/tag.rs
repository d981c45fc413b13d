//! Tags of targets and of distribution sets.

use super::{Detail, audit, number, text};
use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto};

/// A tag of targets, as hawkBit shows it.
pub(crate) fn target_tag(tag: proto::TargetTag, base: &Base, detail: Detail) -> wire::Tag {
    let id = number("targetTags", &tag.name).unwrap_or_default();
    wire::Tag {
        audit: audit(tag.audit),
        name: tag.display_name,
        description: text(tag.description),
        id,
        colour: text(tag.colour),
        links: links(base.numbered("targettags", id), "assignedTargets", detail),
    }
}

/// A tag of distribution sets, as hawkBit shows it.
pub(crate) fn set_tag(tag: proto::DistributionSetTag, base: &Base, detail: Detail) -> wire::Tag {
    let id = number("distributionSetTags", &tag.name).unwrap_or_default();
    let own = base.numbered("distributionsettags", id);
    wire::Tag {
        audit: audit(tag.audit),
        name: tag.display_name,
        description: text(tag.description),
        id,
        colour: text(tag.colour),
        links: links(own, "assignedDistributionSets", detail),
    }
}

fn links(own: String, assigned: &'static str, detail: Detail) -> wire::Links {
    let links = wire::Links::to_self(own.clone());
    if detail.is_full() {
        links.with(assigned, format!("{own}/assigned?offset=0&limit=50"))
    } else {
        links
    }
}

/// What creates a tag of targets.
pub(crate) fn target_tag_creation(body: wire::TagBody) -> proto::CreateTargetTagRequest {
    let tag = proto::TargetTag {
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        ..Default::default()
    };
    proto::CreateTargetTagRequest { target_tag: Some(tag), request_id: String::new() }
}

/// What creates a tag of distribution sets.
pub(crate) fn set_tag_creation(body: wire::TagBody) -> proto::CreateDistributionSetTagRequest {
    let tag = proto::DistributionSetTag {
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        colour: body.colour.unwrap_or_default(),
        ..Default::default()
    };
    proto::CreateDistributionSetTagRequest {
        distribution_set_tag: Some(tag),
        request_id: String::new(),
    }
}

/// The fields that the body holds, by the hub's names.
fn mask(body: &wire::TagBody) -> prost_types::FieldMask {
    let fields = [
        ("display_name", &body.name),
        ("description", &body.description),
        ("colour", &body.colour),
    ];
    let named = fields.into_iter().filter(|(_, value)| value.is_some());
    prost_types::FieldMask { paths: named.map(|(path, _)| path.to_owned()).collect() }
}

/// What changes a tag of targets: only what the body holds.
pub(crate) fn target_tag_update(id: i64, body: wire::TagBody) -> proto::UpdateTargetTagRequest {
    let update_mask = Some(mask(&body));
    let tag = proto::TargetTag {
        name: names::numbered("targetTags", id),
        ..target_tag_creation(body).target_tag.unwrap_or_default()
    };
    proto::UpdateTargetTagRequest { target_tag: Some(tag), update_mask }
}

/// What changes a tag of distribution sets: only what the body holds.
pub(crate) fn set_tag_update(
    id: i64,
    body: wire::TagBody,
) -> proto::UpdateDistributionSetTagRequest {
    let update_mask = Some(mask(&body));
    let tag = proto::DistributionSetTag {
        name: names::numbered("distributionSetTags", id),
        ..set_tag_creation(body).distribution_set_tag.unwrap_or_default()
    };
    proto::UpdateDistributionSetTagRequest { distribution_set_tag: Some(tag), update_mask }
}
