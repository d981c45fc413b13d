//! A device on Astarte's protocol, which says on the wire what its SDK says, in the same order and
//! in the same bytes; and a broker that knows such devices by certificates of the hub's.

use crate::{Http, Hub, HubPlan, Mosquitto, bridged, ensure_crypto, eventually, free_port, otahub};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use reqwest::Method;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS, Transport};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What Edgehog's interfaces begin with.
const NAMESPACE: &str = "io.edgehog.devicemanager.";
/// The list of no properties, as the SDK writes it.
const NO_PROPERTIES: [u8; 12] = [0, 0, 0, 0, 0x78, 0x9c, 0x03, 0, 0, 0, 0, 0x01];
/// The interfaces of a device that can be updated.
const INTROSPECTION: &str = "io.edgehog.devicemanager.OTARequest:1:0;\
io.edgehog.devicemanager.OTAEvent:0:1;io.edgehog.devicemanager.BaseImage:0:1;\
io.edgehog.devicemanager.SystemInfo:0:1";

/// Writes the files of a certificate authority and of a broker on 127.0.0.1.
///
/// # Panics
/// If they cannot be made.
pub fn certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "the authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"));
    let ca = ca.expect("a certificate");
    let key = KeyPair::generate().expect("a key");
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "the broker");
    let broker = params.signed_by(&key, &ca).expect("a certificate");
    for (name, text) in
        [("ca.pem", ca.pem()), ("broker.pem", broker.pem()), ("broker.key", key.serialize_pem())]
    {
        std::fs::write(folder.join(name), text).expect("a file");
    }
}

/// Runs `otactl mqtt acl` with these arguments, and writes what it says.
///
/// # Panics
/// If `otactl` is missing.
pub fn write_acl(path: &Path, arguments: &[&str]) {
    let otactl = otahub().with_file_name("otactl");
    let program = if otactl.is_file() { otactl } else { "otactl".into() };
    let run = std::process::Command::new(program).args(["mqtt", "acl"]).args(arguments).output();
    let run = run.expect("otactl runs: cargo build -p otactl");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::write(path, run.stdout).expect("an ACL file");
}

/// A hub, and a broker that lets in devices with a certificate of the hub's.
#[derive(Debug)]
pub struct AstarteField {
    /// The hub.
    pub hub: Hub,
    /// The broker.
    pub broker: Mosquitto,
    /// Where devices connect to it.
    pub port: u16,
}

impl AstarteField {
    /// A hub as planned and its broker.
    ///
    /// # Panics
    /// If they cannot be had.
    pub async fn start(plan: HubPlan) -> Self {
        let (broker, port) = (Mosquitto::new(), free_port());
        let folder = broker.folder().to_owned();
        certificates(&folder);
        let passwords = folder.join("passwords");
        std::fs::write(&passwords, "").expect("a password file");
        let mut command = std::process::Command::new("mosquitto_passwd");
        let made = command.arg("-b").arg(&passwords).args(["otahub", "secret"]).output();
        assert!(made.expect("mosquitto_passwd runs").status.success());
        write_acl(&folder.join("acl"), &["--astarte"]);
        let hub = plan
            .args(["--mqtt-url", &format!("mqtt://otahub:secret@127.0.0.1:{}", broker.port())])
            .env("OTAHUB_ASTARTE_BROKER_URL", format!("mqtts://127.0.0.1:{port}"))
            .env("OTAHUB_ASTARTE_REBOOT_WAIT_SECS", "2")
            .start()
            .await;
        crate::allow_gateway(&hub).await;
        let at = folder.display();
        broker.configure(&format!(
            "allow_anonymous false\npassword_file {at}/passwords\nacl_file {at}/acl\n\
             listener {port} 127.0.0.1\ncafile {at}/devices.pem\ncertfile {at}/broker.pem\n\
             keyfile {at}/broker.key\ncrlfile {at}/crl.pem\nrequire_certificate true\n\
             use_identity_as_username true\nuse_username_as_clientid true\n"
        ));
        let mut field = Self { hub, broker, port };
        field.trust().await;
        field.broker.run().await;
        bridged(&field.hub).await;
        field
    }

    /// Gives the broker what the hub says of its certificates. It reads it when it starts.
    ///
    /// # Panics
    /// If the hub does not say it.
    pub async fn trust(&mut self) {
        for (name, path) in [("devices.pem", "/pairing/ca.pem"), ("crl.pem", "/pairing/crl.pem")] {
            let file = self.hub.http().get(path).await.expect(200);
            std::fs::write(self.broker.folder().join(name), file.body).expect("a file");
        }
    }

