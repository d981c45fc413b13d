//! The connection to the broker: one MQTT 5 session that outlives connections and nodes.

use crate::acks::{Acks, Ticket};
use crate::astarte::AstarteTopics;
use crate::intake::{Intake, Matter, Received};
use crate::options::Options;
use crate::topic::Topics;
use otahub_client::device::DeviceRef;
use rumqttc::Transport;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish, RetainForwardRule};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many messages may be on their way in without being acknowledged.
pub(crate) const INTAKE_MAX: u16 = 1024;
/// How many publishes may wait for the connection.
const OUTBOX_MAX: usize = 1024;
/// For how long the broker keeps the session when nobody is connected.
const SESSION_SECS: u32 = 7 * 24 * 3600;
/// The largest packet that is read.
const PACKET_MAX: u32 = 256 << 10;
/// How long to wait before connecting again: at first, and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// What the bridge is called: the same on every node, so that whoever takes over has what the
/// broker and the hub keep for it.
pub(crate) fn name(options: &Options) -> String {
    let digest = Sha256::digest(options.broker_name().as_bytes());
    format!("otahub-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
}

/// A client of the broker, and what has to be polled for it to work.
pub(crate) fn open(options: &Options) -> Result<(AsyncClient, EventLoop), String> {
    let (host, port) = options.address()?;
    let mut mqtt = MqttOptions::new(name(options), host, port);
    mqtt.set_keep_alive(Duration::from_secs(30))
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_SECS))
        .set_receive_maximum(Some(INTAKE_MAX))
        .set_max_packet_size(Some(PACKET_MAX))
        .set_manual_acks(true);
    if !options.broker.username().is_empty() {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
        };
        let password = options.broker.password().unwrap_or_default();
        mqtt.set_credentials(decode(options.broker.username()), decode(password));
    }
    if options.is_tls() {
        mqtt.set_transport(Transport::tls_with_config(tls(options)?.into()));
    }
    Ok(AsyncClient::new(mqtt, OUTBOX_MAX))
}

fn tls(options: &Options) -> Result<rumqttc::tokio_rustls::rustls::ClientConfig, String> {
    use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject;
    use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
    let fault = |path: &std::path::Path, error: &dyn std::fmt::Display| {
        format!("{}: {error}", path.display())
    };
    let mut roots = RootCertStore::empty();
    match &options.tls.ca {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).map_err(|e| fault(path, &e))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| fault(path, &e))?;
                roots.add(certificate).map_err(|e| fault(path, &e))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    match (&options.tls.cert, &options.tls.key) {
        (Some(cert), Some(key)) => {
            let chain = CertificateDer::pem_file_iter(cert)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|e| fault(cert, &e))?;
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| fault(key, &e))?;
            builder.with_client_auth_cert(chain, secret).map_err(|e| fault(cert, &e))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

/// The side of the connection that listens.
pub(crate) struct Listener {
    pub client: AsyncClient,
    pub topics: Topics,
    pub acks: Arc<Acks>,
    pub intake: Intake,
    /// Whether there are devices on Astarte's protocol.
    pub astarte: bool,
}

impl Listener {
    /// Keeps the connection up and hands on what comes, until `stop`.
    pub(crate) async fn run(self, mut connection: EventLoop, stop: &CancellationToken) {
        let mut pause = BACKOFF.0;
        let connected = metrics::gauge!("otahub_mqtt_connected");
        while let Some(event) = stop.run_until_cancelled(connection.poll()).await {
            match event {
                Ok(Event::Incoming(Packet::ConnAck(ack))) => {
                    tracing::info!(
                        session_present = ack.session_present,
                        "connected to the broker"
                    );
                    connected.set(1);
                    pause = BACKOFF.0;
                    tokio::spawn(subscribe(self.client.clone(), self.filters()));
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => self.hand_on(publish).await,
                Ok(Event::Incoming(Packet::SubAck(ack))) => check_subscriptions(&ack),
                Ok(_) => {}
                Err(error) => {
                    connected.set(0);
                    self.acks.disconnected();
                    report(&error, pause);
                    if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        break;
                    }
                    pause = (pause * 2).min(BACKOFF.1);
                }
            }
        }
        connected.set(0);
        goodbye(&self.client, &mut connection).await;
    }

    /// Who says what, by the topic.
    fn parse(&self, topic: &str) -> Option<(DeviceRef, Matter)> {
        let json = self.topics.parse(topic).map(|(device, leaf)| (device, Matter::Json(leaf)));
        let astarte = || AstarteTopics::parse(topic).filter(|_| self.astarte);
        json.or_else(|| astarte().map(|(device, subject)| (device, Matter::Astarte(subject))))
    }

    /// What the hub subscribes to.
    fn filters(&self) -> Vec<String> {
        let astarte = self.astarte.then(AstarteTopics::filters).unwrap_or_default();
        self.topics.filters().into_iter().chain(astarte).collect()
    }

    async fn hand_on(&self, publish: Publish) {
        let ticket = self.acks.received(&publish);
        let topic = std::str::from_utf8(&publish.topic).unwrap_or_default();
        let Some((device, matter)) = self.parse(topic) else {
            metrics::counter!("otahub_mqtt_messages_total", "kind" => "foreign").increment(1);
            tracing::debug!(topic = topic.escape_debug().to_string(), "nobody's topic");
            self.acks.done(ticket).await;
            return;
        };
        metrics::counter!("otahub_mqtt_messages_total", "kind" => matter.as_str()).increment(1);
        let received = Received { device, matter, payload: publish.payload, ticket };
        if let Err(ticket) = self.intake.take(received) {
            self.overflow(ticket).await;
        }
    }

    /// There is no room: what the broker does not want acknowledged is lost, all else it sends
    /// again over the next connection.
    async fn overflow(&self, ticket: Option<Ticket>) {
        metrics::counter!("otahub_mqtt_messages_total", "kind" => "overflow").increment(1);
        if ticket.is_some() {
            tracing::warn!("more messages than there is room for; connecting anew");
            // a connection that cannot even be closed is gone already
            let _ = self.client.try_disconnect();
        }
    }
}

async fn subscribe(client: AsyncClient, filters: Vec<String>) {
    let filters = filters.into_iter().map(|path| Filter {
        path,
        qos: QoS::AtLeastOnce,
        nolocal: false,
        preserve_retain: true,
        retain_forward_rule: RetainForwardRule::OnEverySubscribe,
    });
    if let Err(error) = client.subscribe_many(filters).await {
        tracing::warn!(%error, "the topics cannot be subscribed to");
    }
}

fn check_subscriptions(ack: &rumqttc::v5::mqttbytes::v5::SubAck) {
    use rumqttc::v5::mqttbytes::v5::SubscribeReasonCode as Code;
    let refused = |code: &&Code| !matches!(code, Code::Success(_));
    if let Some(code) = ack.return_codes.iter().find(refused) {
        tracing::error!(?code, "the broker refuses what the hub subscribes to: check its ACL");
    }
}

fn report(error: &ConnectionError, pause: Duration) {
    tracing::warn!(%error, again_in = ?pause, "not connected to the broker");
}

/// Takes leave of the broker, which keeps the session for whoever comes next.
async fn goodbye(client: &AsyncClient, connection: &mut EventLoop) {
    if client.try_disconnect().is_err() {
        return;
    }
    let farewell = async {
        while !matches!(
            connection.poll().await,
            Err(_) | Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect))
        ) {}
    };
    // a broker that does not listen notices of itself
    let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
}
