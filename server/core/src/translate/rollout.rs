//! Rollouts and their groups.

use super::action::{action_type, wanted_type, wanted_window, window};
use super::{audit, given, instant, name, time};
use crate::usecase::ShownRollout;
use otahub_domain::action::ActionType;
use otahub_domain::request::{Expected, etag};
use otahub_domain::rollout::{
    Conditions, Group, GroupDraft, GroupState, GroupTemplate, Pace, Proof, RetryPolicy,
    RolloutDraft, RolloutPatch, RolloutState, SuccessAction, Tally,
};
use otahub_domain::{Error, Result, Timestamp};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::{RolloutGroupOrder, RolloutOrder};
use std::time::Duration;

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a rollout is in.
pub(crate) fn state(state: RolloutState) -> proto::RolloutState {
    match state {
        RolloutState::Creating => proto::RolloutState::Creating,
        RolloutState::Ready => proto::RolloutState::Ready,
        RolloutState::WaitingForApproval => proto::RolloutState::WaitingForApproval,
        RolloutState::ApprovalDenied => proto::RolloutState::ApprovalDenied,
        RolloutState::Starting => proto::RolloutState::Starting,
        RolloutState::Running => proto::RolloutState::Running,
        RolloutState::Paused => proto::RolloutState::Paused,
        RolloutState::Stopping => proto::RolloutState::Stopping,
        RolloutState::Stopped => proto::RolloutState::Stopped,
        RolloutState::Finished => proto::RolloutState::Finished,
        RolloutState::Deleting => proto::RolloutState::Deleting,
        RolloutState::Deleted => proto::RolloutState::Deleted,
    }
}

fn group_state(state: GroupState) -> proto::RolloutGroupState {
    match state {
        GroupState::Creating => proto::RolloutGroupState::Creating,
        GroupState::Ready => proto::RolloutGroupState::Ready,
        GroupState::Scheduled => proto::RolloutGroupState::Scheduled,
        GroupState::Running => proto::RolloutGroupState::Running,
        GroupState::Finished => proto::RolloutGroupState::Finished,
        GroupState::Error => proto::RolloutGroupState::Error,
    }
}

fn conditions(conditions: Conditions) -> proto::GroupConditions {
    let action = match conditions.success_action {
        SuccessAction::NextGroup => proto::SuccessAction::NextGroup,
        SuccessAction::Pause => proto::SuccessAction::Pause,
    };
    proto::GroupConditions {
        success_threshold_percent: Some(conditions.success_percent),
        success_action: action.into(),
        error_threshold_percent: Some(conditions.error_percent),
    }
}

/// Counts as hawkBit tells them (hawkBit domain rules: "totalTargetsPerStatus").
fn counts(tally: Tally, targets: u64, kind: ActionType) -> proto::TargetCounts {
    let finished = tally.done(kind);
    let only_downloads = kind == ActionType::DownloadOnly;
    let late = if only_downloads { tally.finished - tally.proving } else { tally.downloaded };
    let (finished, running) = if only_downloads {
        (finished + late, tally.open())
    } else {
        (finished, tally.open() + late)
    };
    let sum = tally.scheduled + running + finished + tally.error + tally.canceled;
    proto::TargetCounts {
        not_started: signed(targets.saturating_sub(sum)),
        scheduled: signed(tally.scheduled),
        running: signed(running),
        finished: signed(finished),
        error: signed(tally.error),
        canceled: signed(tally.canceled),
    }
}

fn span(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
    }
}

