//! What rollouts and groups are in.

/// What a rollout is in (hawkBit domain rules: "Rollout states").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RolloutState {
    /// Groups are being filled.
    Creating,
    /// Can be started.
    Ready,
    /// Somebody has to approve it.
    WaitingForApproval,
    /// Somebody did not.
    ApprovalDenied,
    /// Actions are being made.
    Starting,
    /// Groups run.
    Running,
    /// No further group starts.
    Paused,
    /// Being ended.
    Stopping,
    /// Ended by somebody. Final.
    Stopped,
    /// Done. Final.
    Finished,
    /// Being deleted.
    Deleting,
    /// Soft-deleted. Final.
    Deleted,
}

impl RolloutState {
    /// Every state, for tables and properties.
    pub const ALL: [Self; 12] = [
        Self::Creating,
        Self::Ready,
        Self::WaitingForApproval,
        Self::ApprovalDenied,
        Self::Starting,
        Self::Running,
        Self::Paused,
        Self::Stopping,
        Self::Stopped,
        Self::Finished,
        Self::Deleting,
        Self::Deleted,
    ];

    /// Whether it can be stopped.
    #[must_use]
    pub const fn is_stoppable(self) -> bool {
        match self {
            Self::Creating
            | Self::Ready
            | Self::WaitingForApproval
            | Self::ApprovalDenied
            | Self::Starting
            | Self::Running
            | Self::Paused => true,
            Self::Stopping | Self::Stopped | Self::Finished | Self::Deleting | Self::Deleted => {
                false
            }
        }
    }

    /// Whether time or devices alone can bring it on.
    #[must_use]
    pub const fn is_at_work(self) -> bool {
        match self {
            Self::Creating
            | Self::Ready
            | Self::Starting
            | Self::Running
            | Self::Paused
            | Self::Stopping
            | Self::Deleting => true,
            Self::WaitingForApproval
            | Self::ApprovalDenied
            | Self::Stopped
            | Self::Finished
            | Self::Deleted => false,
        }
    }
}

/// What a group is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupState {
    /// Being filled.
    Creating,
    /// Filled.
    Ready,
    /// Its actions are made.
    Scheduled,
    /// Its actions are on offer.
    Running,
    /// Done.
    Finished,
    /// Too many of its actions failed.
    Error,
}

impl GroupState {
    /// Every state, for tables and properties.
    pub const ALL: [Self; 6] =
        [Self::Creating, Self::Ready, Self::Scheduled, Self::Running, Self::Finished, Self::Error];

    /// Whether its actions are made, so that they say how many targets it has.
    #[must_use]
    pub const fn has_actions(self) -> bool {
        match self {
            Self::Creating | Self::Ready => false,
            Self::Scheduled | Self::Running | Self::Finished | Self::Error => true,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Finished | Self::Error => true,
            Self::Creating | Self::Ready | Self::Scheduled | Self::Running => false,
        }
    }
}
