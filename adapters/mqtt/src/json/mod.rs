//! The JSON mode's documents.

mod handle;
mod inbound;
mod outbound;

pub(crate) use inbound::{Attributes, Event, Hello, Mode, Presence, read};
pub(crate) use outbound::{File, Notice, Operation, Request};
