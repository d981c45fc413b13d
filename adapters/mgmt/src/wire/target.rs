//! Targets and their standing consent.

use super::{Audit, Id, Links, lenient, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A target. It has no `id`: `controllerId` is what it goes by.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) controller_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    #[schema(schema_with = words::update_status)]
    pub(crate) update_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_controller_request_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) installed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) poll_status: Option<PollStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) security_token: Option<String>,
    pub(crate) request_attributes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_type_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auto_confirm_active: Option<bool>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// When a target was heard of and is expected; milliseconds since the epoch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PollStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_request_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_expected_request_at: Option<i64>,
    pub(crate) overdue: bool,
}

/// What creates or changes a target.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 256, pattern = r"^\S+$")]
    pub(crate) controller_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) address: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 128)]
    pub(crate) security_token: Option<String>,
    pub(crate) target_type: Option<Id>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 256)]
    pub(crate) group: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) request_attributes: Option<bool>,
}

/// `POST /targets/{id}/targettype`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TypeBody {
    pub(crate) id: Option<Id>,
}

/// Whether a target's updates are confirmed by themselves.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoConfirm {
    pub(crate) active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) initiator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remark: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) activated_at: Option<i64>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// Who turns auto-confirmation on, and why.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct AutoConfirmBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 64)]
    pub(crate) initiator: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) remark: Option<String>,
}
