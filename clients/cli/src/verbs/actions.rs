//! `otactl actions …`.

use super::watch;
use crate::args::ListOptions;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    Action, ActionEntry, CancelActionRequest, ConfirmActionRequest, DenyActionRequest,
    ForceActionRequest, ForceQuitActionRequest, GetActionRequest, ListActionEntriesRequest,
    ListActionsRequest,
};
use std::time::Duration;

/// What can be done with actions.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists actions, newest first.
    List {
        #[command(flatten)]
        list: ListOptions,
        /// Only those of this target, by controller id.
        #[arg(long)]
        target: Option<String>,
    },
    /// Shows one action.
    Show(One),
    /// Shows what happened to an action, oldest first.
    History(One),
    /// Asks the device to stop.
    Cancel(One),
    /// Ends an action that is being cancelled without waiting for the device.
    ForceQuit(One),
    /// Makes an action forced.
    Force(One),
    /// Confirms an action for the device.
    Confirm(Answer),
    /// Denies an action for the device; it keeps waiting.
    Deny(Answer),
    /// Follows an action until it is over: the exit code tells how (0, 3 failed, 4 cancelled).
    Watch {
        /// The action's number.
        action: i64,
        /// How often to look.
        #[arg(long, value_parser = humantime::parse_duration, default_value = "1s")]
        interval: Duration,
        /// When to give up; never without it.
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        timeout: Option<Duration>,
    },
}

/// An action.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The action's number.
    action: i64,
}

/// An answer to the question whether to install.
#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// The action's number.
    action: i64,
    /// Words for the history; may be repeated.
    #[arg(long = "message", value_name = "TEXT")]
    messages: Vec<String>,
    /// A code for the history.
    #[arg(long, allow_negative_numbers = true)]
    code: Option<i32>,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match verb {
        Verb::List { list, target } => {
            let (actions, total) = collect(session, list, target).await?;
            output.list("actions", &actions, total)?;
        }
        Verb::History(one) => {
            let entries = history(session, one.action, 0).await?;
            let total = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            output.list("entries", &entries, total)?;
        }
        Verb::Watch { action, interval, timeout } => {
            return watch::carry_out(action, interval, timeout, session, output).await;
        }
        other => output.show(&change(other, session).await?)?,
    }
    Ok(Exit::Done)
}

/// The verbs that answer with the action as it is now.
async fn change(verb: Verb, session: &Session) -> Result<Action, CliError> {
    let target = String::new();
    let mut actions = session.actions();
    let answer = match verb {
        Verb::Cancel(One { action }) => {
            actions
                .cancel_action(CancelActionRequest {
                    name: names::action(action),
                    target,
                    ..Default::default()
                })
                .await
        }
        Verb::ForceQuit(One { action }) => {
            let request = ForceQuitActionRequest {
                name: names::action(action),
                target,
                ..Default::default()
            };
            actions.force_quit_action(request).await
        }
        Verb::Force(One { action }) => {
            actions
                .force_action(ForceActionRequest {
                    name: names::action(action),
                    target,
                    ..Default::default()
                })
                .await
        }
        Verb::Confirm(said) => return answer(said, true, session).await,
        Verb::Deny(said) => return answer(said, false, session).await,
        Verb::Show(One { action }) | Verb::History(One { action }) | Verb::Watch { action, .. } => {
            return get(session, action).await;
        }
        Verb::List { .. } => return Err(CliError::Usage("which action?".to_owned())),
    };
    Ok(answer?.into_inner())
}

async fn answer(said: Answer, yes: bool, session: &Session) -> Result<Action, CliError> {
    let Answer { action, messages, code } = said;
    let (name, target) = (names::action(action), String::new());
    let mut actions = session.actions();
    let answer = match yes {
        true => {
            actions
                .confirm_action(ConfirmActionRequest {
                    name,
                    target,
                    code,
                    messages,
                    ..Default::default()
                })
                .await
        }
        false => {
            actions
                .deny_action(DenyActionRequest {
                    name,
                    target,
                    code,
                    messages,
                    ..Default::default()
                })
                .await
        }
    };
    Ok(answer?.into_inner())
}

/// One action.
pub(crate) async fn get(session: &Session, action: i64) -> Result<Action, CliError> {
    let request = GetActionRequest { name: names::action(action), target: String::new() };
    Ok(session.actions().get_action(request).await?.into_inner())
}

/// What happened to an action after its first `seen` entries, oldest first.
pub(crate) async fn history(
    session: &Session,
    action: i64,
    seen: usize,
) -> Result<Vec<ActionEntry>, CliError> {
    let skip = i32::try_from(seen).unwrap_or(i32::MAX);
    let (entries, _) = gather(0, |page_size, page_token| {
        let request = ListActionEntriesRequest {
            parent: names::action(action),
            target: String::new(),
            page_size,
            skip: if page_token.is_empty() { skip } else { 0 },
            page_token,
            order_by: "id".to_owned(),
        };
        async move {
            let answer = session.actions().list_action_entries(request).await?.into_inner();
            let (items, next, total) = (answer.entries, answer.next_page_token, answer.total_size);
            Ok(Page { items, next, total })
        }
    })
    .await?;
    Ok(entries)
}

async fn collect(
    session: &Session,
    list: ListOptions,
    target: Option<String>,
) -> Result<(Vec<Action>, i64), CliError> {
    let target = target.as_deref().map(names::target).unwrap_or_default();
    gather(list.limit, |page_size, page_token| {
        let request = ListActionsRequest {
            page_size,
            page_token,
            skip: 0,
            filter: list.filter.clone(),
            order_by: list.order_by.clone(),
            target: target.clone(),
        };
        async move {
            let answer = session.actions().list_actions(request).await?.into_inner();
            let (items, next, total) = (answer.actions, answer.next_page_token, answer.total_size);
            Ok(Page { items, next, total })
        }
    })
    .await
}
