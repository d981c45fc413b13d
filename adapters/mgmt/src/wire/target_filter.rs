//! Stored target filters.

use super::{AssignmentWord, Audit, Id, Links, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A target filter. What is not there is written as null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetFilter {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) auto_assign_distribution_set: Option<i64>,
    #[schema(schema_with = words::auto_assign_type)]
    pub(crate) auto_assign_action_type: Option<&'static str>,
    pub(crate) auto_assign_weight: Option<i32>,
    pub(crate) confirmation_required: Option<bool>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What creates or changes a target filter; `query` is RSQL.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct TargetFilterBody {
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[schema(min_length = 1, max_length = 1024)]
    pub(crate) query: Option<String>,
}

/// `POST /targetfilters/{id}/autoAssignDS`: `id` is the set's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoAssignBody {
    pub(crate) id: Option<Id>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<AssignmentWord>,
    #[schema(minimum = 0, maximum = 1000)]
    pub(crate) weight: Option<i32>,
    pub(crate) confirmation_required: Option<bool>,
}
