//! The answer to a poll, and the wish to stop an action.

use super::{Hal, List};
use serde::Serialize;

/// What there is to do.
#[derive(Debug, Serialize)]
pub(crate) struct PollDocument {
    pub(crate) config: Config,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub(crate) hal: Option<Hal>,
    #[serde(rename = "links", skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<List>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Config {
    polling: Polling,
}

#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelDocument {
    pub(crate) id: String,
    pub(crate) cancel_action: StopAction,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopAction {
    pub(crate) stop_id: String,
}
