//! A RabbitMQ of the tests' own: one for each test program, with a virtual host for each test.

use crate::{Authority, Hub, eventually, free_port, skip};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

/// How many virtual hosts a broker has.
const HOSTS: usize = 64;
/// Debian keeps the server's own programs here, beside wrappers that change the user.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";
const STARTED_WITHIN: Duration = Duration::from_secs(300);

/// A virtual host on a broker.
#[derive(Debug, Clone)]
pub struct Broker {
    server: &'static Server,
    host: String,
}

/// A message that somebody got.
#[derive(Debug, Clone)]
pub struct Received {
    /// Properties, headers among them.
    pub properties: BasicProperties,
    /// The body.
    pub body: Vec<u8>,
}

#[derive(Debug)]
struct Server {
    folder: TempDir,
    port: u16,
    tls_port: u16,
    child: Mutex<Option<Child>>,
}

impl Broker {
    /// A virtual host that nobody has had yet; none where RabbitMQ is not installed, which the
    /// test then says and skips, or fails in CI.
    ///
    /// # Panics
    /// In CI without RabbitMQ; if the broker does not start; if there are no more hosts.
    pub async fn any() -> Option<Self> {
        static SHARED: OnceCell<&'static Server> = OnceCell::const_new();
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        if !is_installed() {
            return None;
        }
        let server = SHARED.get_or_init(start_shared).await;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(number < HOSTS, "a test program uses {HOSTS} virtual hosts at most");
        Some(Self { server, host: host(number) })
    }

    /// A broker that a test may kill.
    ///
    /// # Panics
    /// As [`Broker::any`].
    pub async fn own() -> Option<Self> {
        if !is_installed() {
            return None;
        }
        Some(Self { server: start_shared().await, host: host(0) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(&format!("127.0.0.1:{}", self.server.port))
    }

    /// Where it is, as somebody else's address.
    #[must_use]
    pub fn url_at(&self, address: &str) -> String {
        format!("amqp://guest:guest@{address}/{}", self.host)
    }

    /// The port of the broker.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.port
    }

    /// Where its virtual hosts are, by the names of tenants.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/{{tenant}}", self.server.port)
    }

    /// Where it is with TLS, for a user that may do no more than a hub must.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("amqps://otahub:secret@localhost:{}/{}", self.server.tls_port, self.host)
    }

    /// The certificate of who vouches for it.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.server.folder.path().join("ca.pem")
    }

    /// The virtual host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Ends it as a power cut would.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&self) {
        let child = self.server.child.lock().expect("no test panics with it").take();
        let mut child = child.expect("it runs");
        // its keeper kills it when nobody holds the other end
        drop(child.stdin.take());
        child.wait().expect("it ends");
    }

    /// Starts it again on what it had written.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&self) {
        self.server.start().await;
    }

    /// Waits until a hub is connected with it.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn await_hub(&self, hub: &Hub) {
        eventually("the hub is connected with the broker", 60, async || {
            let said = hub.http().get("/readyz").await.text();
            if said.contains("dmf: connected") { Ok(()) } else { Err(said) }
        })
        .await;
    }

    /// A connection of somebody else.
    ///
    /// # Panics
    /// If there is none.
    pub async fn connect(&self) -> Connection {
        crate::ensure_crypto();
        let properties = ConnectionProperties::default();
        Connection::connect(&self.url(), properties).await.expect("the broker answers")
    }
}

/// A service that speaks for things: an exchange and a queue of its own for what comes.
pub struct Service {
    /// The exchange that replies go to.
    pub reply_to: String,
    queue: String,
    channel: Channel,
    _connection: Connection,
}

impl Service {
    /// A service on a broker, reached by this exchange.
    ///
    /// # Panics
    /// If the broker refuses.
    pub async fn open(broker: &Broker, reply_to: &str) -> Self {
        let connection = broker.connect().await;
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirmations");
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let none = FieldTable::default;
        channel
            .exchange_declare(reply_to.into(), ExchangeKind::Fanout, durable, none())
            .await
            .expect("an exchange");
        let queue = format!("{reply_to}.queue");
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        channel.queue_declare(queue.as_str().into(), durable, none()).await.expect("a queue");
        let bind = QueueBindOptions::default();
        channel
            .queue_bind(queue.as_str().into(), reply_to.into(), "".into(), bind, none())
            .await
            .expect("a binding");
        Self { reply_to: reply_to.to_owned(), queue, channel, _connection: connection }
    }

    /// Publishes to the hub, and waits until the broker has it.
    ///
    /// # Errors
    /// The broker's.
    pub async fn publish(&self, properties: BasicProperties, body: &[u8]) -> lapin::Result<()> {
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let exchange = "dmf.exchange".into();
        let sent = self.channel.basic_publish(exchange, "".into(), options, body, properties);
        sent.await?.await.map(|_| ())
    }

    /// The next message, if one comes in time.
    ///
    /// # Panics
    /// If the broker refuses.
    pub async fn receive(&self, limit: Duration) -> Option<Received> {
        self.receive_from(&self.queue, limit).await
    }

