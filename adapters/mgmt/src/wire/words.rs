//! The closed lists of words that representations use, as the documentation tells them.

use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $($word:literal)|+;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name() -> Object {
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($word),+])).build()
        }
    )*};
}

words! {
    /// How a target is.
    update_status = "unknown" | "in_sync" | "pending" | "error" | "registered";
    /// What an action is in, and what an entry of its history says.
    action_status = "finished" | "error" | "warning" | "running" | "canceled" | "canceling"
        | "retrieved" | "download" | "scheduled" | "cancel_rejected" | "downloaded"
        | "wait_for_confirmation";
    /// What an action is about.
    action_kind = "update" | "cancel";
    /// How urgent an action is.
    force_type = "soft" | "forced" | "timeforced" | "downloadonly";
    /// What a rollout is in.
    rollout_status = "creating" | "ready" | "waiting_for_approval" | "approval_denied"
        | "starting" | "running" | "paused" | "stopping" | "finished" | "deleting" | "deleted"
        | "stopped";
    /// What a group of a rollout is in.
    group_status = "creating" | "ready" | "scheduled" | "running" | "finished" | "error";
}

/// How urgent automatic assignments are; null without one.
pub(crate) fn auto_assign_type() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some([Some("soft"), Some("forced"), Some("downloadonly"), None]))
        .build()
}
