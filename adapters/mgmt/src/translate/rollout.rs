//! Rollouts and their groups, as hawkBit shows them.

use super::target_filter::shown;
use super::{Detail, action, audit, number, rollout_extras, text, time};
use crate::link::Base;
use crate::wire;
use otahub_client::proto;

/// Per cent that a group's actions must reach unless somebody says otherwise.
const THRESHOLD_DEFAULT: i32 = 50;

/// hawkBit's word for what a rollout is in.
fn status(state: proto::RolloutState) -> &'static str {
    match state {
        proto::RolloutState::Unspecified | proto::RolloutState::Creating => "creating",
        proto::RolloutState::Ready => "ready",
        proto::RolloutState::WaitingForApproval => "waiting_for_approval",
        proto::RolloutState::ApprovalDenied => "approval_denied",
        proto::RolloutState::Starting => "starting",
        proto::RolloutState::Running => "running",
        proto::RolloutState::Paused => "paused",
        proto::RolloutState::Stopping => "stopping",
        proto::RolloutState::Stopped => "stopped",
        proto::RolloutState::Finished => "finished",
        proto::RolloutState::Deleting => "deleting",
        proto::RolloutState::Deleted => "deleted",
    }
}

/// hawkBit's word for what a group is in.
fn group_status(state: proto::RolloutGroupState) -> &'static str {
    match state {
        proto::RolloutGroupState::Unspecified | proto::RolloutGroupState::Creating => "creating",
        proto::RolloutGroupState::Ready => "ready",
        proto::RolloutGroupState::Scheduled => "scheduled",
        proto::RolloutGroupState::Running => "running",
        proto::RolloutGroupState::Finished => "finished",
        proto::RolloutGroupState::Error => "error",
    }
}

fn counts(counts: Option<proto::TargetCounts>) -> wire::TargetCounts {
    let counts = counts.unwrap_or_default();
    wire::TargetCounts {
        running: counts.running,
        notstarted: counts.not_started,
        scheduled: counts.scheduled,
        cancelled: counts.canceled,
        finished: counts.finished,
        error: counts.error,
    }
}

/// A rollout, as hawkBit shows it.
pub(crate) fn rollout(rollout: proto::Rollout, base: &Base, detail: Detail) -> wire::Rollout {
    let (state, kind) = (rollout.state(), rollout.r#type());
    let links = links(&rollout, base, detail);
    let timed = kind == proto::ActionType::TimeForced;
    let force_time = time(rollout.force_time.as_ref()).filter(|_| timed);
    let full = detail.is_full();
    let extras = if full { rollout_extras::shown(&rollout) } else { Default::default() };
    wire::Rollout {
        audit: audit(rollout.audit),
        name: rollout.display_name,
        description: text(rollout.description),
        id: rollout.id,
        target_filter_query: shown(rollout.target_filter_source, rollout.target_filter),
        distribution_set_id: number("distributionSets", &rollout.distribution_set),
        status: status(state),
        total_targets: rollout.target_count,
        total_targets_per_status: full.then(|| counts(rollout.target_counts)),
        total_groups: full.then_some(rollout.group_count),
        start_at: time(rollout.start_time.as_ref()).filter(|_| full),
        approve_decided_by: text(rollout.approval_decider).filter(|_| full),
        approval_remark: text(rollout.approval_remark).filter(|_| full),
        deleted: rollout.deleted,
        kind: action::force_type(kind),
        forcetime: force_time.unwrap_or_default(),
        weight: rollout.weight,
        dynamic: rollout.dynamic,
        extras,
        links,
    }
}

fn links(rollout: &proto::Rollout, base: &Base, detail: Detail) -> wire::Links {
    let own = base.numbered("rollouts", rollout.id);
    let mut links = wire::Links::to_self(own.clone());
    if !detail.is_full() {
        return links;
    }
    for verb in ["start", "pause", "resume", "triggerNextGroup", "approve", "deny"] {
        links = links.with(verb, format!("{own}/{verb}"));
    }
    links = links.with("groups", format!("{own}/deploygroups?offset=0&limit=50"));
    match number("distributionSets", &rollout.distribution_set) {
        Some(set) => {
            let name = format!("{}:{}", rollout.set_display_name, rollout.set_version);
            links.with_named("distributionset", base.set(set), name)
        }
        None => links,
    }
}

/// The numbers of a group and of its rollout.
pub(crate) fn group_numbers(name: &str) -> Option<(i64, i64)> {
    let (rollout, group) = name.split_once("/groups/")?;
    Some((number("rollouts", rollout)?, group.parse().ok()?))
}

/// A group, as hawkBit shows it.
pub(crate) fn group(group: proto::RolloutGroup, base: &Base, detail: Detail) -> wire::RolloutGroup {
    let state = group.state();
    let rollout = group_numbers(&group.name).map_or(0, |(rollout, _)| rollout);
    let own = format!("{}/deploygroups/{}", base.numbered("rollouts", rollout), group.id);
    let spec = group.spec.unwrap_or_default();
    let conditions = spec.conditions.unwrap_or_default();
    wire::RolloutGroup {
        audit: audit(group.audit),
        name: spec.display_name,
        description: text(spec.description),
        success_condition: threshold(conditions.success_threshold_percent),
        success_action: follows(match conditions.success_action() {
            proto::SuccessAction::Unspecified | proto::SuccessAction::NextGroup => "NEXTGROUP",
            proto::SuccessAction::Pause => "PAUSE",
        }),
        error_condition: threshold(conditions.error_threshold_percent),
        error_action: follows("PAUSE"),
        target_filter_query: shown(spec.target_filter_source, spec.target_filter),
        target_percentage: spec.target_percent.unwrap_or(100.0),
        confirmation_required: spec.confirmation_required,
        id: group.id,
        dynamic: group.dynamic,
        status: group_status(state),
        total_targets: group.target_count,
        total_targets_per_status: detail.is_full().then(|| counts(group.target_counts)),
        links: wire::Links::to_self(own),
    }
}

fn threshold(percent: Option<i32>) -> wire::ShownCondition {
    let expression = percent.unwrap_or(THRESHOLD_DEFAULT).to_string();
    wire::ShownCondition { condition: "THRESHOLD", expression }
}

const fn follows(action: &'static str) -> wire::ShownAction {
    wire::ShownAction { action, expression: "" }
}
