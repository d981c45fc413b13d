//! The use cases: load a value, let the rules decide, save it with its history and events in one
//! transaction, and tell whoever remembers.

mod act;
mod artifact;
mod assign;
mod consent;
mod deployment;
mod history;
mod poll;
mod register;
mod search;
mod set;
mod software;
mod target;
mod tenant;

pub(crate) use act::{Act, Owner};
pub(crate) use artifact::Destination;
pub(crate) use assign::AssignRequest;
pub(crate) use consent::Consenting;
pub(crate) use deployment::{Chunk, Deployment, History, View};
pub(crate) use poll::Polled;
pub use tenant::{DEFAULT_TENANT, DEFAULT_USER};
pub(crate) use tenant::{SettingChange, in_force};
