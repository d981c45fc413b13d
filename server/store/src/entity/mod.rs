//! The rows as they stand in the database, one table a file.

#![expect(unreachable_pub, reason = "what sea-orm derives beside these is pub")]

pub(crate) mod action;
pub(crate) mod action_entry;
pub(crate) mod api_token;
pub(crate) mod artifact;
pub(crate) mod artifact_decryption;
pub(crate) mod artifact_relation;
pub(crate) mod audit_entry;
pub(crate) mod blob;
pub(crate) mod configured_user;
pub(crate) mod distribution_set;
pub(crate) mod event;
pub(crate) mod module;
pub(crate) mod module_type;
pub(crate) mod rollout;
pub(crate) mod rollout_group;
pub(crate) mod rollout_target;
pub(crate) mod set_module;
pub(crate) mod set_tag;
pub(crate) mod set_tag_set;
pub(crate) mod set_type;
pub(crate) mod set_type_module;
pub(crate) mod setting;
pub(crate) mod target;
pub(crate) mod target_attribute;
pub(crate) mod target_filter;
pub(crate) mod target_tag;
pub(crate) mod target_tag_target;
pub(crate) mod target_type;
pub(crate) mod target_type_set_type;
pub(crate) mod tenant;
pub(crate) mod user;
pub(crate) mod webhook;
pub(crate) mod webhook_delivery;
