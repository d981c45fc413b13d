//! What a lane remembers of its devices for a moment.

use crate::astarte::Settling;
use crate::throttle::Throttle;

/// What a lane remembers of its devices for a moment.
#[derive(Default)]
pub(crate) struct LaneState {
    /// Progress that came quickly.
    pub throttle: Throttle,
    /// Devices that are saying which properties they have.
    pub settling: Settling,
}
