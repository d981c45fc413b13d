//! What can be said on the command line.

use crate::verbs::{
    actions, artifacts, assign, audit, modules, mqtt, rollouts, sets, settings, targets, tenants,
    tokens, users, webhooks,
};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0   done; with `actions watch`: the update is installed or downloaded;
      with `rollouts watch`: all updates are
  1   the hub refused, or something went wrong on this machine
  2   wrong usage
  3   `actions watch`: the update failed; `rollouts watch`: some updates failed
  4   `actions watch`: the update was cancelled; `rollouts watch`: the rollout was stopped
  69  the hub cannot be reached";

/// Talks to an otahub hub: targets, software, distribution sets and updates.
#[derive(Debug, Parser)]
#[command(name = "otactl", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// Where the hub answers gRPC.
    #[arg(
        long,
        global = true,
        env = "OTAHUB_HUB",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    pub(crate) hub: String,
    /// User and password [default for a hub on this machine: admin:admin].
    #[arg(
        long,
        global = true,
        env = "OTAHUB_USER",
        hide_env_values = true,
        value_name = "USER:PASSWORD"
    )]
    pub(crate) user: Option<String>,
    /// An API token or OIDC token instead of a user.
    #[arg(long, global = true, env = "OTAHUB_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Whom to trust instead of the usual issuers, PEM.
    #[arg(long, global = true, env = "OTAHUB_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The certificate to show a hub that asks for one, PEM.
    #[arg(
        long = "cert",
        global = true,
        env = "OTAHUB_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, PEM.
    #[arg(
        long = "key",
        global = true,
        env = "OTAHUB_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub(crate) tls_key: Option<PathBuf>,
    /// How results are written.
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// No progress bars and no remarks.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Globals {
    /// Lets what was typed go before what the environment says; a token goes before a user.
    pub(crate) fn settle(&mut self, matches: &ArgMatches) {
        let typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        if typed("user") && !typed("token") {
            self.token = None;
        } else if self.token.is_some() {
            self.user = None;
        }
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: protobuf's JSON names, numbers as numbers, times in RFC 3339; refusals, too.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Who the hub takes the caller for.
    Whoami,
    /// The devices that are kept up to date.
    #[command(subcommand)]
    Targets(targets::Verb),
    /// Pieces of software in one version.
    #[command(subcommand)]
    Modules(modules::Verb),
    /// The files of a module.
    #[command(subcommand)]
    Artifacts(artifacts::Verb),
    /// What is installed together.
    #[command(subcommand)]
    Sets(sets::Verb),
    /// Orders targets to install a set.
    Assign(assign::Order),
    /// Orders to targets, and what became of them.
    #[command(subcommand)]
    Actions(actions::Verb),
    /// Updates of many targets, group by group.
    #[command(subcommand)]
    Rollouts(rollouts::Verb),
    /// Settings of the tenant.
    #[command(subcommand)]
    Settings(settings::Verb),
    /// What an MQTT broker has to be told.
    #[command(subcommand)]
    Mqtt(mqtt::Verb),
    /// Who may log in, and what they may.
    #[command(subcommand)]
    Users(users::Verb),
    /// Credentials for programs.
    #[command(subcommand)]
    Tokens(tokens::Verb),
    /// Lists who changed what, the newest first.
    Audit(audit::Query),
    /// The hub's tenants.
    #[command(subcommand)]
    Tenants(tenants::Verb),
    /// Where events are sent by HTTP.
    #[command(subcommand)]
    Webhooks(webhooks::Verb),
    /// Writes a script that completes commands: `otactl completion bash`.
    Completion {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// What every list can be asked for.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Only what matches, e.g. `display_name = "gate*"` (AIP-160).
    #[arg(long, value_name = "EXPRESSION", default_value = "", hide_default_value = true)]
    pub(crate) filter: String,
    /// Fields to order by, each optionally followed by ` desc`.
    #[arg(long, value_name = "FIELDS", default_value = "", hide_default_value = true)]
    pub(crate) order_by: String,
    /// How many to show; 0 for all.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, FromArgMatches};

    fn settled(args: &[&str]) -> Globals {
        let matches = Cli::command().try_get_matches_from(args).unwrap();
        let mut cli = Cli::from_arg_matches(&matches).unwrap();
        cli.globals.settle(&matches);
        cli.globals
    }

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for args in [
            ["otactl", "--hub", "http://h:1", "whoami", "--output", "json"],
            ["otactl", "whoami", "--output", "json", "--hub", "http://h:1"],
        ] {
            let globals = settled(&args);
            assert_eq!((globals.hub.as_str(), globals.output), ("http://h:1", Format::Json));
        }
    }

    #[test]
    fn a_token_goes_before_a_user() {
        let globals = settled(&["otactl", "whoami", "--user", "a:b", "--token", "t"]);
        assert_eq!((globals.user, globals.token.as_deref()), (None, Some("t")));
        let globals = settled(&["otactl", "whoami", "--user", "a:b"]);
        assert_eq!((globals.user.as_deref(), globals.token), (Some("a:b"), None));
    }

    #[test]
    fn every_exit_code_is_in_the_help() {
        let help = Cli::command().render_help().to_string();
        for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "69 "] {
            assert!(help.contains(&format!("\n  {code}")), "{code}");
        }
    }
}
