//! What rollouts can have beyond hawkBit's.

use super::assignment::window;
use crate::wire;
use otahub_client::proto;
use prost_types::Duration;

fn seconds(seconds: i64) -> Duration {
    Duration { seconds, nanos: 0 }
}

/// Adds what was said to a rollout that is to be made.
pub(crate) fn add(extras: wire::RolloutExtras, rollout: &mut proto::Rollout) {
    rollout.maintenance_window = extras.maintenance_window.map(window);
    rollout.pace = extras.pace.map(pace);
    rollout.retry_policy = extras.retry_policy.map(|policy| proto::RetryPolicy {
        attempts: policy.attempts,
        delay: Some(seconds(policy.delay_seconds)),
        codes: policy.codes,
    });
    rollout.answer_timeout = extras.answer_timeout_seconds.map(seconds);
    rollout.success_proof = extras.success_proof.map(|proof| proto::SuccessProof {
        attribute: proof.attribute,
        value: proof.value,
        timeout: Some(seconds(proof.timeout_seconds)),
    });
}

/// How fast a rollout may go.
pub(crate) fn pace(pace: wire::Pace) -> proto::RolloutPace {
    proto::RolloutPace {
        targets_per_minute: pace.targets_per_minute,
        targets_in_progress: pace.targets_in_progress,
        random_order: pace.random_order,
    }
}

/// What a rollout has; a pace without any limit is none.
pub(crate) fn shown(rollout: &proto::Rollout) -> wire::RolloutExtras {
    let whole = |span: Option<Duration>| span.unwrap_or_default().seconds;
    let window = |window: &proto::MaintenanceWindow| wire::WindowBody {
        schedule: Some(window.schedule.clone()),
        duration: Some(window.duration.clone()),
        timezone: Some(window.timezone.clone()),
    };
    let limits = rollout.pace.filter(|pace| *pace != proto::RolloutPace::default());
    wire::RolloutExtras {
        maintenance_window: rollout.maintenance_window.as_ref().map(window),
        pace: limits.map(|pace| wire::Pace {
            targets_per_minute: pace.targets_per_minute,
            targets_in_progress: pace.targets_in_progress,
            random_order: pace.random_order,
        }),
        retry_policy: rollout.retry_policy.as_ref().map(|policy| wire::RetryPolicy {
            attempts: policy.attempts,
            delay_seconds: whole(policy.delay),
            codes: policy.codes.clone(),
        }),
        answer_timeout_seconds: rollout.answer_timeout.map(|timeout| timeout.seconds),
        success_proof: rollout.success_proof.as_ref().map(|proof| wire::SuccessProof {
            attribute: proof.attribute.clone(),
            value: proof.value.clone(),
            timeout_seconds: whole(proof.timeout),
        }),
    }
}

/// What a rollout would be.
pub(crate) fn plan(plan: proto::PlanRolloutResponse) -> wire::RolloutPlan {
    let group = |group: proto::PlannedGroup| wire::PlannedGroup {
        name: group.display_name,
        total_targets: group.target_count,
        successes_needed: group.successes_needed,
        errors_tolerated: group.errors_tolerated,
    };
    wire::RolloutPlan {
        groups: plan.groups.into_iter().map(group).collect(),
        ungrouped_targets: plan.ungrouped_target_count,
    }
}
