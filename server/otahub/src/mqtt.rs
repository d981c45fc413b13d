//! The MQTT bridge, as the settings want it.

use crate::settings::Settings;
use otahub_client::HubClient;
use otahub_core::{Entropy, SystemEntropy};
use otahub_mqtt::{Bridge, Options, TlsFiles};
use std::net::SocketAddr;

/// What the settings say of the bridge; nothing if there is to be none. Links to artifacts go to
/// `http` if no public URL is set.
pub(crate) fn options(settings: &Settings, http: SocketAddr) -> Option<Options> {
    let broker = settings.mqtt_url.clone()?;
    let public_url = match &settings.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{http}"),
    };
    Some(Options {
        broker,
        prefix: settings.mqtt_prefix.clone(),
        astarte: settings.astarte_broker_url.is_some(),
        public_url,
        node: hex::encode(SystemEntropy.bytes()),
        tls: TlsFiles {
            ca: settings.mqtt_ca.clone(),
            cert: settings.mqtt_cert.clone(),
            key: settings.mqtt_key.clone(),
        },
    })
}

/// Checks what devices on Astarte's protocol are told of their broker.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn check_astarte(settings: &Settings) -> Result<(), String> {
    let Some(url) = &settings.astarte_broker_url else {
        return Ok(());
    };
    if url.scheme() != "mqtts" || url.host_str().is_none_or(str::is_empty) || url.port().is_none() {
        return Err(format!("astarte_broker_url: {url} is not mqtts://HOST:PORT"));
    }
    if settings.mqtt_url.is_none() {
        return Err("astarte_broker_url needs mqtt_url: the hub speaks to the broker, too".into());
    }
    Ok(())
}

/// The bridge, if there is to be one.
///
/// # Errors
/// A sentence that says what is wrong with its settings.
pub(crate) fn bridge(
    settings: &Settings,
    http: SocketAddr,
    hub: HubClient,
) -> anyhow::Result<Option<Bridge>> {
    let made = options(settings, http).map(|options| Bridge::new(hub, options)).transpose();
    made.map_err(anyhow::Error::msg)
}
