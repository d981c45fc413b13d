//! Targets: the devices (or parts of devices) that are kept up to date.

mod attributes;
mod auto_confirmation;
mod model;
mod poll;
mod rules;

pub use attributes::{
    AttributeMode, Attributes, check_attributes_given, merge_attributes, retain_attributes,
};
pub use auto_confirmation::{activate_auto_confirmation, deactivate_auto_confirmation};
pub use model::{AutoConfirmation, Target, TargetDraft, TargetPatch, TypeChange, UpdateStatus};
pub use poll::{
    PollStatus, PollingInterval, PollingOverride, PollingTime, overdue_before, poll_status,
};
pub use rules::{
    Announcement, PLUG_AND_PLAY, announce, generated_token, new_target, plug_and_play,
    update_target,
};

#[cfg(test)]
mod tests;
