//! Who made an entity and who changed it last.

use super::{text, time};
use crate::wire;
use otahub_client::proto;

/// The audit fields that every representation begins with.
pub(super) fn audit(audit: Option<proto::Audit>) -> wire::Audit {
    let Some(audit) = audit else {
        return wire::Audit::default();
    };
    wire::Audit {
        created_at: time(audit.create_time.as_ref()),
        last_modified_at: time(audit.update_time.as_ref()),
        created_by: text(audit.creator),
        last_modified_by: text(audit.updater),
    }
}
