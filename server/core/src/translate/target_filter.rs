//! Stored target filters.

use super::action::{action_type, wanted_type};
use super::target::unknown_field;
use super::{audit, given, name};
use otahub_domain::Result;
use otahub_domain::distribution_set::Set;
use otahub_domain::request::{Expected, etag};
use otahub_domain::target_filter::{
    AutoAssignment, AutoAssignmentDraft, Query, TargetFilter, TargetFilterPatch,
};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::TargetFilterOrder;

/// A filter; the sets that filters assign are among `sets`. Consent is told of only while the
/// tenant asks for it.
pub(crate) fn target_filter(
    found: TargetFilter,
    sets: &[Set],
    consent_flow: bool,
) -> proto::TargetFilter {
    let auto = |auto| auto_assignment(auto, sets, consent_flow);
    proto::TargetFilter {
        name: names::numbered("targetFilters", found.id.0),
        id: found.id.0,
        auto_assignment: found.auto_assignment.map(auto),
        audit: Some(audit(&found.audit)),
        etag: etag(found.id.0, found.version),
        display_name: found.name,
        filter: found.query.filter,
        source: found.query.source.unwrap_or_default(),
    }
}

fn auto_assignment(
    auto: AutoAssignment,
    sets: &[Set],
    consent_flow: bool,
) -> proto::AutoAssignment {
    let set = sets.iter().find(|set| set.id == auto.set);
    let text = |of: fn(&Set) -> &String| set.map(of).cloned().unwrap_or_default();
    proto::AutoAssignment {
        distribution_set: names::distribution_set(auto.set.0),
        r#type: action_type(auto.action_type).0.into(),
        weight: Some(auto.weight),
        confirmation_required: consent_flow.then(|| auto.confirmation_required.unwrap_or(true)),
        creator: auto.by,
        set_display_name: text(|set| &set.name),
        set_version: text(|set| &set.version),
    }
}

/// What a filter searches for.
pub(crate) fn query(filter: &proto::TargetFilter) -> Query {
    Query { filter: filter.filter.clone(), source: given(filter.source.clone()) }
}

/// What a filter is to assign.
pub(crate) fn draft(auto: &proto::AutoAssignment) -> Result<AutoAssignmentDraft> {
    let at = prost_types::Timestamp::default();
    Ok(AutoAssignmentDraft {
        set: name::set(&auto.distribution_set)?,
        action_type: wanted_type(auto.r#type(), Some(&at))?,
        weight: auto.weight,
        confirmation_required: auto.confirmation_required,
    })
}

pub(crate) fn patch(filter: &proto::TargetFilter, mask: &[String]) -> Result<TargetFilterPatch> {
    let expected = Expected(filter.etag.clone());
    let mut patch = TargetFilterPatch { expected, ..TargetFilterPatch::default() };
    for field in mask {
        match field.as_str() {
            "display_name" => patch.name = Some(filter.display_name.clone()),
            "filter" => patch.query = Some(query(filter)),
            // comes with the filter
            "source" if mask.iter().any(|other| other == "filter") => {}
            "auto_assignment" => {
                patch.auto_assignment =
                    Some(filter.auto_assignment.as_ref().map(draft).transpose()?);
            }
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// The field that filters are ordered by.
pub(crate) fn order(field: &str) -> Option<TargetFilterOrder> {
    Some(match field {
        "id" => TargetFilterOrder::Id,
        "name" | "display_name" => TargetFilterOrder::Name,
        "auto_assignment.distribution_set" => TargetFilterOrder::Set,
        "create_time" => TargetFilterOrder::CreatedAt,
        "creator" => TargetFilterOrder::CreatedBy,
        "update_time" => TargetFilterOrder::ModifiedAt,
        "updater" => TargetFilterOrder::ModifiedBy,
        _ => return None,
    })
}
