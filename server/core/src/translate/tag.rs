//! Tags of targets and of distribution sets.

use super::target::unknown_field;
use super::{audit, given};
use otahub_domain::Result;
use otahub_domain::request::{Expected, etag};
use otahub_domain::tag::{SetTag, TagDraft, TagPatch, TargetTag};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::TagOrder;

pub(crate) fn target_tag(tag: TargetTag) -> proto::TargetTag {
    proto::TargetTag {
        name: names::numbered("targetTags", tag.id.0),
        audit: Some(audit(&tag.audit)),
        etag: etag(tag.id.0, tag.audit.modified_at.millis()),
        display_name: tag.name,
        description: tag.description.unwrap_or_default(),
        colour: tag.colour.unwrap_or_default(),
    }
}

pub(crate) fn set_tag(tag: SetTag) -> proto::DistributionSetTag {
    proto::DistributionSetTag {
        name: names::numbered("distributionSetTags", tag.id.0),
        audit: Some(audit(&tag.audit)),
        etag: etag(tag.id.0, tag.audit.modified_at.millis()),
        display_name: tag.name,
        description: tag.description.unwrap_or_default(),
        colour: tag.colour.unwrap_or_default(),
    }
}

/// The texts of a tag: display name, description, colour, etag.
pub(crate) struct Texts(pub String, pub String, pub String, pub String);

impl From<proto::TargetTag> for Texts {
    fn from(tag: proto::TargetTag) -> Self {
        Self(tag.display_name, tag.description, tag.colour, tag.etag)
    }
}

impl From<proto::DistributionSetTag> for Texts {
    fn from(tag: proto::DistributionSetTag) -> Self {
        Self(tag.display_name, tag.description, tag.colour, tag.etag)
    }
}

pub(crate) fn draft(texts: impl Into<Texts>) -> TagDraft {
    let Texts(name, description, colour, _) = texts.into();
    TagDraft { name, description: given(description), colour: given(colour) }
}

pub(crate) fn patch(texts: impl Into<Texts>, mask: &[String]) -> Result<TagPatch> {
    let Texts(name, description, colour, etag) = texts.into();
    let mut patch = TagPatch { expected: Expected(etag), ..TagPatch::default() };
    for field in mask {
        match field.as_str() {
            "display_name" => patch.name = Some(name.clone()),
            "description" => patch.description = Some(description.clone()),
            "colour" => patch.colour = Some(colour.clone()),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// The field that tags are ordered by.
pub(crate) fn order(field: &str) -> Option<TagOrder> {
    Some(match field {
        "id" => TagOrder::Id,
        "name" | "display_name" => TagOrder::Name,
        "description" => TagOrder::Description,
        "colour" => TagOrder::Colour,
        "create_time" => TagOrder::CreatedAt,
        "creator" => TagOrder::CreatedBy,
        "update_time" => TagOrder::ModifiedAt,
        "updater" => TagOrder::ModifiedBy,
        _ => return None,
    })
}
