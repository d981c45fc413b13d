//! The command line.

use crate::demo::Speech;
use crate::settings::{Flags, Settings};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A hub for over-the-air updates: devices poll it over DDI, operators drive it over hawkBit's
/// Management REST API and gRPC.
#[derive(Debug, Parser)]
#[command(name = "otahub", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub: HTTP on 127.0.0.1:8080, gRPC on 127.0.0.1:50051, data in ./otahub-data.
    Serve(Common),
    /// Show one update from upload to installed on a hub of its own, then keep that hub up.
    Demo(Demo),
    /// Bring the database up to date and say which steps that took.
    Migrate(Common),
    /// Give a user a new password, read from the first line of standard input.
    SetPassword(SetPassword),
    /// Show the argon2id hash of a password, read from the first line of standard input, for a user
    /// in the settings.
    HashPassword,
    /// Say whether the settings make sense, and what they come to. Secrets are not shown.
    CheckConfig(Common),
    /// Decrypt an artifact, as a device would. `-` is standard input or output.
    Decrypt(Decrypt),
    /// Print the OpenAPI document of the HTTP interfaces, which a hub serves at /v3/api-docs.
    #[command(name = "openapi")]
    OpenApi,
}

#[derive(Debug, Args)]
struct Common {
    /// Settings in TOML, with the names of these options and more. Flag beats environment beats
    /// file.
    #[arg(long, env = "OTAHUB_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct Demo {
    #[command(flatten)]
    common: Common,
    /// End after the update instead of keeping the hub up.
    #[arg(long)]
    exit: bool,
    /// Show it with a thing behind a message broker instead.
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        default_missing_value = "amqp://guest:guest@127.0.0.1:5672/%2F"
    )]
    dmf: Option<String>,
    /// Show it with a device behind the MQTT broker of `--mqtt-url` instead; without one, Mosquitto
    /// is started, if it is installed.
    #[arg(long, conflicts_with = "dmf")]
    mqtt: bool,
}

impl Demo {
    /// What its device speaks.
    fn speech(&self) -> Speech {
        match (&self.dmf, self.mqtt) {
            (Some(url), _) => Speech::Dmf(url.clone()),
            (None, true) => Speech::Mqtt,
            (None, false) => Speech::Ddi,
        }
    }
}

#[derive(Debug, Args)]
struct SetPassword {
    /// Whose password.
    user: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Decrypt {
    /// The encrypted file.
    from: PathBuf,
    /// Where the plain one goes.
    to: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Exit code for settings or arguments that make no sense (sysexits' EX_USAGE is clap's 2).
const BAD_SETTINGS: u8 = 2;
/// Exit code when the hub could not start or run.
const FAILED: u8 = 1;

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // nothing to do about an output that is gone
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(BAD_SETTINGS));
        }
    };
    let result = match cli.command {
        Command::Serve(common) => common.settings().map(|s| work(crate::serve::serve(s))),
        Command::Demo(demo) => {
            let (speech, exit) = (demo.speech(), demo.exit);
            demo.common.settings().map(|s| work(crate::demo::demo(s, speech, exit)))
        }
        Command::Migrate(common) => common.settings().map(|s| work(crate::upkeep::migrate(s))),
        Command::SetPassword(asked) => {
            let user = asked.user;
            asked.common.settings().map(|s| work(crate::upkeep::set_password(s, user)))
        }
        Command::Decrypt(asked) => {
            let (from, to) = (asked.from, asked.to);
            asked.common.settings().map(|s| crate::decrypt::run(&s, &from, &to))
        }
        Command::OpenApi => Ok(crate::upkeep::openapi()),
        Command::HashPassword => Ok(crate::upkeep::hash_password()),
        Command::CheckConfig(common) => common.settings().map(|s| crate::upkeep::check(&s)),
    };
    match result {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => complain(&format!("{error:#}"), FAILED),
        Err(sentence) => complain(&sentence, BAD_SETTINGS),
    }
}

fn complain(sentence: &str, code: u8) -> ExitCode {
    // nothing to do about an output that is gone
    let _ = writeln!(std::io::stderr(), "otahub: {sentence}");
    ExitCode::from(code)
}

impl Common {
    fn settings(self) -> Result<Settings, String> {
        Settings::load(self.config.as_deref(), &self.flags)
    }
}

fn work(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(task);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
