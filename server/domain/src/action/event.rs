//! What can happen to an action, and what others are told of it.

use super::{Consent, Initiator};
use crate::Timestamp;
use crate::target::AutoConfirmation;

/// What a device says of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It works on it.
    Proceeding,
    /// It will, later.
    Scheduled,
    /// It goes on.
    Resumed,
    /// It downloads.
    Downloading,
    /// It has downloaded. Final for a download-only action.
    Downloaded,
    /// It cannot do something of it, for now; a warning.
    Rejected,
    /// It stopped of itself; a note, not an answer to a cancellation.
    Canceled,
    /// It is installed. Final.
    Succeeded,
    /// It failed. Final.
    Failed,
    /// It has got the order: a note, as hawkBit's DMF has it. A fetch over DDI is
    /// [`Event::Fetched`].
    Retrieved,
}

/// A device's report on a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// How it goes.
    pub outcome: Outcome,
    /// The device's own status code.
    pub code: Option<i32>,
    /// What the device has to say, of any length.
    pub messages: Vec<String>,
    /// When it happened, by the device's clock.
    pub occurred_at: Timestamp,
    /// A download-only action that is downloaded takes one result of the installation after
    /// all, and an action that waits for confirmation takes notes, as hawkBit's DMF does and its
    /// DDI does not.
    pub after_download: bool,
    /// While the maintenance window is open, what is on offer is told again, as in DMF.
    pub answer_with_order: bool,
}

impl Feedback {
    /// Whether it is noted of an action that waits for confirmation, which goes on waiting.
    pub(super) const fn is_noted_while_waiting(&self) -> bool {
        let is_note = match self.outcome {
            Outcome::Retrieved
            | Outcome::Proceeding
            | Outcome::Scheduled
            | Outcome::Resumed
            | Outcome::Downloading
            | Outcome::Rejected => true,
            Outcome::Downloaded | Outcome::Canceled | Outcome::Succeeded | Outcome::Failed => false,
        };
        is_note && self.after_download
    }
}

/// What a device says of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelOutcome {
    /// It stopped. Final.
    Accepted,
    /// It will not stop: the action goes on.
    Refused,
    /// It tried and failed: the action goes on.
    Failed,
    /// It works on it.
    Progress,
}

/// What can happen to an action. `by` is a user's name, or none where the device itself acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The device reported on the deployment.
    Reported(Feedback),
    /// The device answered a cancellation. The hub adds a message of its own only where the
    /// action is cancelled or the device says nothing at all; an adapter that has a standing
    /// text for an answer (as hawkBit's DDI does) puts it first, with the hub's prefix.
    CancelReported {
        /// How it goes.
        outcome: CancelOutcome,
        /// The device's own status code.
        code: Option<i32>,
        /// What the device has to say.
        messages: Vec<String>,
        /// When it happened, by the device's clock.
        occurred_at: Timestamp,
    },
    /// The device fetched the deployment.
    Fetched,
    /// The device fetched the cancellation.
    CancelFetched,
    /// The device is about to download a whole file.
    DownloadAnnounced {
        /// The path it asks for, which the history shows.
        path: String,
        /// A full history is no reason to refuse the download; it is then not noted.
        always: bool,
    },
    /// An action that waits is to go on.
    Confirmed {
        /// The device's own status code.
        code: Option<i32>,
        /// What there is to say.
        messages: Vec<String>,
        /// Who confirms.
        by: Option<String>,
    },
    /// An action that waits is to wait on.
    Denied {
        /// The device's own status code.
        code: Option<i32>,
        /// What there is to say.
        messages: Vec<String>,
        /// Who denies.
        by: Option<String>,
    },
    /// The target got a standing consent: whatever waits goes on.
    AutoConfirmed {
        /// The consent.
        consent: AutoConfirmation,
    },
    /// The device is to stop.
    CancelRequested {
        /// Who wants it.
        by: String,
    },
    /// The cancellation is to be over without the device's answer.
    ForceQuit {
        /// Who wants it.
        by: String,
    },
    /// The device may no longer postpone.
    Forced {
        /// Who wants it.
        by: String,
    },
    /// A newer assignment takes the action's place.
    Superseded {
        /// Close it at once instead of asking the device to stop.
        autoclose: bool,
    },
    /// No maintenance window will come any more.
    WindowLapsed,
    /// The rollout group of a scheduled action starts.
    Started {
        /// Whether it has to wait for a confirmation.
        consent: Consent,
        /// The rollout.
        initiator: Initiator,
    },
    /// The rollout group of a scheduled action starts, but the target has its set already.
    Skipped,
    /// The device did not answer within the time that the rollout gives it.
    Unanswered,
    /// The device did not prove within the time that the rollout gives it that it has what it
    /// says it has installed.
    Unproven,
}

/// What others have to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The action or its history changed.
    ActionChanged,
    /// The device has something else to look at than before.
    OfferChanged,
    /// The device has the same to do as before, in another manner: nothing to push.
    OfferAdjusted,
    /// The device is asked to stop.
    CancelWanted,
    /// The device is asked for its attributes.
    AttributesWanted,
}
