//! A device's connection with its broker, over MQTT 5 or 3.1.1.

use super::words::Message;
use crate::orders::OrderGauge;
use rand::Rng;
use rumqttc::tokio_rustls::rustls::ClientConfig;
use rumqttc::{TlsConfiguration, Transport, v5};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// How many messages of a device may be without the broker's acknowledgement. The client keeps
/// room for each.
const IN_FLIGHT: u16 = 8;
/// How many messages of a device wait for the connection.
const OUTBOX: usize = 16;
/// The largest packet.
const PACKET_MAX: u32 = 64 << 10;
/// How often a device says that it is still there, if it says nothing else.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// For how long the broker keeps the session of a device that went without a word.
const SESSION_SECS: u32 = 3600;
/// How long to wait before connecting again: at first, and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// Where to connect to, and as whom.
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// Name and password.
    pub(crate) login: Option<(String, String)>,
    pub(crate) client_id: String,
    pub(crate) will: Option<Message>,
    /// What was said in earlier connections is forgotten.
    pub(crate) clean: bool,
}

/// What a device says something with.
#[derive(Clone)]
pub(crate) enum Client {
    V3(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// What keeps a connection going.
pub(crate) enum Connection {
    V3(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

/// What a device hears.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It is connected.
    Connected,
    /// A message, by its topic.
    Message(String, Vec<u8>),
}

/// What a connection tells.
enum Happening {
    Connected {
        /// The broker kept what was not acknowledged.
        resumed: bool,
    },
    Message(String, Vec<u8>),
    /// The broker has a message.
    Taken,
    /// The broker does not take a message.
    Refused(String),
    /// The device has left.
    Left,
    Nothing,
}

/// A client over MQTT 3.1.1.
pub(crate) fn open_v3(address: Address) -> (Client, Connection) {
    let mut options = rumqttc::MqttOptions::new(address.client_id, address.host, address.port);
    let most = PACKET_MAX as usize;
    options.set_keep_alive(KEEP_ALIVE).set_clean_session(address.clean);
    options.set_inflight(IN_FLIGHT).set_max_packet_size(most, most);
    if let Some(tls) = address.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
    }
    if let Some((name, password)) = address.login {
        options.set_credentials(name, password);
    }
    if let Some(will) = address.will {
        let qos = rumqttc::QoS::AtLeastOnce;
        options.set_last_will(rumqttc::LastWill::new(will.topic, will.payload, qos, will.retain));
    }
    let (client, connection) = rumqttc::AsyncClient::new(options, OUTBOX);
    (Client::V3(client), Connection::V3(Box::new(connection)))
}

/// A client over MQTT 5.
pub(crate) fn open_v5(address: Address) -> (Client, Connection) {
    let mut options = v5::MqttOptions::new(address.client_id, address.host, address.port);
    options.set_keep_alive(KEEP_ALIVE).set_clean_start(address.clean);
    options.set_session_expiry_interval(Some(SESSION_SECS));
    options.set_max_packet_size(Some(PACKET_MAX)).set_receive_maximum(Some(IN_FLIGHT));
    options.set_outgoing_inflight_upper_limit(IN_FLIGHT);
    if let Some(tls) = address.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
    }
    if let Some((name, password)) = address.login {
        options.set_credentials(name, password);
    }
    if let Some(will) = address.will {
        use v5::mqttbytes::{QoS, v5::LastWill};
        let Message { topic, payload, retain, .. } = will;
        options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, retain, None));
    }
    let (client, connection) = v5::AsyncClient::new(options, OUTBOX);
    (Client::V5(client), Connection::V5(Box::new(connection)))
}

