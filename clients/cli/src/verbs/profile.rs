//! `otactl profile …`: hubs and how to log in there. Needs no hub.

use crate::args::Globals;
use crate::config::{Config, Profile};
use crate::error::CliError;
use crate::output::Output;
use crate::view::{Cell, Column};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What can be done with profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists profiles.
    List,
    /// Shows a profile, but for its secrets.
    #[command(visible_alias = "get")]
    Show {
        /// Its name; the one in use without it.
        name: Option<String>,
    },
    /// Adds a profile with what `--hub`, `--user`, `--token`, `--ca`, `--cert` and `--key` say.
    Add(Add),
    /// Has commands use a profile that say no other.
    Use {
        /// Its name.
        name: String,
    },
    /// Removes a profile.
    #[command(visible_alias = "delete")]
    Remove {
        /// Its name.
        name: String,
    },
}

/// A profile to be.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name.
    name: String,
    /// A file with a token in its first line, read each time.
    #[arg(long, value_name = "FILE", conflicts_with = "token_command")]
    token_file: Option<PathBuf>,
    /// A command that writes a token, run each time.
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
    /// Uses it from now on.
    #[arg(long = "use")]
    in_use: bool,
    /// Replaces a profile of that name.
    #[arg(long)]
    force: bool,
}

const COLUMNS: &[Column] = &[
    Column("NAME", Cell::Text("name")),
    Column("HUB", Cell::Text("hub")),
    Column("AS", Cell::Text("as")),
    Column("IN USE", Cell::With(|item| if item["inUse"] == true { "yes" } else { "" }.into())),
];

pub(crate) fn carry_out(
    verb: Verb,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), CliError> {
    let path = Config::path(globals)?;
    let mut config = Config::read(&path)?;
    match verb {
        Verb::List => {
            let items: Vec<_> = config.profiles.keys().map(|name| shown(&config, name)).collect();
            let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
            output.list(COLUMNS, "profiles", &items, total)
        }
        Verb::Show { name } => {
            let name = name.or_else(|| globals.profile.clone()).or_else(|| config.current.clone());
            let name = name.ok_or_else(|| CliError::Usage("no profile is in use".to_owned()))?;
            config.profile(&name)?;
            output.show(&shown(&config, &name))
        }
        Verb::Add(add) => {
            if config.profiles.contains_key(&add.name) && !add.force {
                return Err(CliError::Taken("profile", add.name));
            }
            if add.in_use || config.profiles.is_empty() {
                config.current = Some(add.name.clone());
            }
            let name = add.name.clone();
            config.profiles.insert(add.name.clone(), made(add, globals)?);
            config.write(&path)?;
            output.show(&shown(&config, &name))
        }
        Verb::Use { name } => {
            config.profile(&name)?;
            config.current = Some(name.clone());
            config.write(&path)?;
            output.show(&shown(&config, &name))
        }
        Verb::Remove { name } => {
            config.profile(&name)?;
            config.profiles.remove(&name);
            config.current = config.current.filter(|current| *current != name);
            config.write(&path)?;
            super::deleted(output, &[name])
        }
    }
}

fn made(add: Add, globals: &Globals) -> Result<Profile, CliError> {
    let ways = [globals.token.is_some(), add.token_file.is_some(), add.token_command.is_some()];
    let ways = ways.into_iter().filter(|is_said| *is_said).count();
    if ways > 1 || (ways == 1 && globals.user.is_some()) {
        let words = "a profile has one of --user, --token, --token-file and --token-command";
        return Err(CliError::Usage(words.to_owned()));
    }
    Ok(Profile {
        hub: globals.hub.clone(),
        user: globals.user.clone(),
        token: globals.token.clone(),
        token_file: absolute(add.token_file.as_deref())?,
        token_command: add.token_command,
        ca: absolute(globals.ca.as_deref())?,
        cert: absolute(globals.cert.as_deref())?,
        key: absolute(globals.key.as_deref())?,
    })
}

/// Profiles are used wherever somebody stands.
fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>, CliError> {
    let absolute = |path: &Path| {
        let fail = |why| CliError::Usage(format!("{}: {why}", path.display()));
        std::path::absolute(path).map_err(fail)
    };
    path.map(absolute).transpose()
}

/// A profile without its secrets.
fn shown(config: &Config, name: &str) -> Value {
    let profile = config.profiles.get(name).cloned().unwrap_or_default();
    let user = profile.user.as_deref().map(|user| user.split(':').next().unwrap_or_default());
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let fields = [
        ("name", Some(name.to_owned())),
        ("hub", profile.hub.clone()),
        ("as", user.map(str::to_owned).or_else(|| kept(&profile))),
        ("tokenFile", path(&profile.token_file)),
        ("tokenCommand", profile.token_command.clone()),
        ("ca", path(&profile.ca)),
        ("cert", path(&profile.cert)),
        ("key", path(&profile.key)),
    ];
    let said = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    let mut shown = Value::Object(said.collect());
    shown["inUse"] = json!(config.current.as_deref() == Some(name));
    shown
}

/// Where the token is kept.
fn kept(profile: &Profile) -> Option<String> {
    let token = profile.token.as_ref().map(|_| "a token".to_owned());
    let file = profile.token_file.as_ref().map(|_| "a token from a file".to_owned());
    let command = profile.token_command.as_ref().map(|_| "a token from a command".to_owned());
    token.or(file).or(command)
}
