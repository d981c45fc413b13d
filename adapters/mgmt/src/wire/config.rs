//! Settings of the tenant, and who is asking.

use super::{Audit, Links};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A setting. `value` and `global` are always written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigValue {
    pub(crate) value: Value,
    pub(crate) global: bool,
    #[serde(flatten)]
    pub(crate) audit: Audit,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}

/// `PUT /system/configs/{key}`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ConfigBody {
    #[serde(default)]
    pub(crate) value: Value,
}

/// `GET /userinfo`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserInfo {
    pub(crate) tenant: String,
    pub(crate) username: String,
    pub(crate) permissions: Vec<String>,
}
