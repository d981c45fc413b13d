//! Rows in and out: the only crate of otahub (with the migrations) that knows the database.
//!
//! A [`Store`] serves SQLite and PostgreSQL alike. Reads go through [`Store::read`]; everything
//! that changes rows is a job given to [`Store::write`], which commits jobs that arrive together
//! in one transaction. A [`Session`] takes and gives domain types and knows no rule of business.

mod action;
mod action_entry;
mod action_list;
mod artifact;
mod blob;
mod changes;
mod codec;
mod completeness;
mod conn;
mod connect;
mod consumer;
mod delivery;
mod device;
mod distribution_set;
mod entity;
mod error;
mod event;
mod filter_place;
mod filter_sql;
mod job;
mod lane;
mod lease;
mod link;
mod metadata;
mod module;
mod module_type;
mod page;
mod pairing;
mod poll;
mod session;
mod set_actions;
mod set_modules;
mod set_type;
mod setting;
mod store;
mod tag;
mod target;
mod target_attributes;
mod target_group;
mod target_list;
mod target_type;
mod tenant;
mod user;
mod writer;

pub use action_list::{ActionNames, ActionOrder, ActionQuery, ActionView, EntryOrder};
pub use artifact::DeviceArtifact;
pub use blob::Blob;
pub use changes::Changes;
pub use consumer::HeldWork;
pub use delivery::DueDevice;
pub use device::Device;
pub use distribution_set::{SetOrder, SetQuery};
pub use error::Error;
pub use event::{Event, NewEvent};
pub use lane::Lane;
pub use lease::Lease;
pub use metadata::MetadataOwner;
pub use module::{ModuleOrder, ModuleQuery};
pub use module_type::ModuleTypeQuery;
pub use page::{DeletedMode, Listed, Page, TypeOrder};
pub use poll::Poll;
pub use session::Session;
pub use set_type::SetTypeQuery;
pub use store::{Backend, Store, StoreOptions};
pub use tag::{TagOrder, TagQuery};
pub use target_group::GroupQuery;
pub use target_list::{TargetOrder, TargetQuery};
pub use target_type::TargetTypeQuery;
pub use tenant::TenantRow;
pub use user::User;
