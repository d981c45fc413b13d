//! The use cases: load a value, let the rules decide, save it with its history and events in one
//! transaction, and tell whoever remembers.

mod act;
mod announce;
mod api_token;
mod artifact;
mod assign;
mod auto_assign;
mod bootstrap;
mod consent;
mod deployment;
mod group;
mod history;
mod invalidate;
mod module_type;
mod opening;
mod order;
mod pairing;
mod poll;
mod push;
mod register;
mod rollout;
mod search;
mod set;
mod set_type;
mod software;
mod tag;
mod target;
mod target_filter;
mod target_type;
mod tenancy;
mod tenant;
mod work;

mod user;

pub(crate) use act::{Act, Owner, RequestId};
pub(crate) use announce::Announcing;
pub(crate) use api_token::NewToken;
pub(crate) use artifact::Destination;
pub(crate) use assign::{AssignRequest, Assigned};
pub(crate) use auto_assign::Among;
pub use bootstrap::{ConfiguredUser, DEFAULT_USER};
pub(crate) use consent::Consenting;
pub(crate) use deployment::{Chunk, Deployment, History, View};
pub(crate) use invalidate::Cancelation;
pub(crate) use order::Order;
pub(crate) use poll::Polled;
pub(crate) use push::{Linking, PushOrder};
pub(crate) use rollout::{Lateness, ShownRollout, Watched, Watches};
pub(crate) use set::ModuleChange;
pub(crate) use set_type::{NewSetType, SetTypeChange};
pub(crate) use tag::Tagging;
pub(crate) use target_filter::NewTargetFilter;
pub(crate) use tenant::{SettingChange, in_force};
pub(crate) use user::{NewUser, UserChange};
pub(crate) use work::{Outlet, Tail, Work, WorkFeed, WorkKind, feed};
