//! Between the contract's messages and the domain's values. No rule, no I/O.

pub(crate) mod action;
pub(crate) mod artifact;
pub(crate) mod bulk;
pub(crate) mod device;
pub(crate) mod event;
pub(crate) mod identity;
pub(crate) mod name;
pub(crate) mod page;
pub(crate) mod push;
pub(crate) mod rollout;
pub(crate) mod set;
pub(crate) mod software;
pub(crate) mod tag;
pub(crate) mod target;
pub(crate) mod target_filter;
pub(crate) mod target_type;
pub(crate) mod tenant;
pub(crate) mod webhook;

use otahub_domain::{Audit, Timestamp};
use otahub_proto::otahub::v1 as proto;
use otahub_proto::{millis, timestamp};

/// A protobuf timestamp.
pub(crate) fn time(at: Timestamp) -> prost_types::Timestamp {
    timestamp(at.millis())
}

/// An instant.
pub(crate) fn instant(at: &prost_types::Timestamp) -> Timestamp {
    Timestamp::from_millis(millis(at))
}

/// A text, unless it is empty: proto3 has no other way to leave one out.
pub(crate) fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The audit fields.
pub(crate) fn audit(audit: &Audit) -> proto::Audit {
    proto::Audit {
        create_time: Some(time(audit.created_at)),
        creator: audit.created_by.clone(),
        update_time: Some(time(audit.modified_at)),
        updater: audit.modified_by.clone(),
    }
}
