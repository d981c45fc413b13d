//! What rollouts can have beyond hawkBit's: optional everywhere, and shown only where it is set.

use super::WindowBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a rollout can have beyond hawkBit's.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolloutExtras {
    /// When devices may install.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maintenance_window: Option<WindowBody>,
    /// How fast it may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pace: Option<Pace>,
    /// What becomes of updates that fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_policy: Option<RetryPolicy>,
    /// After how many seconds an unanswered update counts as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31536000)]
    pub(crate) answer_timeout_seconds: Option<i64>,
    /// What success needs beyond the device's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) success_proof: Option<SuccessProof>,
}

/// How fast a rollout may go; 0 is no limit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pace {
    /// Targets started a minute.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub(crate) targets_per_minute: i32,
    /// Targets in progress at once.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub(crate) targets_in_progress: i32,
    /// Fills groups at random instead of in order of creation. Only when the rollout is made.
    #[serde(default)]
    pub(crate) random_order: bool,
}

/// What becomes of updates that fail.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPolicy {
    /// How often an update is tried in all.
    #[schema(minimum = 0)]
    pub(crate) attempts: i32,
    /// How long to wait before the second try; doubled for each further one.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub(crate) delay_seconds: i64,
    /// Only after these status codes; after any without one.
    #[serde(default)]
    pub(crate) codes: Vec<i32>,
}

/// An attribute that must have a value after the update.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SuccessProof {
    /// The attribute.
    pub(crate) attribute: String,
    /// The value.
    pub(crate) value: String,
    /// How long after the device's word it may take.
    #[schema(minimum = 1)]
    pub(crate) timeout_seconds: i64,
}

/// What a rollout would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolloutPlan {
    /// Its groups, in order.
    pub(crate) groups: Vec<PlannedGroup>,
    /// Targets that match and are in no group.
    pub(crate) ungrouped_targets: i64,
}

/// What a group would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedGroup {
    /// Its name.
    pub(crate) name: String,
    /// How many targets it would have.
    pub(crate) total_targets: i64,
    /// How many of them must succeed before the next group starts.
    pub(crate) successes_needed: i64,
    /// How many of them may fail before the rollout pauses.
    pub(crate) errors_tolerated: i64,
}
