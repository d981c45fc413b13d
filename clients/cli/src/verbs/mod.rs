//! The commands, a file for each noun.

pub(crate) mod actions;
pub(crate) mod artifacts;
pub(crate) mod assign;
pub(crate) mod audit;
mod download;
pub(crate) mod modules;
pub(crate) mod mqtt;
mod relation;
mod rollout_draft;
mod rollout_watch;
pub(crate) mod rollouts;
pub(crate) mod sets;
pub(crate) mod settings;
pub(crate) mod targets;
pub(crate) mod tenants;
pub(crate) mod tokens;
mod upload;
pub(crate) mod users;
mod watch;
pub(crate) mod webhooks;

use crate::args::Command;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::session::Session;
use otahub_client::proto::GetCallerRequest;
use serde_json::json;

/// Carries a command out.
pub(crate) async fn carry_out(
    command: Command,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        Command::Whoami => whoami(session, output).await?,
        Command::Targets(verb) => targets::carry_out(verb, session, output).await?,
        Command::Modules(verb) => modules::carry_out(verb, session, output).await?,
        Command::Artifacts(verb) => artifacts::carry_out(verb, session, output).await?,
        Command::Sets(verb) => sets::carry_out(verb, session, output).await?,
        Command::Assign(order) => assign::carry_out(order, session, output).await?,
        Command::Actions(verb) => return actions::carry_out(verb, session, output).await,
        Command::Rollouts(verb) => return rollouts::carry_out(verb, session, output).await,
        Command::Settings(verb) => settings::carry_out(verb, session, output).await?,
        Command::Mqtt(verb) => mqtt::carry_out(&verb, output)?,
        Command::Users(verb) => users::carry_out(verb, session, output).await?,
        Command::Tokens(verb) => tokens::carry_out(verb, session, output).await?,
        Command::Audit(query) => audit::carry_out(query, session, output).await?,
        Command::Tenants(verb) => tenants::carry_out(verb, session, output).await?,
        Command::Webhooks(verb) => webhooks::carry_out(verb, session, output).await?,
        Command::Completion { shell } => output.completion(shell)?,
    }
    Ok(Exit::Done)
}

async fn whoami(session: &Session, output: &mut Output) -> Result<(), CliError> {
    let caller = session.tenant().get_caller(GetCallerRequest {}).await?.into_inner();
    output.show(&caller)
}

/// Says which resources are gone.
fn deleted(output: &mut Output, names: &[String]) -> Result<(), CliError> {
    let words = format!("deleted {}", names.join(", "));
    output.done(&words, &json!({ "deleted": names }))
}
