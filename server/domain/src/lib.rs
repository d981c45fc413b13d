//! The rules of otahub as pure functions: what an action may become, what a device is offered,
//! what may be assigned, which settings a tenant can have.
//!
//! Nothing here reads a clock, a database or a socket; `now` is always an argument. The words
//! are hawkBit's domain words (its "JPA" entities), without its protocols.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod action;
pub mod audit;
pub mod distribution_set;
pub mod error;
pub mod filter;
pub mod identity;
pub mod ids;
pub mod pairing;
pub mod permission;
pub mod push;
pub mod request;
pub mod rollout;
pub mod software;
pub mod tag;
pub mod target;
pub mod target_filter;
pub mod target_type;
pub mod tenant;
pub mod text;
pub mod time;
pub mod webhook;

pub use audit::Audit;
pub use error::{Entity, Error, Kind, Result};
pub use ids::{
    ActionId, ApiTokenId, ArtifactId, ModuleId, ModuleTypeId, RolloutGroupId, RolloutId, SetId,
    SetTagId, SetTypeId, TargetFilterId, TargetId, TargetTagId, TargetTypeId, TenantId, UserId,
    WebhookDeliveryId, WebhookId,
};
pub use time::{Clock, Timestamp};
