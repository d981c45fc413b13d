//! What devices report, in the contract's words.

use crate::wire::confirmation::Word;
use crate::wire::feedback::{Execution, Finished, Status};
use crate::wire::report::Mode;
use otahub_client::device::{AttributeMode, AttributeValue, CancelOutcome, Consent, Outcome};
use std::collections::HashMap;

/// What a feedback says of a deployment. `finished` counts only once it is closed.
pub(crate) fn outcome(status: &Status) -> Outcome {
    match status.execution {
        Execution::Closed => match status.result.finished {
            Finished::Success | Finished::None => Outcome::Succeeded,
            Finished::Failure => Outcome::Failed,
        },
        Execution::Proceeding => Outcome::Proceeding,
        Execution::Canceled => Outcome::Canceled,
        Execution::Scheduled => Outcome::Scheduled,
        Execution::Rejected => Outcome::Rejected,
        Execution::Resumed => Outcome::Resumed,
        Execution::Downloaded => Outcome::Downloaded,
        Execution::Download => Outcome::Downloading,
    }
}

/// What a feedback says of a cancellation. `canceled` agrees to it as `closed` does, which is
/// more than hawkBit allows.
pub(crate) fn cancel_outcome(status: &Status) -> CancelOutcome {
    match (status.execution, status.result.finished) {
        (Execution::Closed | Execution::Canceled, Finished::Success | Finished::None) => {
            CancelOutcome::Accepted
        }
        (Execution::Closed, Finished::Failure) => CancelOutcome::Failed,
        (Execution::Rejected, _) => CancelOutcome::Refused,
        (Execution::Canceled, Finished::Failure)
        | (
            Execution::Proceeding
            | Execution::Scheduled
            | Execution::Resumed
            | Execution::Downloaded
            | Execution::Download,
            _,
        ) => CancelOutcome::Proceeding,
    }
}

/// What the history shows of a feedback on a cancellation: hawkBit's DDI puts a line of its own
/// before the device's when the device agrees or refuses.
pub(crate) fn cancel_messages(outcome: CancelOutcome, details: Vec<String>) -> Vec<String> {
    let own = match outcome {
        CancelOutcome::Accepted => Some("Update Server: Target confirmed the cancellation."),
        CancelOutcome::Refused => Some("Update Server: Target rejected the cancellation."),
        CancelOutcome::Failed | CancelOutcome::Proceeding | CancelOutcome::Unspecified => None,
    };
    own.map(str::to_owned).into_iter().chain(details).collect()
}

/// An answer to an action that waits.
pub(crate) fn consent(word: Word) -> Consent {
    match word {
        Word::Confirmed => Consent::Confirmed,
        Word::Denied => Consent::Denied,
    }
}

/// What to do with attributes; without a word, merge them.
pub(crate) fn attribute_mode(mode: Option<Mode>) -> AttributeMode {
    match mode {
        None | Some(Mode::Merge) => AttributeMode::Merge,
        Some(Mode::Replace) => AttributeMode::Replace,
        Some(Mode::Remove) => AttributeMode::Remove,
    }
}

/// Attributes by key.
pub(crate) fn attributes(data: HashMap<String, Option<String>>) -> HashMap<String, AttributeValue> {
    data.into_iter().map(|(key, value)| (key, AttributeValue { value })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(execution: &str, finished: &str) -> Status {
        let json =
            format!(r#"{{"execution": "{execution}", "result": {{"finished": "{finished}"}}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn every_feedback_has_the_documented_meaning() {
        for (execution, finished, deployment, cancellation) in [
            ("closed", "success", Outcome::Succeeded, CancelOutcome::Accepted),
            ("closed", "none", Outcome::Succeeded, CancelOutcome::Accepted),
            ("closed", "failure", Outcome::Failed, CancelOutcome::Failed),
            ("canceled", "success", Outcome::Canceled, CancelOutcome::Accepted),
            ("canceled", "none", Outcome::Canceled, CancelOutcome::Accepted),
            ("canceled", "failure", Outcome::Canceled, CancelOutcome::Proceeding),
            ("rejected", "none", Outcome::Rejected, CancelOutcome::Refused),
            ("rejected", "success", Outcome::Rejected, CancelOutcome::Refused),
            ("proceeding", "none", Outcome::Proceeding, CancelOutcome::Proceeding),
            ("scheduled", "failure", Outcome::Scheduled, CancelOutcome::Proceeding),
            ("resumed", "none", Outcome::Resumed, CancelOutcome::Proceeding),
            ("download", "none", Outcome::Downloading, CancelOutcome::Proceeding),
            ("downloaded", "success", Outcome::Downloaded, CancelOutcome::Proceeding),
        ] {
            let status = status(execution, finished);
            assert_eq!(outcome(&status), deployment, "{execution} {finished}");
            assert_eq!(cancel_outcome(&status), cancellation, "{execution} {finished}");
        }
    }
}
