//! What every use case works with.

use crate::audit;
use crate::auth::{Logins, Oidc, OidcOptions};
use crate::authority::Authority;
use crate::blob::Blobs;
use crate::devices::Devices;
use crate::encryption::Encryptor;
use crate::entropy::Entropy;
use crate::large_lists::LargeLists;
use crate::last_seen::LastSeen;
use crate::tenants::Tenants;
use crate::usecase::{ConfiguredUser, Desks, Lateness, Streams, Views, Watches, views};
use crate::webhooks::Sender;
use ipnet::IpNet;
use otahub_domain::tenant::{Limits, Quotas};
use otahub_domain::{Clock, Result, TargetId, Timestamp};
use otahub_store::{Lane, Session, Store};
use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How the hub is set up.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// How much of each thing there may be.
    pub quotas: Quotas,
    /// Bounds of polling intervals.
    pub limits: Limits,
    /// How many devices the cache of offers remembers.
    pub device_cache_size: u64,
    /// How long a device that is back from an installation may take to say how it went, if its
    /// protocol loses words.
    pub reboot_wait: std::time::Duration,
    /// From how many targets on what is costly about their lists is kept for some seconds.
    pub large_fleet: u64,
    /// For how long events stay in the log.
    pub event_retention: std::time::Duration,
    /// How often automatic assignments look over all targets. What they see happen they act upon
    /// at once.
    pub auto_assignment_interval: std::time::Duration,
    /// For how long the audit trail is kept; for ever without one.
    pub audit_retention: Option<std::time::Duration>,
    /// Users that change only with the settings.
    pub users: Vec<ConfiguredUser>,
    /// Whose tokens count besides the hub's own.
    pub oidc: Option<OidcOptions>,
    /// Networks that webhooks may be sent to although they are not public.
    pub webhook_networks: Vec<IpNet>,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            quotas: Quotas::default(),
            limits: Limits::default(),
            device_cache_size: 200_000,
            reboot_wait: otahub_domain::push::REBOOT_WAIT,
            large_fleet: 20_000,
            event_retention: std::time::Duration::from_secs(7 * 24 * 3600),
            auto_assignment_interval: std::time::Duration::from_secs(60),
            audit_retention: Some(std::time::Duration::from_secs(365 * 24 * 3600)),
            users: Vec::new(),
            oidc: None,
            webhook_networks: Vec::new(),
        }
    }
}

/// What the outside gives the hub.
pub struct HubParts {
    /// The database, migrated.
    pub store: Store,
    /// Artifact bytes.
    pub blobs: Blobs,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What encrypts artifacts, if anything does.
    pub encryptor: Option<Arc<dyn Encryptor>>,
}

/// The hub: everything that use cases share. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

/// What is behind a [`Hub`].
pub struct Shared {
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) encryptor: Option<Arc<dyn Encryptor>>,
    pub(crate) options: HubOptions,
    pub(crate) tenants: Tenants,
    pub(crate) devices: Devices,
    pub(crate) last_seen: LastSeen,
    /// Cancelled when streams are to end.
    pub(crate) ending: CancellationToken,
    /// Consumers whose work a stream of this node has.
    pub(crate) served: tokio::sync::Mutex<HashSet<String>>,
    pub(crate) grant_key: tokio::sync::OnceCell<Vec<u8>>,
    /// Devices that were paired a moment ago.
    pub(crate) paired: moka::sync::Cache<TargetId, ()>,
    pub(crate) authority: tokio::sync::OnceCell<Authority>,
    pub(crate) large_lists: LargeLists,
    pub(crate) lateness: Arc<Lateness>,
    pub(crate) watches: Watches,
    /// Where devices' reports wait to be taken together.
    pub(crate) desks: Desks,
    pub(crate) streams: Streams,
    pub(crate) views: Views,
    /// What this node is called where nodes take leases.
    node: OnceLock<String>,
    pub(crate) logins: Logins,
    pub(crate) oidc: Option<Oidc>,
    pub(crate) sender: Sender,
}

