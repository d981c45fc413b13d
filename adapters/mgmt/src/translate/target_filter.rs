//! Stored target filters. The hub keeps what was written in hawkBit's language beside what it
//! means.

use super::assignment::action_type;
use super::types::mask;
use super::{action, audit, number};
use crate::error::Fault;
use crate::link::Base;
use crate::{rsql, wire};
use otahub_client::{names, proto};

/// Which links a filter is shown with, beside the one to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linked {
    /// None: as in a list.
    Bare,
    /// As in a full list: to the set that it assigns.
    ToSet,
    /// As an answer to a change: to what it assigns.
    ToAssignment,
    /// As a single one: both.
    Fully,
}

impl Linked {
    const fn to_set(self) -> bool {
        matches!(self, Self::ToSet | Self::Fully)
    }

    const fn to_assignment(self) -> bool {
        matches!(self, Self::ToAssignment | Self::Fully)
    }
}

/// A search in hawkBit's words, or in the hub's where nobody has written it in the former.
pub(super) fn shown(source: String, filter: String) -> String {
    if source.is_empty() { filter } else { source }
}

/// What a filter of targets in hawkBit's language means to the hub.
pub(super) fn meaning(query: &str) -> Result<String, Fault> {
    rsql::filter(query, rsql::TARGETS).map_err(Fault::search)
}

/// A target filter, as hawkBit shows it.
pub(crate) fn target_filter(
    filter: proto::TargetFilter,
    base: &Base,
    linked: Linked,
) -> wire::TargetFilter {
    let own = base.numbered("targetfilters", filter.id);
    let mut links = wire::Links::to_self(own.clone());
    if linked.to_assignment() {
        links = links.with("autoAssignDS", format!("{own}/autoAssignDS"));
    }
    let auto = filter.auto_assignment;
    if let Some(auto) = auto.as_ref().filter(|_| linked.to_set()) {
        links = links.with("DS", base.sets_named(&auto.set_display_name, &auto.set_version));
    }
    let set = auto.as_ref().and_then(|auto| number("distributionSets", &auto.distribution_set));
    wire::TargetFilter {
        audit: audit(filter.audit),
        id: filter.id,
        name: filter.display_name,
        query: shown(filter.source, filter.filter),
        auto_assign_distribution_set: set,
        auto_assign_action_type: auto.as_ref().map(|auto| action::force_type(auto.r#type())),
        auto_assign_weight: auto.as_ref().and_then(|auto| auto.weight),
        confirmation_required: auto.and_then(|auto| auto.confirmation_required),
        links,
    }
}

/// What creates a filter.
pub(crate) fn creation(
    body: wire::TargetFilterBody,
) -> Result<proto::CreateTargetFilterRequest, Fault> {
    let query = body.query.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| Fault::constraint("query: must not be empty"))?;
    let filter = proto::TargetFilter {
        display_name: body.name.unwrap_or_default(),
        filter: meaning(&query)?,
        source: query,
        ..Default::default()
    };
    Ok(proto::CreateTargetFilterRequest { target_filter: Some(filter), request_id: String::new() })
}

/// What changes a filter: only what the body holds; nothing if it holds nothing.
pub(crate) fn update(
    id: i64,
    body: wire::TargetFilterBody,
) -> Result<Option<proto::UpdateTargetFilterRequest>, Fault> {
    if body.name.is_none() && body.query.is_none() {
        return Ok(None);
    }
    let update_mask =
        mask(&[("display_name", body.name.is_some()), ("filter", body.query.is_some())]);
    let filter = proto::TargetFilter {
        name: names::numbered("targetFilters", id),
        display_name: body.name.unwrap_or_default(),
        filter: body.query.as_deref().map(meaning).transpose()?.unwrap_or_default(),
        source: body.query.unwrap_or_default(),
        ..Default::default()
    };
    Ok(Some(proto::UpdateTargetFilterRequest { target_filter: Some(filter), update_mask }))
}

/// What lets a filter assign a set; without a body nothing any more.
pub(crate) fn auto_assignment(
    id: i64,
    body: Option<wire::AutoAssignBody>,
) -> Result<proto::UpdateTargetFilterRequest, Fault> {
    let auto = |body: wire::AutoAssignBody| {
        let set = body.id.ok_or_else(|| Fault::constraint("id: must not be null"))?;
        Ok::<_, Fault>(proto::AutoAssignment {
            distribution_set: names::distribution_set(set.0),
            r#type: action_type(body.kind.unwrap_or(wire::AssignmentWord::Forced)).into(),
            weight: body.weight,
            confirmation_required: body.confirmation_required,
            ..Default::default()
        })
    };
    let filter = proto::TargetFilter {
        name: names::numbered("targetFilters", id),
        auto_assignment: body.map(auto).transpose()?,
        ..Default::default()
    };
    Ok(proto::UpdateTargetFilterRequest {
        target_filter: Some(filter),
        update_mask: mask(&[("auto_assignment", true)]),
    })
}
