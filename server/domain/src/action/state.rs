//! The lifecycle of an action.

/// What an action is in. What the device said on the way stands in the history instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Made by a rollout whose group has not started.
    Scheduled,
    /// Held back until the device's user, or an operator, consents.
    WaitingForConfirmation,
    /// On offer to the device.
    Running,
    /// The device has fetched it.
    Retrieved,
    /// To be cancelled; the device has not answered yet.
    Canceling,
    /// Cancelled. Final.
    Canceled,
    /// Installed. Final.
    Finished,
    /// Failed. Final.
    Error,
    /// Downloaded, and nothing more was asked. Final but for a late result of the install.
    Downloaded,
}

impl State {
    /// Every state, for tables and properties.
    pub const ALL: [Self; 9] = [
        Self::Scheduled,
        Self::WaitingForConfirmation,
        Self::Running,
        Self::Retrieved,
        Self::Canceling,
        Self::Canceled,
        Self::Finished,
        Self::Error,
        Self::Downloaded,
    ];

    /// Whether the device still has something to do about it.
    #[must_use]
    pub const fn is_active(self) -> bool {
        match self {
            Self::WaitingForConfirmation | Self::Running | Self::Retrieved | Self::Canceling => {
                true
            }
            Self::Scheduled | Self::Canceled | Self::Finished | Self::Error | Self::Downloaded => {
                false
            }
        }
    }

    /// Whether it is being, or was, cancelled.
    #[must_use]
    pub const fn is_cancel(self) -> bool {
        match self {
            Self::Canceling | Self::Canceled => true,
            Self::Scheduled
            | Self::WaitingForConfirmation
            | Self::Running
            | Self::Retrieved
            | Self::Finished
            | Self::Error
            | Self::Downloaded => false,
        }
    }
}
