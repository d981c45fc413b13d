//! What can be said on the command line, beside the tables of [`crate::nouns`].

use crate::verbs::{apply, assign, audit, mqtt, profile, watch};
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
  5   it is not there
  6   it is there already
  7   the hub does not know the caller, or the caller may not do this
  8   what it is in does not allow this, or somebody else changed it first
  9   a quota is full
  10  a time is over that was set with --timeout
  69  the hub cannot be reached, or does not answer in time

Resources go by number or by what people know them by: targets by controller id, modules and
sets by NAME:VERSION, types by key, tags, filters and rollouts by name.";

/// Talks to an otahub hub: targets, software, distribution sets and updates.
#[derive(Debug, Parser)]
#[command(name = "otactl", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten, next_help_heading = "Global options")]
    pub(crate) globals: Globals,
}

/// What holds for every command.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// Where the hub answers gRPC [default: the profile's, else http://127.0.0.1:50051].
    #[arg(long, global = true, env = "OTAHUB_HUB", value_name = "URL")]
    pub(crate) hub: Option<String>,
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
    /// Whom to trust with https://, instead of whom this machine trusts (PEM).
    #[arg(long, global = true, env = "OTAHUB_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The certificate to show the hub (PEM, with its chain).
    #[arg(long, global = true, env = "OTAHUB_CERT", value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The certificate's key (PEM).
    #[arg(id = "tls_key", long = "key", global = true, env = "OTAHUB_KEY", value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Which profile of `otactl profile`; the one in use without it.
    #[arg(long, global = true, env = "OTACTL_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Where profiles are kept [default: otahub/otactl.toml in the user's configuration].
    #[arg(long, global = true, env = "OTACTL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are written.
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Which fields a table has, e.g. `controllerId,group,audit.createTime`.
    #[arg(long, global = true, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
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
    /// The same as YAML.
    Yaml,
    /// What other commands take: numbers, controller ids, names; one a line.
    Name,
}

/// The commands that are not about a kind of resource.
#[derive(Debug, Subcommand)]
pub(crate) enum Plain {
    /// Who the hub takes the caller for.
    Whoami,
    /// Orders targets to install a set.
    Assign(assign::Order),
    /// Follows what happens, until it is interrupted.
    Watch(watch::Watch),
    /// Makes the hub have what files say: types, tags, software, targets, settings, rollouts.
    Apply(apply::Order),
    /// Lists who changed what, the newest first.
    Audit(audit::Query),
    /// What an MQTT broker has to be told.
    #[command(subcommand)]
    Mqtt(mqtt::Verb),
    /// Hubs and how to log in there.
    #[command(subcommand)]
    Profile(profile::Verb),
    /// Writes a script that completes commands: `otactl completion bash`.
    Completion {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Writes the manual page, for `man -l -`.
    Man,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;
    use clap::FromArgMatches;

    fn settled(args: &[&str]) -> Globals {
        let matches = command::whole().try_get_matches_from(args).unwrap();
        let mut cli = Cli::from_arg_matches(&matches).unwrap();
        cli.globals.settle(&matches);
        cli.globals
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for args in [
            ["otactl", "--hub", "http://h:1", "whoami", "--output", "json"],
            ["otactl", "whoami", "--output", "json", "--hub", "http://h:1"],
        ] {
            let globals = settled(&args);
            assert_eq!(
                (globals.hub.as_deref(), globals.output),
                (Some("http://h:1"), Format::Json)
            );
        }
    }

    #[test]
    fn a_token_goes_before_a_user() {
        let globals = settled(&["otactl", "whoami", "--user", "a:b", "--token", "t"]);
        assert_eq!((globals.user, globals.token.as_deref()), (None, Some("t")));
        let globals = settled(&["otactl", "targets", "list", "--user", "a:b"]);
        assert_eq!((globals.user.as_deref(), globals.token), (Some("a:b"), None));
    }

    #[test]
    fn every_exit_code_is_in_the_help() {
        let help = command::whole().render_help().to_string();
        for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "8 ", "9 ", "10 ", "69 "] {
            assert!(help.contains(&format!("\n  {code}")), "{code}");
        }
    }
}
