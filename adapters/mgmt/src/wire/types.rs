//! What creates or changes types of modules, sets and targets, and the types of targets.

use super::{Audit, IdBody, Links, lenient};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What creates or changes a type of software modules.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SoftwareModuleTypeBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 16)]
    pub(crate) colour: Option<String>,
    #[serde(default, deserialize_with = "lenient::primitive")]
    #[schema(minimum = 0)]
    pub(crate) min_artifacts: i32,
    #[serde(default, deserialize_with = "lenient::primitive")]
    #[schema(minimum = 1)]
    pub(crate) max_assignments: i32,
}

/// What creates or changes a type of distribution sets.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct DistributionSetTypeBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 16)]
    pub(crate) colour: Option<String>,
    #[serde(rename = "mandatorymodules")]
    pub(crate) mandatory: Option<Vec<IdBody>>,
    #[serde(rename = "optionalmodules")]
    pub(crate) optional: Option<Vec<IdBody>>,
}

/// What creates or changes a type of targets.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct TargetTypeBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 16)]
    pub(crate) colour: Option<String>,
    #[serde(rename = "compatibledistributionsettypes")]
    pub(crate) set_types: Option<Vec<IdBody>>,
}

/// A type of targets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TargetType {
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
