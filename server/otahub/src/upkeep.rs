//! `otahub migrate`, `otahub check-config`, `otahub set-password`, `otahub hash-password` and
//! `otahub openapi`.

use crate::settings::Settings;
use anyhow::Context;
use otahub_core::{Entropy, SystemEntropy};
use std::io::Write;

/// Brings the database up to date.
pub(crate) async fn migrate(settings: Settings) -> anyhow::Result<()> {
    crate::node::prepare_folder(&settings)?;
    let applied = otahub_migrations::up(&settings.database())
        .await
        .context("the database could not be brought up to date")?;
    let mut out = std::io::stdout().lock();
    for step in &applied {
        writeln!(out, "applied {step}")?;
    }
    writeln!(out, "the database is up to date")?;
    Ok(())
}

/// Shows what the settings come to, without the database's password, the artifact keys and the
/// hashes of others' passwords.
pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
    let mut shown = settings.clone();
    shown.database_url = shown.database_url.map(|url| without_password(&url));
    shown.amqp_url = shown.amqp_url.map(|url| without_password(&url));
    let pattern = shown.amqp_tenant_url.map(|url| without_password(&url));
    // its braces were encoded
    shown.amqp_tenant_url = pattern.map(|url| url.replace("%7B", "{").replace("%7D", "}"));
    for url in shown.amqp_tenants.values_mut() {
        *url = without_password(url);
    }
    shown.artifact_keys = shown.artifact_keys.map(|_| "hidden".to_owned());
    for user in shown.users.values_mut() {
        user.password_hash = "hidden".into();
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", toml::to_string_pretty(&shown)?)?;
    Ok(())
}

/// Prints the document of the HTTP interfaces.
pub(crate) fn openapi() -> anyhow::Result<()> {
    let told = crate::http::documentation(true, true, true);
    writeln!(std::io::stdout().lock(), "{}", told.pretty())?;
    Ok(())
}

fn without_password(url: &str) -> String {
    let Ok(mut url) = url::Url::parse(url) else {
        return "…".into();
    };
    if url.password().is_some() {
        // a URL that has a password can have another
        let _ = url.set_password(Some("hidden"));
    }
    url.into()
}

/// Gives a user the password that standard input's first line holds.
pub(crate) async fn set_password(settings: Settings, user: String) -> anyhow::Result<()> {
    let password = read_password()?;
    crate::node::prepare_folder(&settings)?;
    let hub = crate::node::open(&settings).await?;
    hub.set_password(&user, password).await?;
    writeln!(std::io::stdout().lock(), "{user} has a new password; it counts within a minute")?;
    Ok(())
}

/// Shows the hash of the password that standard input's first line holds.
pub(crate) fn hash_password() -> anyhow::Result<()> {
    let password = read_password()?;
    otahub_domain::identity::check_password(&password)?;
    let hash = otahub_core::auth::hash_password(&password, SystemEntropy.bytes());
    writeln!(std::io::stdout().lock(), "{}", hash.context("the password could not be hashed")?)?;
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
