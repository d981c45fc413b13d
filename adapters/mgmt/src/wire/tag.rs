//! Tags of targets and of distribution sets, which look alike.

use super::{Audit, Links, lenient};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tag {
    #[serde(flatten)]
    pub(crate) audit: Audit,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) colour: Option<String>,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// What creates or changes a tag.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct TagBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 512)]
    pub(crate) description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 16)]
    pub(crate) colour: Option<String>,
}
