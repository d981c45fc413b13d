//! Assignments of sets to targets.

use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto, timestamp};

pub(super) fn action_type(word: wire::AssignmentWord) -> proto::ActionType {
    match word {
        wire::AssignmentWord::Soft => proto::ActionType::Soft,
        wire::AssignmentWord::Forced => proto::ActionType::Forced,
        wire::AssignmentWord::TimeForced => proto::ActionType::TimeForced,
        wire::AssignmentWord::DownloadOnly => proto::ActionType::DownloadOnly,
    }
}

/// One order: the set `set` for the target `controller_id`.
pub(crate) fn assignment(
    controller_id: String,
    set: i64,
    options: wire::Options,
) -> proto::Assignment {
    let kind = options.kind.unwrap_or(wire::AssignmentWord::Forced);
    let timed = kind == wire::AssignmentWord::TimeForced;
    proto::Assignment {
        controller_id,
        distribution_set: names::distribution_set(set),
        r#type: action_type(kind).into(),
        force_time: timed.then(|| timestamp(options.forcetime)),
        weight: options.weight,
        confirmation_required: options.confirmation_required,
        maintenance_window: options.maintenance_window.map(window),
        external_ref: String::new(),
    }
}

pub(super) fn window(window: wire::WindowBody) -> proto::MaintenanceWindow {
    proto::MaintenanceWindow {
        schedule: window.schedule.unwrap_or_default(),
        duration: window.duration.unwrap_or_default(),
        timezone: window.timezone.unwrap_or_default(),
    }
}

/// What became of an assignment.
pub(crate) fn result(
    answer: proto::AssignDistributionSetsResponse,
    base: &Base,
) -> wire::AssignmentResult {
    let actions: Vec<_> = answer
        .assigned_actions
        .into_iter()
        .map(|made| wire::AssignedAction {
            id: made.action,
            links: wire::Links::to_self(base.action(&made.controller_id, made.action)),
        })
        .collect();
    wire::AssignmentResult {
        already_assigned: answer.already_assigned_count,
        assigned: i64::try_from(actions.len()).unwrap_or(i64::MAX),
        assigned_actions: actions,
        total: answer.total_count,
    }
}
