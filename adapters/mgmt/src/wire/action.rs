//! Actions and what happened to them.

use super::{AssignmentWord, Audit, Links, lenient, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) id: i64,
    #[serde(rename = "type")]
    #[schema(schema_with = words::action_kind)]
    pub(crate) kind: &'static str,
    pub(crate) active: bool,
    #[schema(schema_with = words::action_status)]
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) force_time: Option<i64>,
    #[schema(schema_with = words::force_type)]
    pub(crate) force_type: &'static str,
    pub(crate) weight: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maintenance_window: Option<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollout: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_status_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_ref: Option<String>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// When a device may install; `nextStartAt` in milliseconds since the epoch, 0 for never.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Window {
    pub(crate) schedule: String,
    pub(crate) duration: String,
    pub(crate) timezone: String,
    pub(crate) next_start_at: i64,
}

/// An entry of an action's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionStatus {
    pub(crate) id: i64,
    #[serde(rename = "type")]
    #[schema(schema_with = words::action_status)]
    pub(crate) kind: &'static str,
    pub(crate) messages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reported_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i32>,
}

/// `PUT /targets/{id}/actions/{id}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForceBody {
    pub(crate) force_type: Option<AssignmentWord>,
}

/// What an operator answers for the device.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ConfirmationWord {
    /// Go on.
    Confirmed,
    /// Not yet.
    Denied,
}

/// `PUT /targets/{id}/actions/{id}/confirmation`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ConfirmationBody {
    pub(crate) confirmation: ConfirmationWord,
    #[serde(default, deserialize_with = "lenient::number")]
    pub(crate) code: Option<i32>,
    pub(crate) details: Option<Vec<String>>,
}
