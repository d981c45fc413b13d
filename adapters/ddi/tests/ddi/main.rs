//! The routes of DDI against a scripted hub.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cancellation;
mod confirmation;
mod deployment;
mod device;
mod docs;
mod download;
mod errors;
mod hostile;
mod hub;
mod poll;
mod reports;
