//! `otahub migrate`, `otahub check-config` and `otahub set-password`.

use crate::settings::Settings;
use anyhow::Context;
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

/// Shows what the settings come to, without the database's password.
pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
    let mut shown = settings.clone();
    shown.database_url = shown.database_url.map(|url| without_password(&url));
    shown.amqp_url = shown.amqp_url.map(|url| without_password(&url));
    for url in shown.amqp_tenants.values_mut() {
        *url = without_password(url);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", toml::to_string_pretty(&shown)?)?;
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
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("no password on standard input")?;
    crate::node::prepare_folder(&settings)?;
    let hub = crate::node::open(&settings).await?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    hub.set_password(&user, password).await?;
    writeln!(std::io::stdout().lock(), "{user} has a new password; it counts within a minute")?;
    Ok(())
}
