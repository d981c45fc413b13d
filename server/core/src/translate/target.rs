//! Targets.

use super::{audit, given, name, time};
use crate::translate::page::Asked;
use otahub_domain::request::{Expected, etag};
use otahub_domain::target::{
    AutoConfirmation, PollStatus, Target, TargetDraft, TargetPatch, TypeChange, UpdateStatus,
};
use otahub_domain::{Error, Result};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::TargetOrder;

/// What is shown of a target beyond its row.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// What people call its type; empty without one.
    pub type_name: String,
    /// The caller may see the device's secret.
    pub token: bool,
    /// The tenant's consent flow is on.
    pub consent_flow: bool,
    /// When it polled and is to poll.
    pub poll_status: Option<PollStatus>,
}

pub(crate) fn target(target: Target, shown: Shown) -> proto::Target {
    proto::Target {
        name: names::target(&target.controller_id),
        audit: Some(audit(&target.audit)),
        etag: etag(target.id.0, target.version),
        controller_id: target.controller_id,
        display_name: target.name,
        description: target.description.unwrap_or_default(),
        address: target.address.unwrap_or_default(),
        security_token: if shown.token { target.security_token } else { String::new() },
        group: target.group.unwrap_or_default(),
        target_type: target
            .target_type
            .map_or(String::new(), |id| names::numbered("targetTypes", id.0)),
        target_type_display_name: shown.type_name,
        update_status: update_status(target.update_status).into(),
        assigned_set: target.assigned_set.map_or(String::new(), |s| names::distribution_set(s.0)),
        installed_set: target.installed_set.map_or(String::new(), |s| names::distribution_set(s.0)),
        install_time: target.installed_at.map(time),
        attributes_requested: target.request_attributes,
        poll_status: shown.poll_status.map(poll_status),
        auto_confirmation_active: shown.consent_flow.then_some(target.auto_confirmation.is_some()),
        undelivered: String::new(),
    }
}

fn poll_status(status: PollStatus) -> proto::PollStatus {
    proto::PollStatus {
        last_poll_time: Some(time(status.last_poll_at)),
        next_poll_time: Some(time(status.next_expected_at)),
        overdue: status.overdue,
    }
}

fn update_status(status: UpdateStatus) -> proto::UpdateStatus {
    match status {
        UpdateStatus::Unknown => proto::UpdateStatus::Unknown,
        UpdateStatus::Registered => proto::UpdateStatus::Registered,
        UpdateStatus::Pending => proto::UpdateStatus::Pending,
        UpdateStatus::InSync => proto::UpdateStatus::InSync,
        UpdateStatus::Error => proto::UpdateStatus::Error,
    }
}

/// What is said of a new target.
pub(crate) fn draft(target: proto::Target) -> Result<TargetDraft> {
    let target_type = name::optional(&target.target_type, name::target_type)?;
    Ok(TargetDraft {
        controller_id: target.controller_id,
        name: given(target.display_name),
        description: given(target.description),
        address: given(target.address),
        security_token: given(target.security_token),
        group: given(target.group),
        target_type,
    })
}

/// The fields that the mask names.
pub(crate) fn patch(target: proto::Target, mask: &[String]) -> Result<TargetPatch> {
    let expected = Expected(target.etag.clone());
    let mut patch = TargetPatch { expected, ..TargetPatch::default() };
    for field in mask {
        match field.as_str() {
            "display_name" => patch.name = Some(target.display_name.clone()),
            "description" => patch.description = Some(target.description.clone()),
            "address" => patch.address = Some(target.address.clone()),
            "security_token" => patch.security_token = Some(target.security_token.clone()),
            "group" => patch.group = Some(target.group.clone()),
            "target_type" => patch.target_type = type_change(&target.target_type)?,
            "attributes_requested" => patch.request_attributes = target.attributes_requested,
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// A mask that names a field which cannot be changed.
pub(crate) fn unknown_field(field: &str) -> Error {
    Error::invalid("update_mask", format!("{} cannot be changed", field.escape_debug()))
}

fn type_change(named: &str) -> Result<TypeChange> {
    if named.is_empty() {
        Ok(TypeChange::Clear)
    } else {
        name::target_type(named).map(TypeChange::Set)
    }
}

pub(crate) fn auto_confirmation(
    consent: Option<&AutoConfirmation>,
) -> proto::TargetAutoConfirmation {
    proto::TargetAutoConfirmation {
        active: consent.is_some(),
        initiator: consent.and_then(|c| c.initiator.clone()).unwrap_or_default(),
        remark: consent.and_then(|c| c.remark.clone()).unwrap_or_default(),
        activate_time: consent.map(|c| time(c.activated_at)),
    }
}

/// The field that targets are ordered by.
pub(crate) fn order(field: &str) -> Option<TargetOrder> {
    Some(match field {
        "controller_id" | "id" => TargetOrder::ControllerId,
        "name" | "display_name" => TargetOrder::Name,
        "description" => TargetOrder::Description,
        "address" => TargetOrder::Address,
        "group" => TargetOrder::Group,
        "target_type" => TargetOrder::TargetType,
        "update_status" => TargetOrder::UpdateStatus,
        "create_time" => TargetOrder::CreatedAt,
        "creator" => TargetOrder::CreatedBy,
        "update_time" => TargetOrder::ModifiedAt,
        "updater" => TargetOrder::ModifiedBy,
        "last_poll_time" => TargetOrder::LastPollAt,
        "install_time" => TargetOrder::InstalledAt,
        "assigned_set" => TargetOrder::AssignedSet,
        "installed_set" => TargetOrder::InstalledSet,
        "auto_confirmation_active" => TargetOrder::AutoConfirmed,
        _ => return None,
    })
}

/// What a list of targets is asked for.
pub(crate) fn asked(request: &proto::ListTargetsRequest) -> Asked {
    super::page::asked!(
        request,
        request.filter,
        request.assigned_set,
        request.installed_set,
        request.target_tag,
        request.group,
        request.include_subgroups
    )
}

/// A set by name, if one is named.
pub(crate) fn optional_set(named: &str) -> Result<Option<otahub_domain::SetId>> {
    if named.is_empty() { Ok(None) } else { name::set(named).map(Some) }
}

/// A page of group names; all of them unless a size is given.
pub(crate) fn groups(
    request: &proto::ListTargetGroupsRequest,
    groups: Vec<String>,
) -> Result<proto::ListTargetGroupsResponse> {
    let asked =
        Asked { size: request.page_size, token: request.page_token.clone(), ..Asked::default() };
    let skip = asked.page(|_| None::<()>)?.skip;
    let total = groups.len() as u64;
    let size = usize::try_from(request.page_size).unwrap_or(0);
    let size = if size == 0 { groups.len() } else { size };
    let before = usize::try_from(skip).unwrap_or(usize::MAX);
    let groups: Vec<String> = groups.into_iter().skip(before).take(size).collect();
    Ok(proto::ListTargetGroupsResponse {
        next_page_token: asked.next(skip, groups.len(), total),
        total_size: i64::try_from(total).unwrap_or(i64::MAX),
        groups,
    })
}
