//! How the adapter is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How the connection with a broker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not connected; trying again.
    Away,
    /// Connected, messages go both ways.
    Connected,
}

/// How the adapter is, for whoever asks. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<AtomicU8>);

impl Health {
    /// How the connection is.
    #[must_use]
    pub fn state(&self) -> State {
        match self.0.load(Ordering::Relaxed) {
            0 => State::Away,
            _ => State::Connected,
        }
    }

    pub(crate) fn set(&self, consumer: &str, state: State) {
        self.0.store(u8::from(state == State::Connected), Ordering::Relaxed);
        let up = if state == State::Connected { 1.0 } else { 0.0 };
        metrics::gauge!("otahub_dmf_connected", "broker" => consumer.to_owned()).set(up);
    }
}
