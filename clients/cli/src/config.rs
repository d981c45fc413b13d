//! Profiles: several hubs, and how to log in there.

use crate::args::Globals;
use crate::error::CliError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hub of who has no profile and says nothing.
const DEFAULT_HUB: &str = "http://127.0.0.1:50051";

/// The file with the profiles.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The profile in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// A hub, and how to log in there.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    #[serde(default)]
    pub(crate) hub: Option<String>,
    /// `USER:PASSWORD`.
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) token: Option<String>,
    /// A file with the token in its first line.
    #[serde(default)]
    pub(crate) token_file: Option<PathBuf>,
    /// A command that writes the token.
    #[serde(default)]
    pub(crate) token_command: Option<String>,
    /// As `--ca`, `--cert` and `--key`.
    #[serde(default)]
    pub(crate) ca: Option<PathBuf>,
    #[serde(default)]
    pub(crate) cert: Option<PathBuf>,
    #[serde(default)]
    pub(crate) key: Option<PathBuf>,
}

/// Where to connect to, and as whom.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) hub: String,
    pub(crate) user: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl Config {
    /// Where it is: as was said, else by XDG's rules.
    pub(crate) fn path(globals: &Globals) -> Result<PathBuf, CliError> {
        let folder = || {
            let said = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
            let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
            let known = said.filter(|path| path.is_absolute());
            known.or_else(|| Some(PathBuf::from(home()?).join(".config")))
        };
        let path = globals.config.clone();
        let path = path.or_else(|| Some(folder()?.join("otahub").join("otactl.toml")));
        path.ok_or_else(|| CliError::Local("no place for profiles; say one: --config".to_owned()))
    }

    /// What the file says; nothing if it is not there.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(why) => return Err(local(path, &why)),
        };
        toml::from_str(&text).map_err(|why| local(path, &why.to_string().replace('\n', " ")))
    }

    /// Writes the file, which only its owner may read.
    pub(crate) fn write(&self, path: &Path) -> Result<(), CliError> {
        let text = toml::to_string(self).map_err(|why| local(path, &why))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let part = path.with_extension("toml.part");
        let write = || {
            std::fs::create_dir_all(folder)?;
            let _ = std::fs::remove_file(&part);
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&part, path)
        };
        write().map_err(|why: std::io::Error| local(path, &why))
    }

    /// A profile by its name.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile, CliError> {
        self.profiles.get(name).ok_or_else(|| CliError::Missing("profile", name.to_owned()))
    }
}

impl Profile {
    /// The token, read from where it is kept.
    fn token(&self) -> Result<Option<String>, CliError> {
        let line = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
        if let Some(token) = &self.token {
            return Ok(Some(token.clone()));
        }
        if let Some(file) = &self.token_file {
            let text = std::fs::read_to_string(file).map_err(|why| local(file, &why))?;
            return Ok(Some(line(text)));
        }
        let Some(command) = &self.token_command else { return Ok(None) };
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let fail = |why: String| CliError::Local(format!("`{command}` gives no token: {why}"));
        let ran = Command::new(shell).args([option, command]).output();
        let ran = ran.map_err(|why| fail(why.to_string()))?;
        let text = String::from_utf8(ran.stdout).map_err(|why| fail(why.to_string()))?;
        match line(text) {
            token if ran.status.success() && !token.is_empty() => Ok(Some(token)),
            _ => Err(fail(line(String::from_utf8_lossy(&ran.stderr).into_owned()))),
        }
    }
}

/// Where to connect to: as the command line says, else the environment, else the profile. A
/// profile's credential goes to the profile's hub only.
pub(crate) fn connection(globals: &Globals) -> Result<Connection, CliError> {
    let config = Config::read(&Config::path(globals)?)?;
    let profile = match globals.profile.as_ref().or(config.current.as_ref()) {
        Some(name) => config.profile(name)?.clone(),
        None => Profile::default(),
    };
    let hub = globals.hub.clone().or_else(|| profile.hub.clone());
    let hub = hub.unwrap_or_else(|| DEFAULT_HUB.to_owned());
    let is_elsewhere = globals.hub.is_some() && globals.hub != profile.hub;
    let profile = if is_elsewhere { Profile::default() } else { profile };
    let (user, token) = match (&globals.user, &globals.token) {
        (None, None) => {
            let token = profile.token()?;
            (profile.user.filter(|_| token.is_none()), token)
        }
        said => (said.0.clone(), said.1.clone()),
    };
    Ok(Connection {
        hub,
        user,
        token,
        ca: globals.ca.clone().or(profile.ca),
        cert: globals.cert.clone().or(profile.cert),
        key: globals.key.clone().or(profile.key),
    })
}

fn local(path: &Path, why: &impl ToString) -> CliError {
    CliError::Local(format!("{}: {}", path.display(), why.to_string()))
}
