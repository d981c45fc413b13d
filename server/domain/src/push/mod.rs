//! Devices that are told of their work instead of asking for it: what they are sent and when it
//! is sent again, and what becomes of what they say.
//!
//! A device that polls repeats its question until it has the answer. One that listens may be away
//! when it is told, may be told twice, and may say things twice, late or in another order. What
//! the hub remembers of that stands in a [`Delivery`], one for each action.

mod judge;
mod model;
mod order;
mod progress;

pub use judge::{Image, has_installed, judge};
pub use model::{
    Delivery, Fault, Heard, Link, LinkProtocol, ORDER_TTL, Phase, Progress, REBOOT_WAIT,
    SEND_EVERY, Stage,
};
pub use order::{Cause, Decision, Send, order};
pub use progress::{Reception, Verdict, hear};

#[cfg(test)]
mod tests;
