//! The closed lists of words that representations use, as the documentation tells them.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

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
}
