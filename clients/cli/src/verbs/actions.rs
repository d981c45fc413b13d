//! `otactl actions watch`: follows an action to its end.

use crate::error::{CliError, Exit};
use crate::nouns::ENTRIES;
use crate::output::Output;
use crate::schema;
use crate::session::Session;
use clap::Subcommand;
use futures::TryStreamExt;
use otahub_client::proto::{ActionState, GetActionRequest, ListActionEntriesRequest};
use otahub_client::{Hub, names};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// How often in a row the hub may be out of reach.
const MISSES_MAX: u32 = 30;

/// What can be done with actions besides.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Follows an action until it is over: the exit code tells how (0, 3 failed, 4 cancelled).
    Watch(Watch),
}

/// What is followed.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// The action's number.
    action: i64,
    /// How often to look.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1s")]
    interval: Duration,
    /// When to give up; never without it.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let Verb::Watch(Watch { action, interval, timeout }) = verb;
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
            return Err(CliError::TimeOver(format!("action {action} is not over yet")));
        }
        tokio::time::sleep(interval).await;
    }
}

/// Writes what is new; gives the end once there is one. The state is read before the history, so
/// that nothing is missing from the history of an action that is over.
async fn look(
    action: i64,
    seen: &mut i32,
    session: &Session,
    output: &mut Output,
) -> Result<Option<Exit>, CliError> {
    let name = names::action(action);
    let request = GetActionRequest { name: name.clone(), target: String::new() };
    let state = session.hub().actions().get_action(request).await?.into_inner().state();
    let request = ListActionEntriesRequest {
        parent: name,
        skip: *seen,
        order_by: "id".to_owned(),
        ..Default::default()
    };
    let list = |hub: Hub, request| async move { hub.actions().list_action_entries(request).await };
    let mut entries = pin!(session.hub().each(request, list));
    while let Some(entry) = entries.try_next().await? {
        output.entry(ENTRIES, &schema::json_of("ActionEntry", &entry))?;
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
