//! Rollouts: campaigns that bring one distribution set to many targets, group by group.
//!
//! [`plan`] looks at counts, never at targets, and says what is to be done next. Nothing is
//! remembered between two plans: whoever executes them may stop and begin again anywhere.

mod command;
mod condition;
mod division;
mod draft;
mod model;
mod plan;
mod policy;
mod state;

pub use command::{Command, command};
pub use condition::{Conditions, SuccessAction, Tally, Verdict};
pub use division::{Division, Matching, divide, part, share_of_rest};
pub use draft::{
    GroupDraft, Making, NewRollout, RolloutDraft, RolloutPatch, new_rollout, retry_draft,
    update_rollout,
};
pub use model::{Approval, Group, GroupTemplate, Rollout, dynamic_group};
pub use plan::{GroupView, Plan, Step, View, plan};
pub use policy::{AfterFailure, Pace, Proof, RetryPolicy};
pub use state::{GroupState, RolloutState};

#[cfg(test)]
mod tests;