impl Client {
    pub(crate) async fn publish(&self, message: Message) -> Result<(), Gone> {
        let Message { topic, payload, exactly_once, retain } = message;
        match self {
            Self::V3(client) => {
                use rumqttc::QoS;
                let qos = if exactly_once { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
                client.publish(topic, qos, retain, payload).await.map_err(|_| Gone)
            }
            Self::V5(client) => {
                use v5::mqttbytes::QoS;
                let qos = if exactly_once { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
                client.publish(topic, qos, retain, payload).await.map_err(|_| Gone)
            }
        }
    }

    pub(crate) async fn subscribe(&self, filters: Vec<String>) -> Result<(), Gone> {
        for filter in filters {
            match self {
                Self::V3(client) => {
                    let qos = rumqttc::QoS::ExactlyOnce;
                    client.subscribe(filter, qos).await.map_err(|_| Gone)?;
                }
                Self::V5(client) => {
                    let qos = v5::mqttbytes::QoS::ExactlyOnce;
                    client.subscribe(filter, qos).await.map_err(|_| Gone)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn disconnect(&self) -> Result<(), Gone> {
        match self {
            Self::V3(client) => client.disconnect().await.map_err(|_| Gone),
            Self::V5(client) => client.disconnect().await.map_err(|_| Gone),
        }
    }
}

/// Keeps a connection up.
pub(crate) struct Keeper {
    pub(crate) connection: Connection,
    /// Whoever connects has one of these.
    pub(crate) connecting: Arc<Semaphore>,
    pub(crate) heard: mpsc::Sender<Heard>,
    /// Messages that the broker has not acknowledged.
    pub(crate) unacknowledged: Arc<AtomicU64>,
    pub(crate) gauge: OrderGauge,
}

impl Keeper {
    /// Connects, and again when the connection was lost, until the device leaves.
    pub(crate) async fn run(mut self) {
        let mut pause = BACKOFF.0;
        while let Ok(permit) = Arc::clone(&self.connecting).acquire_owned().await {
            let why = match self.connection.poll().await {
                Ok(Happening::Connected { resumed }) => {
                    drop(permit);
                    pause = BACKOFF.0;
                    if !resumed {
                        self.unacknowledged.store(0, Relaxed);
                    }
                    self.gauge.count(|c| &c.connected);
                    let ended = self.listen().await;
                    self.gauge.disconnected();
                    let Some(why) = ended else { return };
                    why
                }
                Ok(Happening::Left) => return,
                Ok(_) => continue,
                Err(why) => {
                    drop(permit);
                    why
                }
            };
            self.gauge.trouble(why);
            let jitter = rand::rng().random_range(0.5..1.5);
            tokio::time::sleep(pause.mul_f64(jitter)).await;
            pause = (pause * 2).min(BACKOFF.1);
        }
    }

    /// Hands on what comes, while the connection is there. Why it broke off, if the device did
    /// not leave.
    async fn listen(&mut self) -> Option<String> {
        self.hand_on(Heard::Connected);
        loop {
            match self.connection.poll().await {
                Ok(Happening::Message(topic, payload)) => {
                    self.hand_on(Heard::Message(topic, payload));
                }
                Ok(Happening::Taken) => self.settle(),
                Ok(Happening::Refused(why)) => {
                    self.settle();
                    self.gauge.trouble(why);
                }
                Ok(Happening::Left) => return None,
                Ok(Happening::Connected { .. } | Happening::Nothing) => {}
                Err(why) => return Some(why),
            }
        }
    }

    fn settle(&self) {
        let _ = self.unacknowledged.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1));
    }

    /// Never waits: a device that does not listen must not keep the connection from going on.
    fn hand_on(&self, heard: Heard) {
        if self.heard.try_send(heard).is_err() {
            self.gauge.trouble("a device is told more than it can take".to_owned());
        }
    }
}

impl Connection {
    async fn poll(&mut self) -> Result<Happening, String> {
        match self {
            Self::V3(connection) => {
                let event = connection.poll().await;
                event.map(happened_v3).map_err(|error| error.to_string())
            }
            Self::V5(connection) => {
                let event = connection.poll().await;
                event.map(happened_v5).map_err(|error| error.to_string())
            }
        }
    }
}

fn happened_v3(event: rumqttc::Event) -> Happening {
    use rumqttc::{Event, Outgoing, Packet};
    match event {
        Event::Incoming(Packet::ConnAck(ack)) => {
            Happening::Connected { resumed: ack.session_present }
        }
        Event::Incoming(Packet::Publish(publish)) => {
            Happening::Message(publish.topic, publish.payload.to_vec())
        }
        Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_)) => Happening::Taken,
        Event::Outgoing(Outgoing::Disconnect) => Happening::Left,
        Event::Incoming(_) | Event::Outgoing(_) => Happening::Nothing,
    }
}

fn happened_v5(event: v5::Event) -> Happening {
    use rumqttc::Outgoing;
    use v5::Event;
    use v5::mqttbytes::v5::{Packet, PubAckReason};
    match event {
        Event::Incoming(Packet::ConnAck(ack)) => {
            Happening::Connected { resumed: ack.session_present }
        }
        Event::Incoming(Packet::Publish(publish)) => {
            let topic = String::from_utf8_lossy(&publish.topic).into_owned();
            Happening::Message(topic, publish.payload.to_vec())
        }
        Event::Incoming(Packet::PubAck(ack)) => match ack.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Happening::Taken,
            reason => Happening::Refused(format!("the broker does not take it: {reason:?}")),
        },
        Event::Incoming(Packet::PubComp(_)) => Happening::Taken,
        Event::Outgoing(Outgoing::Disconnect) => Happening::Left,
        Event::Incoming(_) | Event::Outgoing(_) => Happening::Nothing,
    }
}
