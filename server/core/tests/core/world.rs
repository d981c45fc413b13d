//! A hub under a clock that tests move, with people who know its passwords.

use crate::device::Device;
use crate::harness::{Ground, open_store};
use crate::operator::Operator;
use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::serve::ListenerExt;
use otahub_client::{Caller, HubChannel, HubClient};
use otahub_core::encryption::Encryptor;
use otahub_core::{Blobs, Entropy, Hub, HubOptions, HubParts};
use otahub_domain::{Clock, Timestamp};
use otahub_store::{Lane, Store, User};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tower::ServiceExt;
use url::Url;

/// When tests begin: 2023-11-14T22:13:20Z.
pub(crate) const START: i64 = 1_700_000_000_000;
/// The tenant's gateway token, once a test has switched it on.
pub(crate) const GATEWAY: &str = "the gateway's key";

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    /// Moves it forward.
    pub(crate) fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers in order, told as if they were random.
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn bytes(&self) -> [u8; 16] {
        let next = self.0.fetch_add(1, Ordering::SeqCst);
        let mixed = u128::from(next + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        mixed.to_be_bytes()
    }
}

/// One node of a hub.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ground: Ground,
}

impl World {
    /// A node on this ground.
    pub(crate) async fn open(ground: &Ground) -> Self {
        Self::open_with(ground, HubOptions::default()).await
    }

    /// A node on this ground that is set up in another way.
    pub(crate) async fn open_with(ground: &Ground, options: HubOptions) -> Self {
        Self::with_encryptor(ground, options, None).await
    }

    /// As [`World::open_with`], with something that encrypts artifacts.
    pub(crate) async fn with_encryptor(
        ground: &Ground,
        options: HubOptions,
        encryptor: Option<Arc<dyn Encryptor>>,
    ) -> Self {
        let store = open_store(ground.url()).await;
        let clock = Arc::new(ManualClock(AtomicI64::new(START)));
        let parts = HubParts {
            encryptor,
            ..parts(store.clone(), (ground.next_node(), &ground.artifacts()), &clock)
        };
        Self { hub: Hub::new(parts, options), store, clock, ground: ground.clone() }
    }

    /// A client in the same process, as the hub's own adapters have it.
    pub(crate) fn near(&self) -> HubClient {
        near(&self.hub)
    }

    /// A client over a socket, as strangers have it.
    pub(crate) async fn far(&self) -> HubClient {
        let address = self.listen().await;
        HubClient::new(HubChannel::connect(&address).await.unwrap())
    }

    /// The public services on a socket.
    pub(crate) async fn listen(&self) -> String {
        let router = otahub_core::public(&self.hub).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Somebody who may do everything.
    pub(crate) fn operator(&self) -> Operator {
        Operator::new(self.near(), "boss")
    }

    /// A device that has its tenant's gateway token.
    pub(crate) fn device(&self, id: &str) -> Device {
        let caller = Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY}"));
        Device::new(self.near(), caller, id)
    }

    /// A node on which gateway tokens are on.
    pub(crate) async fn with_gateway(ground: &Ground) -> Self {
        let world = Self::open(ground).await;
        world.operator().open_gateway().await;
        world
    }

    /// Makes a user.
    pub(crate) async fn user(&self, name: &str, authorities: &[&str]) {
        put_user(&self.store, name, authorities, false).await;
    }

    /// Makes an operator with these permissions.
    pub(crate) async fn operator_with(&self, name: &str, authorities: &[&str]) -> Operator {
        self.user(name, authorities).await;
        Operator::new(self.near(), name)
    }
}

/// A client that calls the hub as a function.
pub(crate) fn near(hub: &Hub) -> HubClient {
    let service = ServiceExt::<http::Request<tonic::body::Body>>::map_response(
        otahub_core::routes(hub),
        |response: axum::response::Response| response.map(tonic::body::Body::new),
    );
    HubClient::new(HubChannel::in_process(service))
}

fn parts(store: Store, (node, artifacts): (u32, &Path), clock: &Arc<ManualClock>) -> HubParts {
    let blobs = Blobs::open(&Url::from_directory_path(artifacts).unwrap()).unwrap();
    // no two nodes of a hub have the same randomness
    let entropy = Arc::new(Seeded(AtomicU64::new(u64::from(node) << 32)));
    HubParts { store, blobs, clock: clock.clone(), entropy, encryptor: None }
}

/// What is in every test's database: what bootstrap makes, and the user `boss`.
pub(crate) async fn populate(url: &str, folder: &Path) {
    let store = open_store(url).await;
    let clock = Arc::new(ManualClock(AtomicI64::new(START)));
    let hub = Hub::new(parts(store.clone(), (0, folder), &clock), HubOptions::default());
    hub.bootstrap().await.unwrap();
    put_user(&store, "boss", &["ROLE_TENANT_ADMIN"], false).await;
    store.close().await;
}

/// A user whose password is its name. The hash is a weak one, so that tests are quick.
pub(crate) async fn put_user(store: &Store, name: &str, authorities: &[&str], disabled: bool) {
    let tenant = store.read().tenant("DEFAULT").await.unwrap().unwrap().id;
    let weak = Params::new(8, 1, 1, None).unwrap();
    let salt = SaltString::encode_b64(&[1; 16]).unwrap();
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak)
        .hash_password(name.as_bytes(), &salt)
        .unwrap();
    let user = User {
        name: name.to_owned(),
        tenant,
        password_hash: hash.to_string(),
        authorities: authorities.iter().map(ToString::to_string).collect(),
        disabled,
    };
    let now = Timestamp::from_millis(START);
    store
        .write(Lane::ANY, move |session| {
            let user = user.clone();
            Box::pin(async move { session.put_user(&user, "test", now).await })
        })
        .await
        .unwrap();
}