    /// The next message of any queue, if one comes in time.
    ///
    /// # Panics
    /// If the broker refuses.
    pub async fn receive_from(&self, queue: &str, limit: Duration) -> Option<Received> {
        let end = Instant::now() + limit;
        loop {
            let options = BasicGetOptions { no_ack: true };
            let got = self.channel.basic_get(queue.into(), options).await.expect("an answer");
            if let Some(message) = got {
                let delivery = message.delivery;
                return Some(Received { properties: delivery.properties, body: delivery.data });
            }
            if Instant::now() > end {
                return None;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Properties of JSON with these headers.
#[must_use]
pub fn json_message(headers: &[(&str, &str)]) -> BasicProperties {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert((*name).into(), AMQPValue::LongString((*value).into()));
    }
    BasicProperties::default().with_headers(table).with_content_type("application/json".into())
}

impl Received {
    /// A header, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        match self.properties.headers().as_ref()?.inner().get(name)? {
            AMQPValue::LongString(text) => {
                Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
            }
            other => Some(format!("{other:?}")),
        }
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The name of a virtual host, which might be a tenant's.
fn host(number: usize) -> String {
    format!("T{number}")
}

fn is_installed() -> bool {
    if Path::new(PROGRAMS).join("rabbitmq-server").is_file() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "RabbitMQ is not installed, which CI demands");
    skip("no RabbitMQ: rabbitmq-server is not installed");
    false
}

async fn start_shared() -> &'static Server {
    let folder = TempDir::with_prefix("otahub-rabbit-").expect("a folder for the broker");
    let (port, tls_port) = (free_port(), free_port());
    let server = Server { folder, port, tls_port, child: Mutex::default() };
    let server: &'static Server = Box::leak(Box::new(server));
    server.prepare();
    server.start().await;
    server
}

impl Server {
    fn prepare(&self) {
        let folder = self.folder.path();
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text).expect("the broker's files can be written");
        };
        let hosts: Vec<String> = (0..HOSTS).map(host).collect();
        let permission = |host: &String| {
            let granted = |user: &str, own: &str| {
                serde_json::json!({"user": user, "vhost": host, "configure": own, "write": ".*",
                    "read": own})
            };
            [granted("guest", ".*"), granted("otahub", "^dmf")]
        };
        let definitions = serde_json::json!({
            "users": [
                {"name": "guest", "password": "guest", "tags": "administrator"},
                {"name": "otahub", "password": "secret", "tags": ""},
            ],
            "vhosts": hosts.iter().map(|h| serde_json::json!({"name": h})).collect::<Vec<_>>(),
            "permissions": hosts.iter().flat_map(permission).collect::<Vec<_>>(),
        });
        write("definitions.json", definitions.to_string());
        write("plugins", "[].\n".into());
        let authority = Authority::new("broker");
        write("ca.pem", authority.pem());
        authority.server(folder);
        let file = |name: &str| folder.join(name).display().to_string();
        let settings = [
            format!("listeners.tcp.1 = 127.0.0.1:{}", self.port),
            format!("load_definitions = {}", file("definitions.json")),
            format!("listeners.ssl.1 = 127.0.0.1:{}", self.tls_port),
            format!("ssl_options.cacertfile = {}", file("ca.pem")),
            format!("ssl_options.certfile = {}", file("server.pem")),
            format!("ssl_options.keyfile = {}", file("server.key")),
            "ssl_options.versions.1 = tlsv1.3".into(),
            "ssl_options.versions.2 = tlsv1.2".into(),
            "vm_memory_high_watermark.absolute = 1GB".into(),
            "disk_free_limit.absolute = 50MB".into(),
        ];
        write("rabbitmq.conf", settings.join("\n") + "\n");
    }

    async fn start(&self) {
        let child = self.spawn();
        *self.child.lock().expect("no test panics with it") = Some(child);
        let end = Instant::now() + STARTED_WITHIN;
        let url = format!("amqp://guest:guest@127.0.0.1:{}/{}", self.port, host(HOSTS - 1));
        crate::ensure_crypto();
        while let Err(error) = Connection::connect(&url, ConnectionProperties::default()).await {
            let log = self.folder.path().join("output");
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < end, "the broker does not start: {error}\n{}", said());
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// The broker under a keeper that ends it, and the name server it started, as soon as this
    /// process is gone; and then removes its files.
    fn spawn(&self) -> Child {
        let folder = self.folder.path();
        let (dist, names) = (free_port(), free_port());
        let keeper = format!(
            "exec 3<&0; setsid {PROGRAMS}/rabbitmq-server <&- >output 2>&1 3<&- & server=$!; \
             cat <&3 >/dev/null; kill -9 -$server; wait $server 2>/dev/null; \
             epmd -port {names} -kill >/dev/null 2>&1; \
             kill -0 {tests} 2>/dev/null || rm -rf '{folder}'",
            folder = folder.display(),
            tests = std::process::id(),
        );
        let path = |name: &str| -> PathBuf { folder.join(name) };
        let mut command = Command::new("sh");
        command
            .args(["-c", &keeper])
            .process_group(0)
            .current_dir(folder)
            .env("HOME", folder)
            .env("RABBITMQ_NODENAME", format!("otahub-{}@localhost", self.port))
            .env("RABBITMQ_DIST_PORT", dist.to_string())
            .env("RABBITMQ_MNESIA_BASE", path("data"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none")
            .env("ERL_EPMD_PORT", names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("a shell starts")
    }
}
