//! `otactl actions watch`: follows an action to its end.

use super::actions::{get, history};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::session::Session;
use otahub_client::proto::ActionState;
use std::time::Duration;
use tokio::time::Instant;

/// How often in a row the hub may be out of reach.
const MISSES_MAX: u32 = 30;

pub(crate) async fn carry_out(
    action: i64,
    interval: Duration,
    timeout: Option<Duration>,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let begun = Instant::now();
    let mut seen = 0;
    let mut misses = 0;
    loop {
        match look(action, &mut seen, session, output).await {
            Ok(Some(exit)) => return Ok(exit),
            Ok(None) => misses = 0,
            Err(error) if error.is_transient() && misses < MISSES_MAX => {
                misses += 1;
                if misses == 1 {
                    output.remark(&format!("{error}; trying again"));
                }
            }
            Err(error) => return Err(error),
        }
        if timeout.is_some_and(|timeout| begun.elapsed() >= timeout) {
            return Err(CliError::Local(format!("action {action} is not over yet")));
        }
        tokio::time::sleep(interval).await;
    }
}

/// Writes what is new; gives the end once there is one. The state is read before the history, so
/// that nothing is missing from the history of an action that is over.
async fn look(
    action: i64,
    seen: &mut usize,
    session: &Session,
    output: &mut Output,
) -> Result<Option<Exit>, CliError> {
    let state = get(session, action).await?.state();
    for entry in history(session, action, *seen).await? {
        output.entry(&entry)?;
        *seen += 1;
    }
    Ok(match state {
        ActionState::Finished | ActionState::Downloaded => Some(Exit::Done),
        ActionState::Failed => Some(Exit::UpdateFailed),
        ActionState::Canceled => Some(Exit::Canceled),
        ActionState::Unspecified
        | ActionState::Scheduled
        | ActionState::WaitingForConfirmation
        | ActionState::Running
        | ActionState::Retrieved
        | ActionState::Canceling => None,
    })
}
