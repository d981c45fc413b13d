//! Target types.

use super::target::unknown_field;
use super::{audit, given, name};
use otahub_domain::Result;
use otahub_domain::request::{Expected, etag};
use otahub_domain::target_type::{TargetType, TargetTypeDraft, TargetTypePatch};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;

pub(crate) fn target_type(found: TargetType) -> proto::TargetType {
    let set_types = found.set_types.iter();
    proto::TargetType {
        name: names::numbered("targetTypes", found.id.0),
        distribution_set_types: set_types
            .map(|id| names::numbered("distributionSetTypes", id.0))
            .collect(),
        audit: Some(audit(&found.audit)),
        etag: etag(found.id.0, found.audit.modified_at.millis()),
        key: found.key,
        display_name: found.name,
        description: found.description.unwrap_or_default(),
        colour: found.colour.unwrap_or_default(),
    }
}

pub(crate) fn draft(kind: proto::TargetType) -> Result<TargetTypeDraft> {
    Ok(TargetTypeDraft {
        set_types: name::each(&kind.distribution_set_types, name::set_type)?,
        key: given(kind.key),
        name: given(kind.display_name),
        description: given(kind.description),
        colour: given(kind.colour),
    })
}

pub(crate) fn patch(kind: &proto::TargetType, mask: &[String]) -> Result<TargetTypePatch> {
    let expected = Expected(kind.etag.clone());
    let mut patch = TargetTypePatch { expected, ..TargetTypePatch::default() };
    for field in mask {
        match field.as_str() {
            "display_name" => patch.name = Some(kind.display_name.clone()),
            "description" => patch.description = Some(kind.description.clone()),
            "colour" => patch.colour = Some(kind.colour.clone()),
            "distribution_set_types" => {
                let all = name::each(&kind.distribution_set_types, name::set_type)?;
                patch.set_types = Some(all);
            }
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}
