//! The commands that need code of their own; the others are tables ([`crate::nouns`]).

pub(crate) mod actions;
pub(crate) mod apply;
pub(crate) mod artifacts;
pub(crate) mod assign;
pub(crate) mod audit;
pub(crate) mod mqtt;
pub(crate) mod profile;
mod relation;
mod rollout_draft;
mod rollout_watch;
pub(crate) mod rollouts;
pub(crate) mod settings;
pub(crate) mod watch;

use crate::args::{Globals, Plain};
use crate::command;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::session::Session;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use serde_json::json;

/// The verbs of the tables' nouns that need code of their own.
#[derive(Debug)]
pub(crate) enum Extra {
    Actions(actions::Verb),
    Artifacts(artifacts::Verb),
    Rollouts(rollouts::Verb),
    Settings(settings::Verb),
}

impl Extra {
    /// The noun's command with these verbs.
    pub(crate) fn augment(noun: &str, command: Command) -> Command {
        match noun {
            "actions" => actions::Verb::augment_subcommands(command),
            "artifacts" => artifacts::Verb::augment_subcommands(command),
            "rollouts" => rollouts::Verb::augment_subcommands(command),
            "settings" => settings::Verb::augment_subcommands(command),
            _ => command,
        }
    }

    /// What was said of the noun.
    pub(crate) fn parse(noun: &str, matches: &ArgMatches) -> Result<Self, CliError> {
        let parsed = match noun {
            "actions" => actions::Verb::from_arg_matches(matches).map(Self::Actions),
            "artifacts" => artifacts::Verb::from_arg_matches(matches).map(Self::Artifacts),
            "rollouts" => rollouts::Verb::from_arg_matches(matches).map(Self::Rollouts),
            _ => settings::Verb::from_arg_matches(matches).map(Self::Settings),
        };
        parsed.map_err(CliError::usage)
    }

    /// Carries it out.
    pub(crate) async fn carry_out(
        self,
        session: &Session,
        output: &mut Output,
    ) -> Result<Exit, CliError> {
        match self {
            Self::Actions(verb) => return actions::carry_out(verb, session, output).await,
            Self::Rollouts(verb) => return rollouts::carry_out(verb, session, output).await,
            Self::Artifacts(verb) => artifacts::carry_out(verb, session, output).await?,
            Self::Settings(verb) => settings::carry_out(verb, session, output).await?,
        }
        Ok(Exit::Done)
    }
}

/// Carries out a command that is not about a kind of resource.
pub(crate) async fn carry_out(
    plain: Plain,
    globals: Globals,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let open = Session::open(&globals);
    match plain {
        Plain::Whoami => {
            output.show(&open.await?.call("GetCaller", &json!({})).await?)?;
        }
        Plain::Assign(order) => assign::carry_out(order, &open.await?, output).await?,
        Plain::Watch(order) => watch::carry_out(order, &open.await?, output).await?,
        Plain::Apply(order) => apply::carry_out(order, &globals, output).await?,
        Plain::Audit(query) => audit::carry_out(query, &open.await?, output).await?,
        Plain::Mqtt(verb) => mqtt::carry_out(&verb, output)?,
        Plain::Profile(verb) => profile::carry_out(verb, &globals, output)?,
        Plain::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command::whole(), "otactl", &mut script);
            output.script(&script)?;
        }
        Plain::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command::whole()).render(&mut page)?;
            output.script(&page)?;
        }
    }
    Ok(Exit::Done)
}

/// Says which resources are gone.
fn deleted(output: &mut Output, names: &[String]) -> Result<(), CliError> {
    let words = format!("deleted {}", names.join(", "));
    output.done(&words, names, &json!({ "deleted": names }))
}
