//! What operators can make of a rollout.

use super::{Approval, Rollout, RolloutState};
use crate::{Entity, Error, Result, Timestamp, text};

/// The most characters of a remark.
const REMARK_MAX: usize = 255;

/// What an operator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin.
    Start,
    /// Start no further group.
    Pause,
    /// Go on.
    Resume,
    /// End it.
    Stop,
    /// Delete it.
    Delete,
    /// Let it begin.
    Approve {
        /// Why.
        remark: Option<String>,
    },
    /// Do not let it begin.
    Deny {
        /// Why.
        remark: Option<String>,
    },
    /// Start the next group, whatever the thresholds say. Whether there is one is the caller's
    /// to see.
    TriggerNextGroup,
}

/// Decides what a command makes of a rollout (hawkBit domain rules: "Rollout states").
///
/// # Errors
/// - [`Error::RolloutState`] if it does not fit what the rollout is in;
/// - [`Error::Deleted`] if the rollout is deleted already;
/// - [`Error::Invalid`] for a remark that is too long.
pub fn command(rollout: &Rollout, wish: &Command, by: &str, now: Timestamp) -> Result<Rollout> {
    use RolloutState as S;
    let mut to = rollout.clone();
    to.state = match (wish, rollout.state) {
        (Command::Start, S::Ready) => S::Starting,
        (Command::Pause, S::Running) => S::Paused,
        (Command::Resume, S::Paused) | (Command::TriggerNextGroup, S::Running) => S::Running,
        (Command::Stop, state) if state.is_stoppable() => S::Stopping,
        (Command::Approve { remark }, S::WaitingForApproval) => {
            to.approval = Some(approval(remark.as_deref(), by)?);
            S::Ready
        }
        (Command::Deny { remark }, S::WaitingForApproval) => {
            to.approval = Some(approval(remark.as_deref(), by)?);
            S::ApprovalDenied
        }
        (Command::Delete, S::Deleted) => {
            return Err(Error::Deleted { entity: Entity::Rollout, id: rollout.id.to_string() });
        }
        (Command::Delete, S::Deleting) => return Ok(to),
        (Command::Delete, _) => S::Deleting,
        (
            Command::Start
            | Command::Pause
            | Command::Resume
            | Command::Stop
            | Command::Approve { .. }
            | Command::Deny { .. }
            | Command::TriggerNextGroup,
            _,
        ) => return Err(Error::RolloutState { rollout: rollout.id }),
    };
    to.audit.touch(by, now);
    Ok(to)
}

fn approval(remark: Option<&str>, by: &str) -> Result<Approval> {
    let remark = text::optional("remark", remark, REMARK_MAX)?.filter(|text| !text.is_empty());
    Ok(Approval { decided_by: by.to_owned(), remark })
}
