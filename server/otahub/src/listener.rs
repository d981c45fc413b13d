//! A socket with HTTP/1.1 and HTTP/2 on it, in the clear or over TLS.

use crate::tls::Tls;
use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use otahub_rest::Peer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take for the head of a request, and for the TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long what runs may go on when the hub ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(9);
/// How long to wait when no connection can be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Requests of one HTTP/2 connection at the same time.
const STREAMS_MAX: u32 = 1024;

/// A bound socket and what is served on it.
pub(crate) struct Listener {
    socket: TcpListener,
    app: Router,
    tls: Option<Tls>,
    connections: Arc<Semaphore>,
}

impl Listener {
    /// Binds `address`. `connections` are shared by all listeners.
    pub(crate) async fn bind(
        address: SocketAddr,
        app: Router,
        tls: Option<Tls>,
        connections: Arc<Semaphore>,
    ) -> anyhow::Result<Self> {
        let socket = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        Ok(Self { socket, app, tls, connections })
    }

    /// The address that was bound.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }

    /// Serves until `stop`, then lets what runs come to its end for a while.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let draining = Arc::new(GracefulShutdown::new());
        while let Some((stream, address, permit)) = stop.run_until_cancelled(self.accept()).await {
            let connection = Connection {
                app: self.app.clone(),
                tls: self.tls.clone(),
                address,
                draining: draining.clone(),
                permit,
            };
            tokio::spawn(connection.serve(stream));
        }
        drop(self.socket);
        let Some(draining) = Arc::into_inner(draining) else {
            // handshakes still hold it: nothing of theirs runs yet
            tokio::time::sleep(Duration::from_millis(50)).await;
            return;
        };
        if tokio::time::timeout(DRAIN_TIMEOUT, draining.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time and are cut off");
        }
    }

    async fn accept(&self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            let Ok(permit) = self.connections.clone().acquire_owned().await else {
                std::future::pending().await
            };
            match self.socket.accept().await {
                Ok((stream, address)) => return (stream, address, permit),
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

struct Connection {
    app: Router,
    tls: Option<Tls>,
    address: SocketAddr,
    draining: Arc<GracefulShutdown>,
    permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // without it answers wait for the client's delayed acknowledgement, 40 ms each
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let Some(tls) = self.tls.clone() else {
            let peer = Peer { address: self.address, tls: false, certificate: None };
            return self.speak(stream, peer).await;
        };
        match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok((stream, certificate))) => {
                let peer = Peer { address: self.address, tls: true, certificate };
                self.speak(stream, peer).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, peer = %self.address, "no TLS handshake"),
            Err(_) => tracing::debug!(peer = %self.address, "the TLS handshake took too long"),
        }
    }

    async fn speak<S>(self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = Arc::new(peer);
        let app = self.app;
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer::clone(&peer));
            app.clone().oneshot(request)
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(64 << 10);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(64 << 10)
            .keep_alive_interval(Some(Duration::from_secs(30)))
            .adaptive_window(true);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = self.draining.watch(connection).await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(self.permit);
    }
}
