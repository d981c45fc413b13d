//! The answer to a poll, and the wish to stop an action.

use super::{Hal, List};
use serde::Serialize;
use utoipa::ToSchema;

/// What there is to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiPoll)]
pub(crate) struct PollDocument {
    pub(crate) config: Config,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub(crate) hal: Option<Hal>,
    #[serde(rename = "links", skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<List>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiConfig)]
pub(crate) struct Config {
    polling: Polling,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DdiPolling)]
struct Polling {
    sleep: String,
}

impl Config {
    /// When to poll next, as `HH:mm:ss`.
    pub(crate) fn sleeping(sleep: String) -> Self {
        Self { polling: Polling { sleep } }
    }
}

/// The wish to stop an action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiCancel)]
pub(crate) struct CancelDocument {
    pub(crate) id: String,
    pub(crate) cancel_action: StopAction,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiStopAction)]
pub(crate) struct StopAction {
    pub(crate) stop_id: String,
}
