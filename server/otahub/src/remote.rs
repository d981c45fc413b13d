//! The way to a hub in another process: some connections over which calls are spread, made anew
//! when certificates change or the hub was away.

use crate::files::{LOOK_EVERY, certificates, key, stamps};
use crate::settings::Settings;
use anyhow::Context;
use http::{Request, Response};
use http_body_util::BodyExt;
use otahub_client::{HubChannel, Tls};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::{BoxError, ServiceExt, service_fn};

/// The way to a hub in another process. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub(crate) struct Remote(Arc<Inner>);

struct Inner {
    address: String,
    files: Files,
    connections: usize,
    current: RwLock<Vec<HubChannel>>,
    turn: AtomicUsize,
    is_away: AtomicBool,
}

/// Where the certificates are.
struct Files {
    ca: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
}

impl Remote {
    /// The way to the hub that the settings name. Connects with the first call.
    ///
    /// # Errors
    /// If the certificates make no sense.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let address = settings.hub_url.as_ref().context("no --hub-url")?.to_string();
        let remote = Self(Arc::new(Inner {
            address,
            files: Files {
                ca: settings.hub_ca.clone(),
                identity: settings.hub_cert.clone().zip(settings.hub_key.clone()),
            },
            connections: settings.hub_connections.max(1),
            current: RwLock::default(),
            turn: AtomicUsize::new(0),
            is_away: AtomicBool::new(false),
        }));
        remote.connect()?;
        Ok(remote)
    }

    /// A channel to the hub that outlives connections and certificates.
    pub(crate) fn channel(&self) -> HubChannel {
        let remote = self.clone();
        HubChannel::in_process(service_fn(move |request| {
            let remote = remote.clone();
            async move { remote.call(request).await }
        }))
    }

    /// Reads the certificates again whenever they change, until `stop`. What runs goes on over
    /// the connections that it began on.
    pub(crate) async fn watch(self, stop: CancellationToken) {
        let mut seen = stamps(self.0.files.paths());
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let now = stamps(self.0.files.paths());
            if now == seen {
                continue;
            }
            seen = now;
            match self.connect() {
                Ok(()) => tracing::info!("certificates for the hub were read again"),
                Err(error) => tracing::error!(%error, "new certificates make no sense"),
            }
        }
    }

    fn connect(&self) -> anyhow::Result<()> {
        let tls = self.0.files.read()?;
        let connect = || HubChannel::connect_tls(&self.0.address, &tls);
        let made = std::iter::repeat_with(connect).take(self.0.connections);
        let made = made.collect::<Result<_, _>>().context("the hub cannot be connected with")?;
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(())
    }

    /// One call. What becomes of the connection is told as UNAVAILABLE, whatever it was: the call
    /// may be made again.
    async fn call(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self.next().oneshot(request).await {
            Ok(response) => {
                if self.0.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!(hub = self.0.address, "the hub is back");
                }
                Ok(response.map(|body| Body::new(body.map_err(|error| away(&error)))))
            }
            Err(error) => {
                if !self.0.is_away.swap(true, Ordering::Relaxed) {
                    let error = whole(error.as_ref());
                    tracing::warn!(error, hub = self.0.address, "the hub cannot be reached");
                }
                Err(Box::new(Status::unavailable("the hub cannot be reached")))
            }
        }
    }

    fn next(&self) -> HubChannel {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner);
        current[self.0.turn.fetch_add(1, Ordering::Relaxed) % current.len()].clone()
    }
}

impl Files {
    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let identity = self.identity.iter().flat_map(|(cert, key)| [cert, key]);
        self.ca.iter().chain(identity)
    }

    /// Reads them all; what is no certificate is refused here, because a connection would only
    /// say that it failed.
    fn read(&self) -> anyhow::Result<Tls> {
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        let mut tls = Tls::new();
        if let Some(ca) = &self.ca {
            certificates(ca)?;
            tls = tls.trusting(&read(ca)?);
        }
        if let Some((cert, private)) = &self.identity {
            certificates(cert)?;
            key(private)?;
            tls = tls.identified_by(&read(cert)?, &read(private)?);
        }
        Ok(tls)
    }
}

/// The answer broke off.
fn away(error: &Status) -> Status {
    tracing::debug!(%error, "an answer of the hub broke off");
    Status::unavailable("the connection with the hub broke")
}

/// An error with its causes, in one line.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
