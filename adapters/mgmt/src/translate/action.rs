//! Actions and what happened to them.

use super::{Detail, audit, number, text, time};
use crate::link::Base;
use crate::wire;
use otahub_client::{millis, names, proto};

/// hawkBit's word for what an action is in.
fn status(state: proto::ActionState) -> &'static str {
    match state {
        proto::ActionState::Scheduled => "scheduled",
        proto::ActionState::WaitingForConfirmation => "wait_for_confirmation",
        proto::ActionState::Unspecified | proto::ActionState::Running => "running",
        proto::ActionState::Retrieved => "retrieved",
        proto::ActionState::Canceling => "canceling",
        proto::ActionState::Canceled => "canceled",
        proto::ActionState::Finished => "finished",
        proto::ActionState::Failed => "error",
        proto::ActionState::Downloaded => "downloaded",
    }
}

/// hawkBit's word for how urgent an action is.
pub(super) fn force_type(kind: proto::ActionType) -> &'static str {
    match kind {
        proto::ActionType::Unspecified | proto::ActionType::Forced => "forced",
        proto::ActionType::Soft => "soft",
        proto::ActionType::TimeForced => "timeforced",
        proto::ActionType::DownloadOnly => "downloadonly",
    }
}

/// hawkBit's word for what a history entry says.
fn entry_status(status: proto::EntryStatus) -> &'static str {
    match status {
        proto::EntryStatus::Finished => "finished",
        proto::EntryStatus::Error => "error",
        proto::EntryStatus::Warning => "warning",
        proto::EntryStatus::Unspecified | proto::EntryStatus::Running => "running",
        proto::EntryStatus::Canceled => "canceled",
        proto::EntryStatus::Canceling => "canceling",
        proto::EntryStatus::Retrieved => "retrieved",
        proto::EntryStatus::Download => "download",
        proto::EntryStatus::Scheduled => "scheduled",
        proto::EntryStatus::CancelRejected => "cancel_rejected",
        proto::EntryStatus::Downloaded => "downloaded",
        proto::EntryStatus::WaitForConfirmation => "wait_for_confirmation",
    }
}

fn is_cancelation(state: proto::ActionState) -> bool {
    matches!(state, proto::ActionState::Canceling | proto::ActionState::Canceled)
}

/// An action, as hawkBit shows it.
pub(crate) fn action(action: proto::Action, base: &Base, detail: Detail) -> wire::Action {
    let links = links(&action, base, detail);
    let (state, kind) = (action.state(), action.r#type());
    let timed = kind == proto::ActionType::TimeForced;
    let next_window = time(action.next_window_time.as_ref());
    wire::Action {
        audit: audit(action.audit),
        id: action.id,
        kind: if is_cancelation(state) { "cancel" } else { "update" },
        active: action.active,
        status: status(state),
        force_time: time(action.force_time.as_ref()).filter(|_| timed),
        force_type: force_type(kind),
        weight: action.weight,
        maintenance_window: action.maintenance_window.map(|w| window(w, next_window)),
        rollout: number("rollouts", &action.rollout),
        rollout_name: text(action.rollout_display_name),
        last_status_code: action.last_code,
        external_ref: text(action.external_ref),
        links,
    }
}

fn window(window: proto::MaintenanceWindow, next_start: Option<i64>) -> wire::Window {
    wire::Window {
        schedule: window.schedule,
        duration: window.duration,
        timezone: window.timezone,
        next_start_at: next_start.unwrap_or_default(),
    }
}

fn links(action: &proto::Action, base: &Base, detail: Detail) -> wire::Links {
    let controller_id = names::target_id(&action.target).unwrap_or_default();
    let own = base.action(&controller_id, action.id);
    let mut links = wire::Links::to_self(own.clone());
    if !detail.is_full() {
        return links;
    }
    if is_cancelation(action.state()) {
        links = links.with("canceledaction", own.clone());
    }
    let target = base.target(&controller_id);
    links = links.with_named("target", target, action.target_display_name.clone());
    if let Some(set) = number("distributionSets", &action.distribution_set) {
        let name = format!("{}:{}", action.set_display_name, action.set_version);
        links = links.with_named("distributionset", base.set(set), name);
    }
    links = links.with("status", format!("{own}/status?offset=0&limit=50&sort=id%3ADESC"));
    if let Some(rollout) = number("rollouts", &action.rollout) {
        let name = action.rollout_display_name.clone();
        links = links.with_named("rollout", base.numbered("rollouts", rollout), name);
    }
    links
}

/// An entry of an action's history.
pub(crate) fn entry(entry: proto::ActionEntry) -> wire::ActionStatus {
    wire::ActionStatus {
        id: entry.id,
        kind: entry_status(entry.status()),
        messages: entry.messages,
        reported_at: entry.report_time.as_ref().map(millis),
        timestamp: entry.occur_time.as_ref().map(millis),
        code: entry.code,
    }
}