    /// A device that is paired, and not connected.
    pub async fn pair(&self, id: &str) -> AstarteDevice {
        let pairing = Pairing { http: self.hub.http().clone(), id: id.to_owned() };
        let secret = pairing.register().await;
        let (certificate, key) = pairing.certificate(&secret).await;
        let ca = std::fs::read_to_string(self.broker.folder().join("ca.pem"));
        AstarteDevice {
            id: id.to_owned(),
            secret,
            certificate,
            key,
            ca: ca.expect("a CA"),
            port: self.port,
            session: None,
        }
    }
}

/// Calls of the pairing API.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// The hub.
    pub http: Http,
    /// The device.
    pub id: String,
}

impl Pairing {
    /// A call below the realm.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        data: Option<Value>,
    ) -> crate::Answer {
        let path = format!("/pairing/v1/default/{path}");
        let authorization = format!("Bearer {bearer}");
        self.http
            .send(method, &path, |request| {
                let request = request.header("authorization", authorization);
                match data {
                    Some(data) => request.json(&json!({"data": data})),
                    None => request,
                }
            })
            .await
    }

    /// The device's part of the paths.
    #[must_use]
    pub fn device(&self, rest: &str) -> String {
        format!("devices/{}{rest}", self.id)
    }

    /// Registers it with the tenant's gateway token; its secret.
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn register(&self) -> String {
        let data = json!({"hw_id": self.id});
        let token = crate::GATEWAY_KEY;
        let answer = self.call(Method::POST, "agent/devices", token, Some(data)).await;
        let answer = answer.expect(201).json();
        answer["data"]["credentials_secret"].as_str().expect("a secret").to_owned()
    }

    /// A certificate and its key (PEM).
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn certificate(&self, secret: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("default/{}", self.id));
        let csr = params.serialize_request(&key).and_then(|csr| csr.pem()).expect("a request");
        let path = self.device("/protocols/astarte_mqtt_v1/credentials");
        let answer = self.call(Method::POST, &path, secret, Some(json!({"csr": csr}))).await;
        let answer = answer.expect(201).json();
        let certificate = answer["data"]["client_crt"].as_str().expect("a certificate");
        (certificate.to_owned(), key.serialize_pem())
    }
}

/// A device.
#[derive(Debug)]
pub struct AstarteDevice {
    id: String,
    /// The secret of its pairing.
    pub secret: String,
    /// Its certificate (PEM).
    pub certificate: String,
    /// Its key (PEM).
    pub key: String,
    ca: String,
    port: u16,
    session: Option<Session>,
}

/// Topics and payloads, as they came.
type Heard = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

#[derive(Debug)]
struct Session {
    client: AsyncClient,
    heard: Heard,
    state: Arc<Mutex<Option<Result<bool, String>>>>,
    task: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl AstarteDevice {
    /// What its topics begin with.
    #[must_use]
    pub fn topic(&self, rest: &str) -> String {
        format!("default/{}{rest}", self.id)
    }

    /// Connects; why the broker refused it if it did.
    ///
    /// # Errors
    /// What the connection broke off with.
    pub async fn dial(&mut self, client_id: &str, clean: bool) -> Result<bool, String> {
        ensure_crypto();
        self.session = None;
        let mut options = MqttOptions::new(client_id, "127.0.0.1", self.port);
        options.set_keep_alive(Duration::from_secs(15)).set_clean_session(clean);
        options.set_transport(Transport::tls_with_config(self.tls().into()));
        let (client, mut connection) = AsyncClient::new(options, 1000);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let state = Arc::new(Mutex::new(None));
        let task = tokio::spawn({
            let (heard, state) = (heard.clone(), state.clone());
            async move {
                loop {
                    match connection.poll().await {
                        Ok(Event::Incoming(Packet::ConnAck(ack))) => {
                            *state.lock().expect("a lock") = Some(Ok(ack.session_present));
                        }
                        Ok(Event::Incoming(Packet::Publish(publish))) => {
                            let payload = publish.payload.to_vec();
                            heard.lock().expect("a lock").push((publish.topic, payload));
                        }
                        Ok(_) => {}
                        Err(error) => {
                            *state.lock().expect("a lock") = Some(Err(error.to_string()));
                            return;
                        }
                    }
                }
            }
        });
        let session = Session { client, heard, state, task };
        let outcome = eventually("an answer of the broker", 60, || async {
            session.state.lock().expect("a lock").clone().ok_or_else(|| "none".to_owned())
        })
        .await;
        self.session = Some(session);
        outcome
    }

    fn tls(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(self.ca.as_bytes()).expect("a CA");
        roots.add(ca).expect("a root");
        let chain = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("one");
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key");
        let builder = ClientConfig::builder().with_root_certificates(roots);
        builder.with_client_auth_cert(vec![chain], key).expect("a client")
    }

    /// Starts as a process does: with a clean session, the whole handshake, and the base image
    /// that it runs.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub async fn start(&mut self, version: &str) {
        let client_id = self.topic("");
        assert_eq!(self.dial(&client_id, true).await, Ok(false), "a clean session");
        self.subscribe("/control/consumer/properties").await;
        self.subscribe(&format!("/{NAMESPACE}OTARequest/#")).await;
        self.publish("", INTROSPECTION.as_bytes()).await;
        self.publish("/control/emptyCache", b"1").await;
        self.publish("/control/producer/properties", &NO_PROPERTIES).await;
        self.property("BaseImage/version", version).await;
        self.property("SystemInfo/serialNumber", "SN-1").await;
    }

