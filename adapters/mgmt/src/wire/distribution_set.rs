//! Distribution sets and their types.

use super::{Audit, IdBody, Links, SoftwareModule, lenient};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A distribution set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionSet {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) id: i64,
    pub(crate) version: String,
    #[serde(rename = "type")]
    pub(crate) type_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) type_name: Option<String>,
    pub(crate) locked: bool,
    pub(crate) deleted: bool,
    pub(crate) valid: bool,
    pub(crate) required_migration_step: bool,
    pub(crate) complete: bool,
    pub(crate) modules: Vec<SoftwareModule>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What creates or changes a distribution set.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionSetBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) version: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) type_key: Option<String>,
    pub(crate) modules: Option<Vec<IdBody>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) required_migration_step: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) locked: Option<bool>,
}

/// A kind of distribution set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DistributionSetType {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) colour: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) id: i64,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// Counts around a set: by upper-case state, and `total`.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statistics {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actions: Option<BTreeMap<String, i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollouts: Option<BTreeMap<String, i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_auto_assignments: Option<i64>,
}

/// What invalidation does to actions that are under way.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CancelationWord {
    /// Ask the devices to stop.
    Soft,
    /// Quit them at once.
    Force,
    /// Leave them.
    None,
}

/// `POST /distributionsets/{id}/invalidate`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvalidateBody {
    pub(crate) action_cancelation_type: CancelationWord,
}
