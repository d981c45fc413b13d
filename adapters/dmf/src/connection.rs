//! Keeps the connections with a broker: made again with more and more patience when they are
//! lost.

use crate::publisher::Publisher;
use crate::status::{Health, State};
use crate::{Adapter, Settings, topology};
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use otahub_client::device::ListTenantsRequest;
use otahub_client::{Caller, HubClient, HubError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The pause after the first failure, and the longest; it doubles.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection that lasted so long was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(10);
/// How often each side shows that it lives, in seconds: a peer that is silent for twice as long is
/// gone.
const HEARTBEAT: u16 = 10;
/// How many actions are remembered with their things.
const THINGS: u64 = 200_000;

/// Serves one broker until `stop`. Never fails: a broker that is away is waited for.
pub async fn run(hub: HubClient, settings: Settings, health: Health, stop: CancellationToken) {
    let adapter = Adapter {
        hub,
        caller: Caller::adapter("dmf"),
        settings: Arc::new(settings),
        health,
        things: moka::future::Cache::new(THINGS),
    };
    let consumer = adapter.settings.consumer();
    adapter.health.set(&consumer, State::Away);
    let mut pause = PAUSE.0;
    loop {
        let begun = Instant::now();
        let Some(ended) = stop.run_until_cancelled(adapter.session(&consumer)).await else {
            break;
        };
        adapter.health.set(&consumer, State::Away);
        if begun.elapsed() > GOOD {
            pause = PAUSE.0;
        }
        tracing::warn!(broker = consumer, reason = ended, "no connection; trying again");
        if stop.run_until_cancelled(sleep(pause)).await.is_none() {
            break;
        }
        pause = (pause * 2).min(PAUSE.1);
    }
    adapter.health.set(&consumer, State::Away);
}

impl Adapter {
    /// One life of the connections; says why it ended.
    async fn session(&self, consumer: &str) -> String {
        if let Err(error) = self.hub_answers().await {
            return format!("the hub does not answer: {error}");
        }
        // the broker may stop one that publishes; acknowledgements must still get through
        let opened = async {
            let taking = connect(&self.settings, "otahub dmf in").await?;
            let giving = connect(&self.settings, "otahub dmf out").await?;
            let channel = taking.create_channel().await?;
            topology::declare(&channel).await?;
            Ok::<_, lapin::Error>((taking, giving, channel))
        };
        let (taking, giving, channel) = match timeout(CONNECT, opened).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "the broker does not answer".into(),
        };
        tracing::info!(broker = consumer, "connected");
        self.health.set(consumer, State::Connected);
        let publisher = Arc::new(Publisher::new(giving));
        let ended = tokio::select! {
            consumed = self.consume(&channel, &publisher) => match consumed {
                Ok(()) => "the broker ended the consumer".to_owned(),
                Err(error) => error.to_string(),
            },
            ended = self.deliver(&publisher) => ended,
        };
        // it may be gone already
        let _ = timeout(Duration::from_secs(1), taking.close(200, "ended".into())).await;
        ended
    }
}

impl Adapter {
    /// Nothing is taken from a broker that the hub could not be told. Other refusals than that it
    /// is away are not looked at here.
    async fn hub_answers(&self) -> Result<(), HubError> {
        let request = ListTenantsRequest { page_size: 1, page_token: String::new() };
        let asked = self.hub.push(&self.caller).list_tenants(request).await;
        match asked.map_err(HubError::from) {
            Err(error) if error.code == tonic::Code::Unavailable => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

async fn connect(settings: &Settings, name: &str) -> lapin::Result<Connection> {
    let malformed = |why: String| {
        lapin::Error::from(std::io::Error::new(std::io::ErrorKind::InvalidInput, why))
    };
    let mut uri: AMQPUri = settings.url.parse().map_err(malformed)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let trusted = OwnedTLSConfig { identity: None, cert_chain: settings.issuers.clone() };
    let runtime = lapin::runtime::default_runtime()?;
    Connection::connect_uri_with_config(uri, properties, trusted, runtime).await
}

/// The virtual host of a broker's URL, `/` if it names none.
pub(crate) fn vhost(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else {
        return "/".into();
    };
    let path = url.path().trim_start_matches('/');
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    if decoded.is_empty() { "/".into() } else { decoded }
}

#[cfg(test)]
mod tests {
    use super::vhost;

    #[test]
    fn the_virtual_host_is_the_path() {
        for (url, expected) in [
            ("amqp://guest:guest@localhost:5672/%2F", "/"),
            ("amqp://localhost", "/"),
            ("amqp://localhost/", "/"),
            ("amqps://u:p@h:5671/acme", "acme"),
            ("amqp://h/a%2Fb", "a/b"),
        ] {
            assert_eq!(vhost(url), expected, "{url}");
        }
    }
}
