//! The operator's command line: `otactl` speaks gRPC to a hub.
//!
//! [`run`] is the whole program with its streams handed in, so that tests can read what it writes.

mod args;
mod error;
mod output;
mod paging;
mod session;
mod verbs;
mod view;

pub use args::Cli;
pub use output::Streams;

use clap::{CommandFactory, FromArgMatches};
use error::{CliError, Exit};
use output::Output;
use session::Session;
use std::ffi::OsString;

/// Runs `otactl` with `args`, the program's name first, and gives its exit code.
pub async fn run(args: impl IntoIterator<Item = OsString>, mut streams: Streams) -> u8 {
    let parsed = Cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return streams.usage(&error),
    };
    cli.globals.settle(&matches);
    let mut output = Output::new(&cli.globals, streams);
    let outcome = carry_out(cli, &mut output).await.and_then(|exit| {
        output.flush()?;
        Ok(exit)
    });
    match outcome {
        Ok(exit) => exit.code(),
        Err(error) => output.complain(&error),
    }
}

async fn carry_out(cli: Cli, output: &mut Output) -> Result<Exit, CliError> {
    if let args::Command::Completion { shell } = cli.command {
        output.completion(shell)?;
        return Ok(Exit::Done);
    }
    if let args::Command::Mqtt(verb) = &cli.command {
        verbs::mqtt::carry_out(verb, output)?;
        return Ok(Exit::Done);
    }
    let session = Session::open(&cli.globals).await?;
    verbs::carry_out(cli.command, &session, output).await
}
