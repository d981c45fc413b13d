//! Rollouts and their groups.

use super::{AssignmentWord, Audit, Id, Links, Pace, RolloutExtras, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rollout; `startAt` in milliseconds since the epoch. Lists tell what stands from
/// `totalTargetsPerStatus` to `approvalRemark` only if `representation=full` is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rollout {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) id: i64,
    pub(crate) target_filter_query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) distribution_set_id: Option<i64>,
    #[schema(schema_with = words::rollout_status)]
    pub(crate) status: &'static str,
    pub(crate) total_targets: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_targets_per_status: Option<TargetCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_groups: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approve_decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approval_remark: Option<String>,
    pub(crate) deleted: bool,
    #[serde(rename = "type")]
    #[schema(schema_with = words::force_type)]
    pub(crate) kind: &'static str,
    pub(crate) forcetime: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<i32>,
    pub(crate) dynamic: bool,
    #[serde(flatten)]
    pub(crate) extras: RolloutExtras,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// Targets by what their actions are in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TargetCounts {
    pub(crate) running: i64,
    pub(crate) notstarted: i64,
    pub(crate) scheduled: i64,
    pub(crate) cancelled: i64,
    pub(crate) finished: i64,
    pub(crate) error: i64,
}

/// A group of a rollout.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolloutGroup {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) success_condition: ShownCondition,
    pub(crate) success_action: ShownAction,
    pub(crate) error_condition: ShownCondition,
    pub(crate) error_action: ShownAction,
    pub(crate) target_filter_query: String,
    pub(crate) target_percentage: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmation_required: Option<bool>,
    pub(crate) id: i64,
    pub(crate) dynamic: bool,
    #[schema(schema_with = words::group_status)]
    pub(crate) status: &'static str,
    pub(crate) total_targets: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_targets_per_status: Option<TargetCounts>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// When something counts: `THRESHOLD` and a percentage, the only condition there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownCondition {
    pub(crate) condition: &'static str,
    pub(crate) expression: String,
}

/// What follows: `NEXTGROUP` or `PAUSE`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownAction {
    pub(crate) action: &'static str,
    pub(crate) expression: &'static str,
}

/// The only condition.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
pub(crate) enum ConditionWord {
    /// A percentage.
    #[default]
    #[serde(rename = "THRESHOLD")]
    Threshold,
}

/// When something counts: without an expression all.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct ConditionBody {
    #[expect(dead_code, reason = "read to refuse other words")]
    #[serde(default)]
    condition: ConditionWord,
    pub(crate) expression: Option<String>,
}

/// What can follow success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SuccessWord {
    /// The next group starts.
    #[default]
    NextGroup,
    /// The rollout pauses.
    Pause,
}

/// What follows success.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) struct SuccessBody {
    #[serde(default)]
    pub(crate) action: SuccessWord,
}

/// What can follow errors.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ErrorWord {
    /// The rollout pauses.
    #[default]
    Pause,
}

/// What follows errors.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) struct ErrorBody {
    #[expect(dead_code, reason = "read to refuse other words")]
    #[serde(default)]
    action: ErrorWord,
}

/// When a group counts as good or bad, and what follows: of a rollout, or of a group.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConditionsBody {
    pub(crate) success_condition: Option<ConditionBody>,
    pub(crate) success_action: Option<SuccessBody>,
    pub(crate) error_condition: Option<ConditionBody>,
    #[expect(dead_code, reason = "read to refuse other words")]
    error_action: Option<ErrorBody>,
}

/// The groups of a dynamic rollout.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateBody {
    pub(crate) name_suffix: Option<String>,
    #[serde(default)]
    pub(crate) target_count: i64,
}

/// What creates a rollout; `forcetime` and `startAt` in milliseconds since the epoch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolloutBody {
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) distribution_set_id: Id,
    #[schema(min_length = 1, max_length = 1024)]
    pub(crate) target_filter_query: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<AssignmentWord>,
    #[serde(default)]
    pub(crate) forcetime: i64,
    pub(crate) start_at: Option<i64>,
    #[schema(minimum = 0, maximum = 1000)]
    pub(crate) weight: Option<i32>,
    #[serde(default)]
    pub(crate) dynamic: bool,
    pub(crate) dynamic_group_template: Option<TemplateBody>,
    pub(crate) confirmation_required: Option<bool>,
    pub(crate) amount_groups: Option<i32>,
    pub(crate) groups: Option<Vec<GroupBody>>,
    #[serde(flatten)]
    pub(crate) conditions: ConditionsBody,
    #[serde(flatten)]
    pub(crate) extras: RolloutExtras,
}

/// A group of a rollout that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupBody {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) target_filter_query: Option<String>,
    pub(crate) target_percentage: Option<f32>,
    pub(crate) confirmation_required: Option<bool>,
    #[serde(flatten)]
    pub(crate) conditions: ConditionsBody,
}

/// `PUT /rollouts/{id}`.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RolloutChangeBody {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    /// Its limits; the order stays as it is.
    pub(crate) pace: Option<Pace>,
}
