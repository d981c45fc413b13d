//! Between DDI's words and the contract's.

mod answer;
mod report;

pub(crate) use answer::{artifact, cancellation, confirmation_state, deployment, history, poll};
pub(crate) use report::{
    attribute_mode, attributes, cancel_messages, cancel_outcome, consent, outcome,
};
