//! The connection to the hub, and on whose behalf.

use crate::args::Globals;
use crate::config::{Connection, connection};
use crate::error::CliError;
use otahub_client::{Caller, Hub, HubChannel, HubClient, Tls};
use std::net::IpAddr;
use std::path::Path;
use tonic::codegen::http::Uri;

/// What a hub on this machine has out of the box.
const LOOPBACK_USER: (&str, &str) = ("admin", "admin");

/// A connection on whose every call the caller is told.
pub(crate) struct Session {
    hub: Hub,
}

impl Session {
    pub(crate) async fn open(globals: &Globals) -> Result<Self, CliError> {
        let connection = connection(globals)?;
        let address = match connection.hub.contains("://") {
            true => connection.hub.clone(),
            false => format!("http://{}", connection.hub),
        };
        let caller = caller(&connection, &address)?;
        let channel = channel(&connection, &address).await?;
        Ok(Self { hub: Hub::new(HubClient::new(channel), caller) })
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }
}

async fn channel(connection: &Connection, address: &str) -> Result<HubChannel, CliError> {
    let unreachable = |error| match CliError::from(error) {
        CliError::Unreachable(why) => CliError::Unreachable(format!("{address}: {why}")),
        other => other,
    };
    let mut tls = Tls::new();
    if let Some(ca) = &connection.ca {
        tls = tls.trusting(&pem(ca)?);
    }
    match (&connection.cert, &connection.key) {
        (Some(cert), Some(key)) => tls = tls.identified_by(&pem(cert)?, &pem(key)?),
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            return Err(CliError::Usage("--cert and --key belong together".to_owned()));
        }
    }
    HubChannel::connect_now(address, &tls).await.map_err(unreachable)
}

fn pem(file: &Path) -> Result<Vec<u8>, CliError> {
    let fail = |why| CliError::Usage(format!("{} cannot be read: {why}", file.display()));
    std::fs::read(file).map_err(fail)
}

fn caller(connection: &Connection, address: &str) -> Result<Caller, CliError> {
    let uri: Uri = address
        .parse()
        .map_err(|why| CliError::Usage(format!("«{address}» is not a hub's address: {why}")))?;
    if let Some(token) = &connection.token {
        return Ok(Caller::bearer(token));
    }
    match &connection.user {
        Some(text) => {
            let (user, password) = text.split_once(':').ok_or_else(|| {
                CliError::Usage("--user takes a user and a password: USER:PASSWORD".to_owned())
            })?;
            Ok(Caller::basic(user, password))
        }
        None if is_loopback(&uri) => Ok(Caller::basic(LOOPBACK_USER.0, LOOPBACK_USER.1)),
        None => Err(CliError::Usage(format!(
            "{address} is not on this machine, so say who you are with --user or --token"
        ))),
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (address, expected) in [
            ("http://localhost:50051", true),
            ("http://127.0.0.5", true),
            ("https://[::1]:1", true),
            ("http://10.0.0.1:50051", false),
            ("http://localhost.example:1", false),
        ] {
            assert_eq!(is_loopback(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