impl std::ops::Deref for Hub {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// How often a use case starts over when somebody else was quicker.
const TRIES: usize = 3;

impl Hub {
    /// A hub of these parts.
    #[must_use]
    pub fn new(parts: HubParts, options: HubOptions) -> Self {
        Self(Arc::new(Shared {
            desks: Desks::new(parts.store.writers()),
            store: parts.store,
            blobs: parts.blobs,
            clock: parts.clock,
            entropy: parts.entropy,
            encryptor: parts.encryptor,
            tenants: Tenants::default(),
            devices: Devices::new(options.device_cache_size),
            last_seen: LastSeen::default(),
            ending: CancellationToken::new(),
            served: tokio::sync::Mutex::default(),
            grant_key: tokio::sync::OnceCell::new(),
            paired: paired(options.device_cache_size),
            authority: tokio::sync::OnceCell::new(),
            large_lists: LargeLists::default(),
            lateness: Arc::default(),
            watches: Watches::default(),
            streams: Streams::default(),
            views: views(),
            node: OnceLock::new(),
            logins: Logins::default(),
            oidc: options.oidc.clone().map(Oidc::new),
            sender: Sender::new(&options.webhook_networks),
            options,
        }))
    }

    /// Ends all streams: their readers are told to resume elsewhere.
    pub fn end_streams(&self) {
        self.ending.cancel();
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The name under which this node takes leases; another one after each start.
    pub(crate) fn node_name(&self) -> String {
        let name = || uuid::Builder::from_random_bytes(self.entropy.bytes()).into_uuid();
        self.node.get_or_init(|| name().to_string()).clone()
    }

    /// How many statements the database got so far, for the metrics.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`otahub_domain::Error::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// Runs `job` in a transaction of `lane`; starts over, up to three times in all, when
    /// somebody else changed a row in between. What an operator's call changes goes into the
    /// audit trail, in the same transaction.
    pub(crate) async fn write<T, F>(&self, lane: Lane, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'s> Fn(&'s Session<'s>) -> futures::future::BoxFuture<'s, Result<T>>
            + Send
            + Sync
            + 'static,
    {
        let job = Arc::new(job);
        let Some(call) = audit::current() else {
            return retry(|| {
                let job = job.clone();
                self.store.write(lane, move |session| job(session))
            })
            .await;
        };
        let now = self.now();
        let written = retry(|| {
            let (job, call) = (job.clone(), call.clone());
            self.store.write(lane, move |session| {
                let (job, call) = (job.clone(), call.clone());
                Box::pin(async move {
                    let done = job(session).await?;
                    call.record(session, now).await?;
                    Ok(done)
                })
            })
        })
        .await;
        call.settle(written.is_ok());
        written
    }

    /// As [`Hub::write`], and `after` it whatever is to be forgotten: that happens even if the
    /// caller goes away meanwhile, for what was remembered must not outlive what was committed.
    pub(crate) async fn write_and<T, F, A>(&self, lane: Lane, job: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: for<'s> Fn(&'s Session<'s>) -> futures::future::BoxFuture<'s, Result<T>>
            + Send
            + Sync
            + 'static,
        A: FnOnce(&Self, &Result<T>) + Send + 'static,
    {
        let hub = self.clone();
        to_the_end(async move {
            let written = hub.write(lane, job).await;
            after(&hub, &written);
            written
        })
        .await
    }
}

/// Does work to its end, even if whoever waits for it goes away.
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let work = audit::within(audit::current(), work);
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "work was broken off");
        Err(otahub_domain::Error::Internal)
    })
}

async fn retry<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    let mut tries = 1;
    loop {
        match attempt().await {
            Err(otahub_domain::Error::Conflict) if tries < TRIES => tries += 1,
            result => return result,
        }
    }
}

/// For how long it is believed that a device is paired.
const PAIRED_FOR: std::time::Duration = std::time::Duration::from_secs(10);

fn paired(size: u64) -> moka::sync::Cache<TargetId, ()> {
    moka::sync::Cache::builder().max_capacity(size).time_to_live(PAIRED_FOR).build()
}
