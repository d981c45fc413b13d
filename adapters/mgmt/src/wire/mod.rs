//! hawkBit's JSON: what comes and goes on the wire, in hawkBit's spelling.

mod action;
mod assignment;
mod common;
mod config;
mod distribution_set;
mod lenient;
mod rollout;
mod rollout_extras;
mod software;
mod tag;
mod target;
mod target_filter;
mod types;
mod words;

pub(crate) use action::{
    Action, ActionStatus, ConfirmationBody, ConfirmationWord, ForceBody, Window,
};
pub(crate) use assignment::{
    AssignedAction, AssignmentResult, AssignmentWord, Options, SetAssignment, TargetAssignment,
    WindowBody,
};
pub(crate) use common::{Audit, Id, IdBody, Links, MetadataBody, MetadataItem, OneOrMany, Page};
pub(crate) use config::{ConfigBody, ConfigValue, UserInfo};
pub(crate) use distribution_set::{
    CancelationWord, DistributionSet, DistributionSetBody, DistributionSetType, InvalidateBody,
    Statistics,
};
pub(crate) use rollout::{
    ConditionBody, ConditionsBody, GroupBody, Rollout, RolloutBody, RolloutChangeBody,
    RolloutGroup, ShownAction, ShownCondition, SuccessWord, TargetCounts, TemplateBody,
};
pub(crate) use rollout_extras::{
    Pace, PlannedGroup, RetryPolicy, RolloutExtras, RolloutPlan, SuccessProof,
};
pub(crate) use software::{
    Artifact, Decrypted, Hashes, Relation, SoftwareModule, SoftwareModuleBody, SoftwareModuleType,
};
pub(crate) use tag::{Tag, TagBody};
pub(crate) use target::{AutoConfirm, AutoConfirmBody, PollStatus, Target, TargetBody, TypeBody};
pub(crate) use target_filter::{AutoAssignBody, TargetFilter, TargetFilterBody};
pub(crate) use types::{
    DistributionSetTypeBody, SoftwareModuleTypeBody, TargetType, TargetTypeBody,
};
