//! The history of an action: what was said and done about it, verbatim. The history is not the
//! lifecycle: most entries leave the action's state as it was.

use super::State;
use crate::tenant::Quotas;
use crate::{ActionId, Result, Timestamp, text};

/// How messages start that the hub writes itself. Devices do not get to see those.
pub const SERVER_PREFIX: &str = "Update Server: ";

/// The most characters of one stored message; longer ones are split.
pub const MESSAGE_MAX: usize = 512;

/// The kind of a history entry (hawkBit's twelve `Action.Status` words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryStatus {
    /// Installed.
    Finished,
    /// Failed, or a cancellation failed.
    Error,
    /// The device cannot do something, for now.
    Warning,
    /// It goes on.
    Running,
    /// Cancelled, or the device says so.
    Canceled,
    /// The cancellation was asked for.
    Canceling,
    /// The device fetched the deployment or the cancellation.
    Retrieved,
    /// The device downloads.
    Download,
    /// Made, but not started.
    Scheduled,
    /// The device refused to cancel.
    CancelRejected,
    /// The device has downloaded.
    Downloaded,
    /// It waits for confirmation.
    WaitForConfirmation,
}

impl EntryStatus {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Finished,
        Self::Error,
        Self::Warning,
        Self::Running,
        Self::Canceled,
        Self::Canceling,
        Self::Retrieved,
        Self::Download,
        Self::Scheduled,
        Self::CancelRejected,
        Self::Downloaded,
        Self::WaitForConfirmation,
    ];

    /// hawkBit's upper-case word, such as `CANCEL_REJECTED`. Its REST API shows it in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "FINISHED",
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Running => "RUNNING",
            Self::Canceled => "CANCELED",
            Self::Canceling => "CANCELING",
            Self::Retrieved => "RETRIEVED",
            Self::Download => "DOWNLOAD",
            Self::Scheduled => "SCHEDULED",
            Self::CancelRejected => "CANCEL_REJECTED",
            Self::Downloaded => "DOWNLOADED",
            Self::WaitForConfirmation => "WAIT_FOR_CONFIRMATION",
        }
    }

    /// The kind that hawkBit calls by this word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(word))
    }
}

/// A history entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its kind.
    pub status: EntryStatus,
    /// Its messages in order, each of at most 512 characters.
    pub messages: Vec<String>,
    /// The device's status code, if it gave one.
    pub code: Option<i32>,
    /// When it happened, by the clock of whoever says so.
    pub occurred_at: Timestamp,
}

impl NewEntry {
    /// An entry that the hub writes of itself: each text becomes a message with the prefix.
    pub(crate) fn of_server(status: EntryStatus, texts: &[&str], now: Timestamp) -> Self {
        let messages = texts.iter().map(|text| format!("{SERVER_PREFIX}{text}")).collect();
        Self { status, messages: split_messages(messages), code: None, occurred_at: now }
    }
}

/// A history entry that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number, on every wire.
    pub id: i64,
    /// The action it belongs to.
    pub action: ActionId,
    /// Its kind.
    pub status: EntryStatus,
    /// Its messages in order.
    pub messages: Vec<String>,
    /// The device's status code, if it gave one.
    pub code: Option<i32>,
    /// When it happened, by the clock of whoever says so.
    pub occurred_at: Timestamp,
    /// When the hub heard of it.
    pub reported_at: Timestamp,
}

/// The word that hawkBit shows for an action's own status.
#[must_use]
pub const fn detail_status(state: State) -> EntryStatus {
    match state {
        State::Scheduled => EntryStatus::Scheduled,
        State::WaitingForConfirmation => EntryStatus::WaitForConfirmation,
        State::Running => EntryStatus::Running,
        State::Retrieved => EntryStatus::Retrieved,
        State::Canceling => EntryStatus::Canceling,
        State::Canceled => EntryStatus::Canceled,
        State::Finished => EntryStatus::Finished,
        State::Error => EntryStatus::Error,
        State::Downloaded => EntryStatus::Downloaded,
    }
}

/// Cuts messages of more than 512 characters into pieces that are stored as messages of their
/// own. Keeps the order; an empty message stays one.
#[must_use]
pub fn split_messages(messages: Vec<String>) -> Vec<String> {
    let mut pieces = Vec::with_capacity(messages.len());
    for message in messages {
        if message.len() <= MESSAGE_MAX {
            pieces.push(message);
            continue;
        }
        let mut rest = message.as_str();
        while !rest.is_empty() {
            let end = rest.char_indices().nth(MESSAGE_MAX).map_or(rest.len(), |(at, _)| at);
            pieces.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    pieces
}

/// What a device said, as it goes into an entry.
pub(crate) struct Said<'a> {
    pub(crate) code: Option<i32>,
    pub(crate) messages: &'a [String],
}

impl Said<'_> {
    /// Refuses markup in what the device said.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`].
    pub(crate) fn check_markup(&self) -> Result<()> {
        if self.messages.iter().any(|message| text::has_markup(message)) {
            return Err(crate::Error::invalid("messages", "contains markup"));
        }
        Ok(())
    }

    /// The messages to store: what the device said, `between`, then the code as `code_text` says,
    /// split to pieces; never more than the quota.
    ///
    /// # Errors
    /// [`crate::Error::QuotaExceeded`].
    pub(crate) fn store(
        &self,
        between: Option<&str>,
        code_text: &str,
        quotas: &Quotas,
    ) -> Result<Vec<String>> {
        let mut messages = self.messages.to_vec();
        messages.extend(between.map(|text| format!("{SERVER_PREFIX}{text}")));
        messages.extend(self.code.map(|code| format!("{code_text}: {code}")));
        let messages = split_messages(messages);
        let count = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        Quotas::check("messages per history entry", 0, count, quotas.messages_per_status)?;
        Ok(messages)
    }
}
