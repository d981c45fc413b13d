//! Targets.

use super::{Detail, audit, number, text, time};
use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto};
use std::net::IpAddr;

/// hawkBit's word for a target's state.
fn update_status(status: proto::UpdateStatus) -> &'static str {
    match status {
        proto::UpdateStatus::Unspecified | proto::UpdateStatus::Unknown => "unknown",
        proto::UpdateStatus::Registered => "registered",
        proto::UpdateStatus::Pending => "pending",
        proto::UpdateStatus::InSync => "in_sync",
        proto::UpdateStatus::Error => "error",
    }
}

/// A target, as hawkBit shows it.
pub(crate) fn target(target: proto::Target, base: &Base, detail: Detail) -> wire::Target {
    let links = links(&target, base, detail);
    let update_status = update_status(target.update_status());
    let poll_status = target.poll_status.as_ref().map(poll_status);
    wire::Target {
        audit: audit(target.audit),
        name: target.display_name,
        description: text(target.description),
        group: text(target.group),
        update_status,
        last_controller_request_at: poll_status.as_ref().and_then(|p| p.last_request_at),
        installed_at: time(target.install_time.as_ref()),
        ip_address: ip_address(&target.address),
        address: text(target.address),
        poll_status,
        security_token: text(target.security_token),
        request_attributes: target.attributes_requested,
        target_type: number("targetTypes", &target.target_type),
        target_type_name: text(target.target_type_display_name),
        auto_confirm_active: target.auto_confirmation_active,
        controller_id: target.controller_id,
        links,
    }
}

fn links(target: &proto::Target, base: &Base, detail: Detail) -> wire::Links {
    let own = base.target(&target.controller_id);
    let links = wire::Links::to_self(own.clone());
    if !detail.is_full() {
        return links;
    }
    let mut links = links
        .with("assignedDS", format!("{own}/assignedDS"))
        .with("installedDS", format!("{own}/installedDS"))
        .with("attributes", format!("{own}/attributes"))
        .with("actions", format!("{own}/actions?offset=0&limit=50&sort=id%3ADESC"))
        .with("metadata", format!("{own}/metadata"));
    if let Some(kind) = number("targetTypes", &target.target_type) {
        links = links.with("targetType", base.numbered("targettypes", kind));
    }
    if target.auto_confirmation_active.is_some() {
        links = links.with("autoConfirm", format!("{own}/autoConfirm"));
    }
    links
}

fn poll_status(status: &proto::PollStatus) -> wire::PollStatus {
    wire::PollStatus {
        last_request_at: time(status.last_poll_time.as_ref()),
        next_expected_request_at: time(status.next_poll_time.as_ref()),
        overdue: status.overdue,
    }
}

/// The host of an address such as `http://10.0.0.7:8080/x`, if it is an IP address.
fn ip_address(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let bare = match host.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => host.split(':').next()?,
    };
    bare.parse::<IpAddr>().ok().map(|_| bare.to_owned())
}

/// What creates a target.
pub(crate) fn creation(body: wire::TargetBody) -> proto::CreateTargetRequest {
    let target = proto::Target {
        controller_id: body.controller_id.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        address: body.address.unwrap_or_default(),
        security_token: body.security_token.unwrap_or_default(),
        group: body.group.unwrap_or_default(),
        target_type: body.target_type.map(target_type).unwrap_or_default(),
        attributes_requested: true,
        ..Default::default()
    };
    proto::CreateTargetRequest { target: Some(target), request_id: String::new() }
}

/// What changes a target: only what the body holds. `targetType` -1 takes the type away, and
/// `group` is not changed this way.
pub(crate) fn update(controller_id: &str, body: wire::TargetBody) -> proto::UpdateTargetRequest {
    let mut target = proto::Target { name: names::target(controller_id), ..Default::default() };
    let mut paths = Vec::new();
    let mut set = |path: &str, field: &mut String, value: Option<String>| {
        if let Some(value) = value {
            *field = value;
            paths.push(path.to_owned());
        }
    };
    set("display_name", &mut target.display_name, body.name);
    set("description", &mut target.description, body.description);
    set("address", &mut target.address, body.address);
    set("security_token", &mut target.security_token, body.security_token);
    let kind = body.target_type.map(|id| if id.0 == -1 { String::new() } else { target_type(id) });
    set("target_type", &mut target.target_type, kind);
    if body.request_attributes == Some(true) {
        target.attributes_requested = true;
        paths.push("attributes_requested".to_owned());
    }
    proto::UpdateTargetRequest {
        target: Some(target),
        update_mask: Some(prost_types::FieldMask { paths }),
        ..Default::default()
    }
}

fn target_type(id: wire::Id) -> String {
    names::numbered("targetTypes", id.0)
}

/// Whether a target's updates are confirmed by themselves, with the link that changes it.
pub(crate) fn auto_confirm(
    consent: proto::TargetAutoConfirmation,
    controller_id: &str,
    base: &Base,
) -> wire::AutoConfirm {
    let relation = if consent.active { "deactivate" } else { "activate" };
    let href = format!("{}/autoConfirm/{relation}", base.target(controller_id));
    wire::AutoConfirm {
        active: consent.active,
        initiator: text(consent.initiator),
        remark: text(consent.remark),
        activated_at: time(consent.activate_time.as_ref()),
        links: wire::Links::default().with(relation, href),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_that_is_an_ip_address_is_shown_as_one() {
        for (address, ip) in [
            ("https://192.168.0.1", Some("192.168.0.1")),
            ("http://10.0.0.7:8080/path", Some("10.0.0.7")),
            ("http://user@10.0.0.7", Some("10.0.0.7")),
            ("http://[::1]:80/", Some("::1")),
            ("amqp://host/exchange", None),
            ("amqp:/conformance.reply", None),
            ("http://hub.example", None),
            ("http://[::1", None),
            ("", None),
            ("://", None),
        ] {
            assert_eq!(ip_address(address).as_deref(), ip, "{address}");
        }
    }
}
