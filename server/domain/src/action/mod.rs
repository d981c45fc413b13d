//! Actions: the order to one target to install one distribution set, and what becomes of it.

mod assign;
mod confirm;
mod event;
mod history;
mod model;
mod new_action;
mod offer;
mod offline;
mod report;
mod schedule;
mod settle;
mod start;
mod state;
mod step;
mod transition;
mod window;

pub use assign::{
    Assignment, AssignmentContext, AssignmentOutcome, OpenAction, assign, check_weight,
    collapse_assignments,
};
pub use confirm::{Confirmation, Consent, consent_of};
pub use event::{CancelOutcome, Effect, Event, Feedback, Outcome};
pub use history::{
    Entry, EntryStatus, MESSAGE_MAX, NewEntry, SERVER_PREFIX, detail_status, split_messages,
};
pub use model::{Action, ActionType, Initiator};
pub use new_action::{NewAction, first_entry, schedule_action};
pub use offer::{
    Handling, HandlingType, Offer, OfferKind, current, handling, offer, revision, sleep,
};
pub use offline::{assign_offline, installed_already};
pub use settle::{TargetChange, settle};
pub use start::{Started, retry_action, start_action};
pub use state::State;
pub use transition::{Transition, apply};
pub use window::{MaintenanceWindow, Occurrence, WindowState};

#[cfg(test)]
pub(crate) mod tests;
