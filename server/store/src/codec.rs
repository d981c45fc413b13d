//! Domain values as they stand in columns, both ways.

use otahub_domain::action::{ActionType, EntryStatus, MaintenanceWindow, State};
use otahub_domain::target::UpdateStatus;
use otahub_domain::{Audit, Timestamp};

use crate::Error;

/// The audit fields of a row.
macro_rules! audit_of {
    ($row:expr) => {
        otahub_domain::Audit {
            created_at: otahub_domain::Timestamp::from_millis($row.created_at),
            created_by: $row.created_by,
            modified_at: otahub_domain::Timestamp::from_millis($row.modified_at),
            modified_by: $row.modified_by,
        }
    };
}
pub(crate) use audit_of;

/// Puts an [`Audit`] into the four columns of an active model.
macro_rules! set_audit {
    ($row:expr, $audit:expr) => {
        $row.created_at = sea_orm::Set($audit.created_at.millis());
        $row.created_by = sea_orm::Set($audit.created_by.clone());
        crate::codec::set_touch!($row, $audit);
    };
}
pub(crate) use set_audit;

/// Puts who touched a row last into the two columns of an active model.
macro_rules! set_touch {
    ($row:expr, $audit:expr) => {
        $row.modified_at = sea_orm::Set($audit.modified_at.millis());
        $row.modified_by = sea_orm::Set($audit.modified_by.clone());
    };
}
pub(crate) use set_touch;

/// The audit fields of what `by` makes at `now`.
pub(crate) fn audit(by: &str, now: Timestamp) -> Audit {
    Audit::new(by, now)
}

/// A time that may be missing.
pub(crate) fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// A count as a column holds it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from a column; never below nought.
pub(crate) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The word for an update status.
pub(crate) const fn status_word(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Unknown => "unknown",
        UpdateStatus::Registered => "registered",
        UpdateStatus::Pending => "pending",
        UpdateStatus::InSync => "in_sync",
        UpdateStatus::Error => "error",
    }
}

/// The update status that a word stands for.
pub(crate) fn status(word: &str) -> Result<UpdateStatus, Error> {
    Ok(match word {
        "unknown" => UpdateStatus::Unknown,
        "registered" => UpdateStatus::Registered,
        "pending" => UpdateStatus::Pending,
        "in_sync" => UpdateStatus::InSync,
        "error" => UpdateStatus::Error,
        _ => return Err(Error::corrupt("update status", word)),
    })
}

/// The word for a state.
pub(crate) const fn state_word(state: State) -> &'static str {
    match state {
        State::Scheduled => "scheduled",
        State::WaitingForConfirmation => "waiting_for_confirmation",
        State::Running => "running",
        State::Retrieved => "retrieved",
        State::Canceling => "canceling",
        State::Canceled => "canceled",
        State::Finished => "finished",
        State::Error => "error",
        State::Downloaded => "downloaded",
    }
}

/// The state that a word stands for.
pub(crate) fn state(word: &str) -> Result<State, Error> {
    let found = State::ALL.into_iter().find(|state| state_word(*state) == word);
    found.ok_or_else(|| Error::corrupt("action state", word))
}

/// The word for an action type, and from when it is forced.
pub(crate) const fn action_type_columns(kind: ActionType) -> (&'static str, Option<i64>) {
    match kind {
        ActionType::Soft => ("soft", None),
        ActionType::Forced => ("forced", None),
        ActionType::TimeForced { at } => ("time_forced", Some(at.millis())),
        ActionType::DownloadOnly => ("download_only", None),
    }
}

/// The action type that two columns stand for.
pub(crate) fn action_type(word: &str, forced_at: Option<i64>) -> Result<ActionType, Error> {
    Ok(match word {
        "soft" => ActionType::Soft,
        "forced" => ActionType::Forced,
        "time_forced" => {
            ActionType::TimeForced { at: Timestamp::from_millis(forced_at.unwrap_or(0)) }
        }
        "download_only" => ActionType::DownloadOnly,
        _ => return Err(Error::corrupt("action type", word)),
    })
}

/// The maintenance window that three columns stand for.
pub(crate) fn window(
    schedule: Option<String>,
    duration: Option<String>,
    timezone: Option<String>,
) -> Result<Option<MaintenanceWindow>, Error> {
    let (Some(schedule), Some(duration), Some(timezone)) = (schedule, duration, timezone) else {
        return Ok(None);
    };
    let window = MaintenanceWindow::restore(&schedule, &duration, &timezone);
    window.map(Some).map_err(|error| Error::corrupt("maintenance window", error))
}

/// The kind of history entry that a word stands for.
pub(crate) fn entry_status(word: &str) -> Result<EntryStatus, Error> {
    EntryStatus::parse(word).ok_or_else(|| Error::corrupt("entry status", word))
}

/// Messages as one column holds them.
pub(crate) fn messages_text(messages: &[String]) -> Result<String, Error> {
    serde_json::to_string(messages).map_err(|error| Error::corrupt("messages", error))
}

/// The messages of a column.
pub(crate) fn messages(text: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(text).map_err(|error| Error::corrupt("messages", error))
}