pub(crate) fn rollout(shown: ShownRollout) -> proto::Rollout {
    let ShownRollout { rollout, progress, set } = shown;
    let (set_display_name, set_version) =
        set.map_or_else(Default::default, |set| (set.name, set.version));
    let (kind, force_at) = action_type(rollout.action_type);
    let (decider, remark) = match rollout.approval {
        Some(approval) => (approval.decided_by, approval.remark.unwrap_or_default()),
        None => Default::default(),
    };
    let pace = rollout.pace;
    proto::Rollout {
        name: names::numbered("rollouts", rollout.id.0),
        id: rollout.id.0,
        display_name: rollout.name,
        description: rollout.description.unwrap_or_default(),
        distribution_set: names::distribution_set(rollout.set.0),
        target_filter: rollout.filter,
        target_filter_source: rollout.source.unwrap_or_default(),
        set_display_name,
        set_version,
        r#type: kind.into(),
        force_time: force_at.map(time),
        start_time: rollout.start_at.map(time),
        weight: Some(rollout.weight),
        dynamic: rollout.dynamic,
        dynamic_group_template: rollout.template.map(|template| proto::DynamicGroupTemplate {
            name_suffix: template.name_suffix,
            target_count: signed(template.target_count),
        }),
        confirmation_required: rollout.confirmation_required,
        conditions: Some(conditions(rollout.conditions)),
        maintenance_window: rollout.window.as_ref().map(window),
        pace: (pace != Pace::default()).then(|| proto::RolloutPace {
            targets_per_minute: i32::try_from(pace.per_minute).unwrap_or(i32::MAX),
            targets_in_progress: i32::try_from(pace.in_progress).unwrap_or(i32::MAX),
            random_order: pace.random,
        }),
        retry_policy: rollout.retry.map(|retry| proto::RetryPolicy {
            attempts: i32::try_from(retry.attempts).unwrap_or(i32::MAX),
            delay: Some(span(retry.delay)),
            codes: retry.codes,
        }),
        answer_timeout: rollout.answer_timeout.map(span),
        success_proof: rollout.proof.map(|proof| proto::SuccessProof {
            attribute: proof.attribute,
            value: proof.value,
            timeout: Some(span(proof.timeout)),
        }),
        state: state(rollout.state).into(),
        deleted: rollout.deleted,
        target_count: signed(progress.targets),
        group_count: i32::try_from(progress.groups).unwrap_or(i32::MAX),
        target_counts: Some(counts(progress.tally, progress.targets, rollout.action_type)),
        approval_decider: decider,
        approval_remark: remark,
        audit: Some(audit(&rollout.audit)),
        etag: etag(rollout.id.0, rollout.version),
    }
}

/// How a group is made.
fn spec(group: &Group) -> proto::RolloutGroupSpec {
    proto::RolloutGroupSpec {
        display_name: group.name.clone(),
        description: group.description.clone().unwrap_or_default(),
        target_filter: group.filter.clone().unwrap_or_default(),
        target_filter_source: group.source.clone().unwrap_or_default(),
        target_percent: Some(group.percent),
        conditions: Some(conditions(group.conditions)),
        confirmation_required: group.confirmation_required,
    }
}

/// A group of a rollout whose actions are of a kind.
pub(crate) fn group((group, tally): (Group, Tally), kind: ActionType) -> proto::RolloutGroup {
    let targets = if group.state.has_actions() { tally.actions() } else { tally.planned };
    proto::RolloutGroup {
        name: format!("rollouts/{}/groups/{}", group.rollout, group.id),
        id: group.id.0,
        spec: Some(spec(&group)),
        state: group_state(group.state).into(),
        dynamic: group.dynamic,
        target_count: signed(targets),
        target_counts: Some(counts(tally, targets, kind)),
        audit: Some(audit(&group.audit)),
    }
}

/// A group that is only planned.
pub(crate) fn planned((group, targets): (Group, u64)) -> proto::PlannedGroup {
    let conditions = group.conditions;
    proto::PlannedGroup {
        display_name: group.name,
        target_count: signed(targets),
        successes_needed: conditions.successes_needed(targets).map_or(-1, signed),
        errors_tolerated: signed(conditions.errors_tolerated(targets)),
    }
}

fn duration(field: &'static str, span: prost_types::Duration) -> Result<Duration> {
    Duration::try_from(span).map_err(|_| Error::invalid(field, "is below nought"))
}

fn count(field: &'static str, number: i32) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::invalid(field, "is below nought"))
}

fn pace(pace: proto::RolloutPace) -> Result<Pace> {
    Ok(Pace {
        per_minute: count("pace", pace.targets_per_minute)?,
        in_progress: count("pace", pace.targets_in_progress)?,
        random: pace.random_order,
    })
}

fn retry(policy: proto::RetryPolicy) -> Result<RetryPolicy> {
    let delay = policy.delay.map(|delay| duration("retry_policy", delay)).transpose()?;
    Ok(RetryPolicy {
        attempts: count("retry_policy", policy.attempts)?,
        delay: delay.unwrap_or_default(),
        codes: policy.codes,
    })
}

fn proof(proof: proto::SuccessProof) -> Result<Proof> {
    let timeout = proof.timeout.map(|timeout| duration("success_proof", timeout)).transpose()?;
    Ok(Proof {
        attribute: proof.attribute,
        value: proof.value,
        timeout: timeout.unwrap_or_default(),
    })
}

fn success_action(action: proto::SuccessAction) -> Option<SuccessAction> {
    match action {
        proto::SuccessAction::Unspecified => None,
        proto::SuccessAction::NextGroup => Some(SuccessAction::NextGroup),
        proto::SuccessAction::Pause => Some(SuccessAction::Pause),
    }
}

