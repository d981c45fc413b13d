//! The sockets of a process, and what is served on each.

use crate::health::health;
use crate::listener::Listener;
use crate::roles::Role;
use crate::settings::Settings;
use crate::tls::{Guests, Tls, TlsFiles};
use crate::upstream::Upstream;
use anyhow::Context;
use axum::Router;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// HTTP in the clear.
    Http,
    /// HTTP over TLS.
    Https,
    /// gRPC in the clear, for everybody.
    Grpc,
    /// gRPC over TLS, for everybody.
    Grpcs,
    /// gRPC for adapters in processes of their own.
    Adapters,
}

/// A bound socket, what it is for, and the certificates that are to be watched.
pub(crate) struct Door {
    /// What it is for.
    pub kind: Kind,
    /// The socket.
    pub listener: Listener,
    /// Its certificates.
    pub tls: Option<Tls>,
}

/// A socket to be bound.
struct Plan {
    kind: Kind,
    address: SocketAddr,
    app: Router,
    tls: Option<Tls>,
}

/// The services of the contract for everybody, if this process has the hub.
///
/// # Errors
/// If they cannot be had.
pub(crate) async fn public(upstream: &Upstream) -> anyhow::Result<Option<Router>> {
    let Upstream::Here(hub) = upstream else {
        return Ok(None);
    };
    otahub_core::public(hub).await.map(Some).context("the contract cannot be served")
}

/// Binds every socket that the settings want, for HTTP and for the `public` services. `stop` is
/// when streams of health are to end.
///
/// # Errors
/// A sentence that says what could not be had.
pub(crate) async fn open(
    settings: &Settings,
    upstream: &Upstream,
    (app, public): (Router, Option<Router>),
    stop: &CancellationToken,
) -> anyhow::Result<Vec<Door>> {
    let mut plans =
        vec![Plan { kind: Kind::Http, address: settings.http, app: app.clone(), tls: None }];
    if let Some(address) = settings.https {
        let tls = public_tls(settings, settings.tls_client_ca.clone(), Guests::Any)?;
        plans.push(Plan { kind: Kind::Https, address, app, tls: Some(tls) });
    }
    if let (Upstream::Here(hub), Some(app)) = (upstream, public) {
        let address = settings.grpc;
        plans.push(Plan { kind: Kind::Grpc, address, app: app.clone(), tls: None });
        if let Some(address) = settings.grpcs {
            let guests = Guests::Grpc(Vec::new());
            let tls = public_tls(settings, settings.grpcs_client_ca.clone(), guests)?;
            plans.push(Plan { kind: Kind::Grpcs, address, app, tls: Some(tls) });
        }
        if let Some(address) = settings.adapter_grpc {
            let app = otahub_core::trusted(hub).merge(health(upstream.clone(), stop.clone()));
            let tls = adapter_tls(settings)?;
            plans.push(Plan { kind: Kind::Adapters, address, app, tls });
        }
    }
    let connections = Arc::new(Semaphore::new(settings.connections_max));
    let mut doors = Vec::with_capacity(plans.len());
    for Plan { kind, address, app, tls } in plans {
        let listener = Listener::bind(address, app, tls.clone(), connections.clone()).await?;
        doors.push(Door { kind, listener, tls });
    }
    Ok(doors)
}

fn public_tls(
    settings: &Settings,
    client_ca: Option<PathBuf>,
    guests: Guests,
) -> anyhow::Result<Tls> {
    let file = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
    let (cert, key) = (file(&settings.tls_cert), file(&settings.tls_key));
    Tls::open(TlsFiles { cert, key, client_ca, guests })
}

/// How adapters are recognised; nothing if they need not be, which the settings allow on loopback
/// only.
fn adapter_tls(settings: &Settings) -> anyhow::Result<Option<Tls>> {
    let files = (&settings.adapter_tls_cert, &settings.adapter_tls_key);
    let ((Some(cert), Some(key)), Some(ca)) = (files, &settings.adapter_client_ca) else {
        anyhow::ensure!(settings.adapter_insecure, "adapters need certificates");
        tracing::warn!("whoever reaches the port for adapters is believed: no certificates");
        return Ok(None);
    };
    let guests = Guests::Grpc(settings.adapter_names.clone());
    let files =
        TlsFiles { cert: cert.clone(), key: key.clone(), client_ca: Some(ca.clone()), guests };
    Tls::open(files).map(Some)
}

/// gRPC's health check for a process that has no port for gRPC: it is served with HTTP.
pub(crate) fn health_with_http(
    settings: &Settings,
    upstream: &Upstream,
    stop: &CancellationToken,
) -> Option<Router> {
    (!settings.has(Role::Hub)).then(|| health(upstream.clone(), stop.clone()))
}
