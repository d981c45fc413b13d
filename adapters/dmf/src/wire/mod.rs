//! DMF's JSON, in its own spelling.

pub(crate) mod inbound;
pub(crate) mod outbound;
