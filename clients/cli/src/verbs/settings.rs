//! `otactl settings …`.

use crate::error::CliError;
use crate::nouns::SETTINGS;
use crate::output::Output;
use crate::schema;
use crate::session::Session;
use clap::{Subcommand, ValueEnum};
use otahub_client::proto::{
    GetSettingRequest, ResetSettingRequest, Setting, SettingValue, UpdateSettingsRequest,
    setting_value::Kind,
};
use otahub_client::{Reason, names};
use serde_json::json;

/// What can be done with settings besides.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Changes a setting.
    Set {
        /// Its key, e.g. `pollingTime`.
        key: String,
        /// Its new value.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// What kind of value it is; as the present one without it.
        #[arg(long = "type", value_enum)]
        kind: Option<ValueKind>,
    },
    /// Goes back to the hub's default.
    Reset {
        /// Its key.
        key: String,
    },
}

/// The kinds of value that settings have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    String,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::Set { key, value, kind } => {
            let kind = match kind {
                Some(kind) => kind,
                None => present_kind(&key, &value, session).await?,
            };
            let settings = set(&key, read(kind, &value)?, session).await?;
            let settings = settings.iter().map(|setting| schema::json_of("Setting", setting));
            let settings: Vec<_> = settings.collect();
            let total = i64::try_from(settings.len()).unwrap_or(i64::MAX);
            output.list(SETTINGS, "settings", &settings, total)
        }
        Verb::Reset { key } => {
            let name = names::setting(&key);
            let request = ResetSettingRequest { name: name.clone() };
            session.hub().tenant().reset_setting(request).await?;
            let words = format!("{key} is the hub's default again");
            output.done(&words, &[key], &json!({ "reset": name }))
        }
    }
}

async fn get(key: &str, session: &Session) -> Result<Setting, CliError> {
    let request = GetSettingRequest { name: names::setting(key) };
    Ok(session.hub().tenant().get_setting(request).await?.into_inner())
}

async fn set(key: &str, kind: Kind, session: &Session) -> Result<Vec<Setting>, CliError> {
    let value = Some(SettingValue { kind: Some(kind) });
    let setting = Setting { name: names::setting(key), value, ..Default::default() };
    let request = UpdateSettingsRequest { settings: vec![setting] };
    Ok(session.hub().tenant().update_settings(request).await?.into_inner().settings)
}

/// The kind of the present value; who may not read it has the text judged.
async fn present_kind(key: &str, text: &str, session: &Session) -> Result<ValueKind, CliError> {
    let kind = match get(key, session).await {
        Ok(setting) => setting.value.and_then(|value| value.kind),
        Err(error) if error.is_refusal(Reason::PermissionDenied) => None,
        Err(error) => return Err(error),
    };
    Ok(match kind {
        Some(Kind::BoolValue(_)) => ValueKind::Bool,
        Some(Kind::IntValue(_)) => ValueKind::Int,
        Some(Kind::StringValue(_)) => ValueKind::String,
        None if text.parse::<bool>().is_ok() => ValueKind::Bool,
        None if text.parse::<i64>().is_ok() => ValueKind::Int,
        None => ValueKind::String,
    })
}

fn read(kind: ValueKind, text: &str) -> Result<Kind, CliError> {
    let wrong = |what| CliError::Usage(format!("«{text}» is not {what}"));
    Ok(match kind {
        ValueKind::Bool => Kind::BoolValue(text.parse().map_err(|_| wrong("true or false"))?),
        ValueKind::Int => Kind::IntValue(text.parse().map_err(|_| wrong("a whole number"))?),
        ValueKind::String => Kind::StringValue(text.to_owned()),
    })
}
