//! `otactl watch`: what happens, as it happens.

use crate::error::CliError;
use crate::nouns::{ACTION, ROLLOUT, TARGET};
use crate::output::Output;
use crate::resolve;
use crate::schema;
use crate::session::Session;
use crate::table::Kind;
use crate::view::{Cell, Column, word};
use clap::Args;
use futures::TryStreamExt;
use otahub_client::proto::{EventKind, WatchEventsRequest};
use std::pin::pin;
use std::time::Duration;

/// Which events are wanted.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Only this kind, e.g. `action-updated`; may be repeated.
    #[arg(long, value_parser = kind)]
    kind: Vec<EventKind>,
    /// Only what concerns this target.
    #[arg(long)]
    target: Option<String>,
    /// Only what concerns this action.
    #[arg(long)]
    action: Option<String>,
    /// Only what concerns this rollout: its number or name.
    #[arg(long)]
    rollout: Option<String>,
    /// Goes on after this point: the `resumeToken` of an event in JSON.
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    resume: String,
    /// Ends after so many events.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Ends after this time, with exit code 10 if fewer came than `--count` says.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
}

const COLUMNS: &[Column] = &[
    Column("TIME", Cell::Time("time")),
    Column("WHAT", Cell::With(|event| word(&event["kind"], "EVENT_KIND_"))),
    Column("RESOURCE", Cell::Text("resource")),
    Column("TARGET", Cell::Text("target")),
    Column("ACTION", Cell::Text("action")),
    Column("ROLLOUT", Cell::Text("rollout")),
];

fn kind(text: &str) -> Result<EventKind, String> {
    let name = text.to_uppercase().replace('-', "_");
    let known = EventKind::from_str_name(&format!("EVENT_KIND_{name}"));
    known.or_else(|| EventKind::from_str_name(&name)).ok_or_else(|| {
        let event = schema::message("Event");
        let field = event.and_then(|event| schema::field(&event, "kind"));
        let words = field.and_then(|field| field.kind().as_enum().map(schema::words));
        format!("it is none of {}", words.unwrap_or_default().join(", "))
    })
}

pub(crate) async fn carry_out(
    watch: Watch,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let request = WatchEventsRequest {
        resume_token: watch.resume,
        kinds: watch.kind.into_iter().map(Into::into).collect(),
        target: name(&TARGET, watch.target, session).await?,
        action: name(&ACTION, watch.action, session).await?,
        rollout: name(&ROLLOUT, watch.rollout, session).await?,
    };
    let follow = follow(request, watch.count, session, output);
    match watch.timeout {
        None => follow.await,
        Some(timeout) => match tokio::time::timeout(timeout, follow).await {
            Ok(outcome) => outcome,
            Err(_) if watch.count.is_none() => Ok(()),
            Err(_) => Err(CliError::TimeOver("fewer events came than were wanted".to_owned())),
        },
    }
}

async fn follow(
    request: WatchEventsRequest,
    count: Option<u64>,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut events = pin!(session.hub().watch(request));
    let mut seen = 0;
    while count.is_none_or(|count| seen < count) {
        let Some(message) = events.try_next().await? else { break };
        let Some(event) = message.event else { continue };
        let mut event = schema::json_of("Event", &event);
        event["resumeToken"] = message.resume_token.into();
        output.entry(COLUMNS, &event)?;
        seen += 1;
    }
    Ok(())
}

async fn name(kind: &Kind, text: Option<String>, session: &Session) -> Result<String, CliError> {
    match text {
        Some(text) => resolve::name(kind, &text, session).await,
        None => Ok(String::new()),
    }
}