    /// Its process ends without a word.
    pub fn stop(&mut self) {
        self.session = None;
    }

    async fn subscribe(&self, rest: &str) {
        let subscribed = self.client().subscribe(self.topic(rest), QoS::ExactlyOnce).await;
        subscribed.expect("the connection is there");
    }

    fn client(&self) -> &AsyncClient {
        &self.session.as_ref().expect("it is connected").client
    }

    /// Publishes below its own topic.
    ///
    /// # Panics
    /// If there is no connection.
    pub async fn publish(&self, rest: &str, payload: &[u8]) {
        self.publish_at(&self.topic(rest), payload).await;
    }

    /// Publishes anywhere.
    ///
    /// # Panics
    /// If there is no connection.
    pub async fn publish_at(&self, topic: &str, payload: &[u8]) {
        let published = self.client().publish(topic, QoS::ExactlyOnce, false, payload).await;
        published.expect("the connection is there");
    }

    /// Says a property, by what follows Edgehog's name.
    pub async fn property(&self, rest: &str, value: &str) {
        let document = bson::rawdoc! {"v": value};
        self.publish(&format!("/{NAMESPACE}{rest}"), document.as_bytes()).await;
    }

    /// Reports on a request; `at` is its clock.
    pub async fn event(
        &self,
        request: &str,
        (status, progress): (&str, i32),
        (code, message): (&str, &str),
        at: Option<i64>,
    ) {
        let mut document = bson::rawdoc! {"v": {
            "requestUUID": request, "status": status, "statusProgress": progress,
            "statusCode": code, "message": message,
        }};
        if let Some(at) = at {
            document.append(bson::cstr!("t"), bson::DateTime::from_millis(at));
        }
        self.publish(&format!("/{NAMESPACE}OTAEvent/event"), document.as_bytes()).await;
    }

    /// Reports statuses one after the other.
    pub async fn events(&self, request: &str, statuses: &[&str]) {
        for status in statuses {
            self.event(request, (status, 0), ("", ""), None).await;
        }
    }

    /// What it heard in this session, topic without its own part, and payload.
    ///
    /// # Panics
    /// If it is not connected.
    #[must_use]
    pub fn heard(&self) -> Vec<(String, Vec<u8>)> {
        let own = self.topic("");
        let session = self.session.as_ref().expect("it is connected");
        let heard = session.heard.lock().expect("a lock").clone();
        let short = |topic: String| topic.strip_prefix(&own).unwrap_or(&topic).to_owned();
        heard.into_iter().map(|(topic, payload)| (short(topic), payload)).collect()
    }

    /// The requests that it got in this session: operation, UUID and link.
    ///
    /// # Panics
    /// If one is not what the SDK takes.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, String, String)> {
        let topic = format!("/{NAMESPACE}OTARequest/request");
        let of = |payload: Vec<u8>| {
            let document = bson::RawDocumentBuf::from_bytes(payload).expect("BSON");
            let members = document.get_document("v").expect("an object");
            let text = |key: &str| members.get_str(key).expect("a text").to_owned();
            (text("operation"), text("uuid"), text("url"))
        };
        let heard = self.heard().into_iter().filter(|(at, _)| *at == topic);
        heard.map(|(_, payload)| of(payload)).collect()
    }

    /// Waits for the `count`th request of this session.
    pub async fn requested(&self, count: usize) -> (String, String, String) {
        eventually(&format!("request {count}"), 60, || async {
            let requests = self.requests();
            requests.get(count - 1).cloned().ok_or_else(|| format!("{requests:?}"))
        })
        .await
    }
}
