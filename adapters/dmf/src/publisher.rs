//! Publishes, and knows what the broker has confirmed.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ExchangeKind};
use std::time::Duration;
use tokio::sync::Mutex;

/// For how long it is remembered that an exchange is there, and that it is not.
const KNOWN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(2));
/// How many exchanges are remembered.
const REMEMBERED: u64 = 10_000;
/// How long a confirmation may take.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(30);
/// How often a message is published again after its channel was closed for another's fault.
const TRIES: usize = 3;
/// AMQP's soft error that an exchange is not there.
const NOT_FOUND: u16 = 404;

/// Why a message is not with the broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unpublished {
    /// It cannot be delivered now; others can.
    #[error("{0}")]
    Undeliverable(String),
    /// The connection is gone.
    #[error("{0}")]
    Lost(String),
}

/// A channel with confirmations, replaced whenever the broker closes it.
pub(crate) struct Publisher {
    connection: Connection,
    channel: Mutex<Option<Channel>>,
    there: moka::future::Cache<String, ()>,
    absent: moka::future::Cache<String, ()>,
}

impl Publisher {
    /// A publisher on a connection.
    pub(crate) fn new(connection: Connection) -> Self {
        let cache =
            |ttl| moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(ttl).build();
        Self {
            connection,
            channel: Mutex::default(),
            there: cache(KNOWN.0),
            absent: cache(KNOWN.1),
        }
    }

    /// Publishes and waits until the broker has it in a queue.
    pub(crate) async fn publish(
        &self,
        exchange: &str,
        properties: BasicProperties,
        body: &[u8],
    ) -> Result<(), Unpublished> {
        let name = ShortString::try_new(exchange)
            .map_err(|_| Unpublished::Undeliverable("the exchange's name is too long".into()))?;
        let mut tries = 1;
        loop {
            self.check_there(&name).await?;
            match self.publish_once(name.clone(), properties.clone(), body).await {
                Ok(confirmation) => return confirmed(confirmation, exchange),
                Err(error) if tries < TRIES && self.connection.status().connected() => {
                    // the channel was closed, for this message or for another before it
                    tracing::debug!(%error, exchange, "publishing again");
                    self.there.invalidate(exchange).await;
                    tries += 1;
                }
                Err(error) => return Err(Unpublished::Lost(error.to_string())),
            }
        }
    }

    async fn publish_once(
        &self,
        exchange: ShortString,
        properties: BasicProperties,
        body: &[u8],
    ) -> lapin::Result<Confirmation> {
        let channel = self.open().await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = channel.basic_publish(exchange, "".into(), options, body, properties).await?;
        match tokio::time::timeout(CONFIRMED_WITHIN, sent).await {
            Ok(confirmation) => confirmation,
            Err(_) => {
                let late = std::io::Error::new(std::io::ErrorKind::TimedOut, "no confirmation");
                Err(late.into())
            }
        }
    }

    async fn open(&self) -> lapin::Result<Channel> {
        let mut channel = self.channel.lock().await;
        if let Some(open) = channel.as_ref().filter(|open| open.status().connected()) {
            return Ok(open.clone());
        }
        let fresh = self.connection.create_channel().await?;
        fresh.confirm_select(ConfirmSelectOptions::default()).await?;
        *channel = Some(fresh.clone());
        Ok(fresh)
    }

    /// Publishing to an exchange that is not there closes the channel for everybody, so that is
    /// found out on another one.
    async fn check_there(&self, exchange: &ShortString) -> Result<(), Unpublished> {
        let name = exchange.as_str();
        if self.there.contains_key(name) {
            return Ok(());
        }
        let absent = || Unpublished::Undeliverable(format!("there is no exchange {name}"));
        if self.absent.contains_key(name) {
            return Err(absent());
        }
        let lost = |error: lapin::Error| Unpublished::Lost(error.to_string());
        let channel = self.connection.create_channel().await.map_err(lost)?;
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default();
        let seen =
            channel.exchange_declare(exchange.clone(), ExchangeKind::Fanout, passive, none).await;
        match seen {
            Ok(()) => {
                // nothing is lost if it cannot be closed
                let _ = channel.close(200, "seen".into()).await;
                self.there.insert(name.to_owned(), ()).await;
                Ok(())
            }
            Err(error) if is_not_found(&error) => {
                self.absent.insert(name.to_owned(), ()).await;
                Err(absent())
            }
            Err(error) if self.connection.status().connected() => {
                Err(Unpublished::Undeliverable(error.to_string()))
            }
            Err(error) => Err(lost(error)),
        }
    }
}

fn confirmed(confirmation: Confirmation, exchange: &str) -> Result<(), Unpublished> {
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => {
            Err(Unpublished::Undeliverable(format!("nobody is bound to the exchange {exchange}")))
        }
        Confirmation::Nack(_) => {
            Err(Unpublished::Undeliverable("the broker does not take it".into()))
        }
        Confirmation::NotRequested => Err(Unpublished::Lost("the channel does not confirm".into())),
    }
}

fn is_not_found(error: &lapin::Error) -> bool {
    match error.kind() {
        lapin::ErrorKind::ProtocolError(error) => error.get_id() == NOT_FOUND,
        _ => false,
    }
}
