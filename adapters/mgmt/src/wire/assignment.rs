//! Assignments of sets to targets.

use super::{Id, Links, lenient};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How urgent an assignment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AssignmentWord {
    /// The device may postpone.
    Soft,
    /// At once.
    Forced,
    /// Soft until an instant, forced from then on.
    TimeForced,
    /// Download, do not install.
    DownloadOnly,
}

/// When a device may install: all three or none, which the hub checks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct WindowBody {
    pub(crate) schedule: Option<String>,
    pub(crate) duration: Option<String>,
    pub(crate) timezone: Option<String>,
}

/// What an assignment may say beside its two ends. `forcetime` is in milliseconds since the
/// epoch and counts for `timeforced` only.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Options {
    #[serde(rename = "type")]
    pub(crate) kind: Option<AssignmentWord>,
    #[serde(default, deserialize_with = "lenient::primitive")]
    pub(crate) forcetime: i64,
    #[serde(default, deserialize_with = "lenient::number")]
    #[schema(minimum = 0, maximum = 1000)]
    pub(crate) weight: Option<i32>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) confirmation_required: Option<bool>,
    pub(crate) maintenance_window: Option<WindowBody>,
}

impl Options {
    /// None of them for what was installed `offline`, where none counts.
    pub(crate) fn unless(self, offline: bool) -> Self {
        if offline { Self::default() } else { self }
    }
}

/// An item of `POST /targets/{id}/assignedDS`: `id` is the set's.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SetAssignment {
    pub(crate) id: Id,
    #[serde(flatten)]
    pub(crate) options: Options,
}

/// An item of `POST /distributionsets/{id}/assignedTargets`: `id` is the controller id.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TargetAssignment {
    #[serde(deserialize_with = "lenient::required_text")]
    #[schema(min_length = 1, max_length = 256)]
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) options: Options,
}

/// What became of an assignment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentResult {
    pub(crate) already_assigned: i64,
    pub(crate) assigned_actions: Vec<AssignedAction>,
    pub(crate) total: i64,
    pub(crate) assigned: i64,
}

/// An action that an assignment made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignedAction {
    pub(crate) id: i64,
    #[serde(rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub(crate) links: Links,
}
