//! The operator's command line: `otactl` speaks gRPC to a hub.
//!
//! [`run`] is the whole program with its streams handed in, so that tests can read what it writes.
//! What can be done with resources stands in the tables of [`nouns`], over the contract's own
//! descriptors ([`schema`]); [`verbs`] has what needs code of its own.

mod args;
mod call;
mod command;
mod config;
mod error;
mod nouns;
mod output;
mod perform;
mod resolve;
mod schema;
mod session;
mod table;
mod verbs;
mod view;

pub use output::Streams;

use args::{Cli, Globals, Plain};
use clap::{ArgMatches, FromArgMatches};
use error::{CliError, Exit};
use nouns::NOUNS;
use output::Output;
use session::Session;
use std::ffi::OsString;
use verbs::Extra;

/// Runs `otactl` with `args`, the program's name first, and gives its exit code.
pub async fn run(args: impl IntoIterator<Item = OsString>, mut streams: Streams) -> u8 {
    let parsed = command::whole()
        .try_get_matches_from(args)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return streams.usage(&error),
    };
    cli.globals.settle(&matches);
    let mut output = Output::new(&cli.globals, streams);
    let outcome = carry_out(cli.globals, &matches, &mut output).await.and_then(|exit| {
        output.flush()?;
        Ok(exit)
    });
    match outcome {
        Ok(exit) => exit.code(),
        Err(error) => output.complain(&error),
    }
}

async fn carry_out(
    globals: Globals,
    matches: &ArgMatches,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (name, inner) = matches.subcommand().unwrap_or(("", matches));
    let Some(noun) = NOUNS.iter().find(|noun| noun.name == name) else {
        let plain = Plain::from_arg_matches(matches).map_err(CliError::usage)?;
        return verbs::carry_out(plain, globals, output).await;
    };
    let (name, inner) = inner.subcommand().unwrap_or(("", inner));
    if let Some(verb) = noun.verbs.iter().find(|verb| verb.name == name) {
        let session = Session::open(&globals).await?;
        perform::carry_out(verb, inner, &session, output).await?;
        return Ok(Exit::Done);
    }
    let outer = matches.subcommand_matches(noun.name).unwrap_or(matches);
    let extra = Extra::parse(noun.name, outer)?;
    extra.carry_out(&Session::open(&globals).await?, output).await
}
