//! A socket with HTTP/1.1 and HTTP/2 on it, in the clear or over TLS.

use crate::tls::Tls;
use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use otahub_rest::{ClientCertificate, Peer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take for the head of a request, and for the TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long what runs may go on when the hub ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(9);
/// How long to wait when no connection can be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait for the rest of a preface that came in pieces.
const PEEK_PAUSE: Duration = Duration::from_millis(5);
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
        let draining = GracefulShutdown::new();
        while let Some((stream, address, permit)) = stop.run_until_cancelled(self.accept()).await {
            let connection = Connection {
                app: self.app.clone(),
                tls: self.tls.clone(),
                address,
                watcher: draining.watcher(),
                permit,
            };
            tokio::spawn(connection.serve(stream));
        }
        drop(self.socket);
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
    watcher: Watcher,
    permit: OwnedSemaphorePermit,
}

/// The versions of HTTP that are spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // without it answers wait for the client's delayed acknowledgement, 40 ms each
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let opened = tokio::time::timeout(HEAD_TIMEOUT, async {
            match self.tls.clone() {
                None => Ok(Opened::Plain(version(&stream).await?, stream)),
                Some(tls) => tls.accept(stream).await.map(|(s, c)| Opened::Tls(Box::new(s), c)),
            }
        });
        match opened.await {
            Ok(Ok(Opened::Plain(version, stream))) => {
                let peer = Peer { address: self.address, tls: false, certificate: None };
                self.speak(version, stream, peer).await;
            }
            Ok(Ok(Opened::Tls(stream, certificate))) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let version = if is_http2 { Version::Http2 } else { Version::Http1 };
                let peer = Peer { address: self.address, tls: true, certificate };
                self.speak(version, stream, peer).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, peer = %self.address, "not opened"),
            Err(_) => tracing::debug!(peer = %self.address, "said nothing for too long"),
        }
    }

    async fn speak<S>(self, version: Version, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let app = self.app;
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(peer.clone());
            app.clone().oneshot(request)
        });
        let connection =
            builder(version).serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(self.permit);
    }
}

/// A connection on which the first request can be read.
enum Opened {
    Plain(Version, TcpStream),
    Tls(Box<TlsStream<TcpStream>>, Option<ClientCertificate>),
}

fn builder(version: Version) -> Builder<TokioExecutor> {
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
    match version {
        Version::Http1 => builder.http1_only(),
        Version::Http2 => builder.http2_only(),
    }
}

/// Looks at the first bytes without taking them: HTTP/2 in the clear begins with its preface
/// (RFC 9113, section 3.4).
async fn version(stream: &TcpStream) -> std::io::Result<Version> {
    const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut seen = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut seen).await?;
        if count == 0 || seen[..count] != PREFACE[..count] {
            return Ok(Version::Http1);
        }
        if count == PREFACE.len() {
            return Ok(Version::Http2);
        }
        // the rest is on its way, and peeking again would not wait for it
        tokio::time::sleep(PEEK_PAUSE).await;
    }
}