fn wanted_conditions(wanted: Option<proto::GroupConditions>) -> Conditions {
    let default = Conditions::default();
    let Some(wanted) = wanted else {
        return default;
    };
    Conditions {
        success_percent: wanted.success_threshold_percent.unwrap_or(default.success_percent),
        success_action: success_action(wanted.success_action()).unwrap_or(default.success_action),
        error_percent: wanted.error_threshold_percent.unwrap_or(default.error_percent),
    }
}

fn wanted_group(wanted: proto::RolloutGroupSpec) -> GroupDraft {
    let conditions = wanted.conditions.unwrap_or_default();
    GroupDraft {
        name: wanted.display_name,
        description: given(wanted.description),
        filter: given(wanted.target_filter),
        source: given(wanted.target_filter_source),
        percent: wanted.target_percent,
        success_percent: conditions.success_threshold_percent,
        success_action: success_action(conditions.success_action()),
        error_percent: conditions.error_threshold_percent,
        confirmation_required: wanted.confirmation_required,
    }
}

/// What a new rollout is to be.
pub(crate) fn draft(request: proto::CreateRolloutRequest, now: Timestamp) -> Result<RolloutDraft> {
    let wanted = request.rollout.ok_or_else(|| Error::invalid("rollout", "is required"))?;
    let kind = wanted_type(wanted.r#type(), wanted.force_time.as_ref())?;
    let template = wanted.dynamic_group_template.map(|template| GroupTemplate {
        name_suffix: template.name_suffix,
        target_count: u64::try_from(template.target_count).unwrap_or(0),
    });
    let timeout = wanted.answer_timeout;
    Ok(RolloutDraft {
        name: wanted.display_name,
        description: given(wanted.description),
        set: name::set(&wanted.distribution_set)?,
        filter: wanted.target_filter,
        source: given(wanted.target_filter_source),
        action_type: kind,
        start_at: wanted.start_time.as_ref().map(instant),
        weight: wanted.weight,
        dynamic: wanted.dynamic,
        template,
        confirmation_required: wanted.confirmation_required,
        conditions: wanted_conditions(wanted.conditions),
        window: wanted_window(wanted.maintenance_window.as_ref(), now)?,
        pace: wanted.pace.map(pace).transpose()?.unwrap_or_default(),
        retry: wanted.retry_policy.map(retry).transpose()?,
        answer_timeout: timeout.map(|span| duration("answer_timeout", span)).transpose()?,
        proof: wanted.success_proof.map(proof).transpose()?,
        groups: request.groups.into_iter().map(wanted_group).collect(),
        group_count: request.group_count,
    })
}

/// What the mask names.
pub(crate) fn patch(rollout: proto::Rollout, paths: &[String]) -> Result<RolloutPatch> {
    let expected = Expected(rollout.etag.clone());
    let mut patch = RolloutPatch { expected, ..RolloutPatch::default() };
    let wanted = rollout.pace.map(pace).transpose()?.unwrap_or_default();
    for path in paths {
        match path.as_str() {
            "display_name" => patch.name = Some(rollout.display_name.clone()),
            "description" => patch.description = Some(rollout.description.clone()),
            "pace" => patch.pace = Some(wanted),
            other => {
                let message = format!("{} cannot be changed", other.escape_debug());
                return Err(Error::invalid("update_mask", message));
            }
        }
    }
    Ok(patch)
}

/// The field that rollouts are ordered by.
pub(crate) fn order(field: &str) -> Option<RolloutOrder> {
    Some(match field {
        "id" => RolloutOrder::Id,
        "display_name" | "name" => RolloutOrder::Name,
        "description" => RolloutOrder::Description,
        "state" | "status" => RolloutOrder::State,
        "distribution_set" => RolloutOrder::Set,
        "create_time" => RolloutOrder::CreatedAt,
        "creator" => RolloutOrder::CreatedBy,
        "update_time" => RolloutOrder::ModifiedAt,
        "updater" => RolloutOrder::ModifiedBy,
        _ => return None,
    })
}

/// The field that groups are ordered by.
pub(crate) fn group_order(field: &str) -> Option<RolloutGroupOrder> {
    Some(match field {
        "id" => RolloutGroupOrder::Id,
        "position" => RolloutGroupOrder::Position,
        "display_name" | "name" => RolloutGroupOrder::Name,
        "description" => RolloutGroupOrder::Description,
        "state" | "status" => RolloutGroupOrder::State,
        "create_time" => RolloutGroupOrder::CreatedAt,
        "creator" => RolloutGroupOrder::CreatedBy,
        "update_time" => RolloutGroupOrder::ModifiedAt,
        "updater" => RolloutGroupOrder::ModifiedBy,
        _ => return None,
    })
}
