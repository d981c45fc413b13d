//! The words of DDI, as they stand in requests and answers.

pub(crate) mod confirmation;
pub(crate) mod deployment;
pub(crate) mod feedback;
mod lenient;
mod links;
pub(crate) mod poll;
pub(crate) mod report;

pub(crate) use links::{Hal, Links, List};
