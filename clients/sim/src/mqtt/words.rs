//! What is said between a device and its hub, apart from how it is written.

use super::astarte::Astarte;
use super::json::Json;
use crate::download::Wanted;
use crate::error::SimError;
use crate::options::Step;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// A message for the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    /// QoS 2; otherwise QoS 1.
    pub(crate) exactly_once: bool,
    pub(crate) retain: bool,
}

/// What the hub says.
#[derive(Debug)]
pub(crate) enum Word {
    /// Something is to be downloaded, and perhaps installed.
    Update { request: String, files: Vec<Wanted>, install: bool },
    /// The device is to stop.
    Cancel { request: String },
    /// The device's user is asked.
    Confirm { request: String },
    /// The hub wants to know what the device is.
    AttributesWanted,
    /// Something that the device said was of no use.
    Complaint(String),
}

/// What a device reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) request: &'a str,
    pub(crate) status: &'static str,
    pub(crate) progress: u8,
    pub(crate) code: &'static str,
    pub(crate) message: &'a str,
}

impl<'a> Report<'a> {
    pub(crate) fn new(request: &'a str, status: &'static str, progress: u8) -> Self {
        Self { request, status, progress, code: "", message: "" }
    }

    /// The last word on a request that comes to nothing.
    pub(crate) fn failure(request: &'a str, code: &'static str, message: &'a str) -> Self {
        Self { request, status: "Failure", progress: 0, code, message }
    }
}

/// The device's own clock: milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a device has a clock of its own")]
pub(crate) fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// OTAEvent's code for what went wrong.
pub(crate) fn code(error: &SimError) -> &'static str {
    match error {
        SimError::Simulated(Step::Download)
        | SimError::Http(_)
        | SimError::Refused { .. }
        | SimError::BrokenDownload { .. } => "NetworkError",
        SimError::Simulated(Step::Verify)
        | SimError::TooLarge { .. }
        | SimError::HashMismatch { .. } => "InvalidBaseImage",
        SimError::Simulated(Step::Install) => "IOError",
        SimError::BadUrl { .. } | SimError::NoLink { .. } => "InvalidRequest",
        SimError::Malformed { .. } | SimError::Tls(_) => "InternalError",
    }
}

/// How a device writes and reads.
#[derive(Debug)]
pub(crate) enum Dialect {
    Json(Json),
    Astarte(Astarte),
}

impl Dialect {
    /// What it subscribes to.
    pub(crate) fn filters(&self) -> Vec<String> {
        match self {
            Self::Json(json) => json.filters(),
            Self::Astarte(astarte) => astarte.filters(),
        }
    }

    /// What it says when it is connected; `last` is the request that it works on or has ended.
    pub(crate) fn greeting(
        &self,
        attributes: &BTreeMap<String, String>,
        last: Option<&str>,
    ) -> Vec<Message> {
        match self {
            Self::Json(json) => json.greeting(attributes, last),
            Self::Astarte(astarte) => astarte.greeting(attributes),
        }
    }

    /// What it says of itself.
    pub(crate) fn attributes(&self, attributes: &BTreeMap<String, String>) -> Vec<Message> {
        match self {
            Self::Json(json) => json.attributes(attributes),
            Self::Astarte(astarte) => astarte.properties(attributes),
        }
    }

    /// How a request goes.
    pub(crate) fn report(&self, report: &Report<'_>) -> Message {
        match self {
            Self::Json(json) => json.report(report),
            Self::Astarte(astarte) => astarte.report(report),
        }
    }

    /// What it says when it leaves.
    pub(crate) fn farewell(&self) -> Option<Message> {
        match self {
            Self::Json(json) => Some(json.presence(false)),
            Self::Astarte(_) => None,
        }
    }

    /// Whether it has a word for everything being downloaded.
    pub(crate) fn says_downloaded(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// What came.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Word>, String> {
        match self {
            Self::Json(json) => json.read(topic, payload),
            Self::Astarte(astarte) => astarte.read(topic, payload),
        }
    }
}
