//! Stored target filters.

use super::{AssignmentWord, Audit, Id, Links};
use serde::{Deserialize, Serialize};

/// A target filter. What is not there is written as null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetFilter {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) auto_assign_distribution_set: Option<i64>,
    pub(crate) auto_assign_action_type: Option<&'static str>,
    pub(crate) auto_assign_weight: Option<i32>,
    pub(crate) confirmation_required: Option<bool>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What creates or changes a target filter; `query` is RSQL.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TargetFilterBody {
    pub(crate) name: Option<String>,
    pub(crate) query: Option<String>,
}

/// `POST /targetfilters/{id}/autoAssignDS`: `id` is the set's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoAssignBody {
    pub(crate) id: Option<Id>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<AssignmentWord>,
    pub(crate) weight: Option<i32>,
    pub(crate) confirmation_required: Option<bool>,
}
