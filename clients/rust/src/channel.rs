//! The way to the hub: a function call in the same process, or HTTP/2.

use crate::Tls;
use http::{Request, Response};
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::transport::Endpoint;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt};

/// The largest headers of an answer, in bytes: what went wrong stands there, with its details.
const HEADERS_BYTES_MAX: u32 = 64 << 10;

/// A way to the hub. Cheap to clone; every clone may be used at the same time.
#[derive(Clone)]
pub struct HubChannel {
    inner: BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>,
}

impl HubChannel {
    /// Calls `service` directly, without a socket between.
    pub fn in_process<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
    {
        Self { inner: BoxCloneSyncService::new(service.map_err(Into::into)) }
    }

    /// Connects to a hub at `http://host:port` or `https://host:port`.
    ///
    /// # Errors
    /// If the address is malformed or nobody answers there within 10 s.
    pub async fn connect(address: &str) -> Result<Self, tonic::transport::Error> {
        Self::connect_now(address, &Tls::new()).await
    }

    /// As [`HubChannel::connect`], over TLS as `tls` says.
    ///
    /// # Errors
    /// As [`HubChannel::connect`], and if the certificates make no sense.
    pub async fn connect_now(address: &str, tls: &Tls) -> Result<Self, tonic::transport::Error> {
        Ok(Self::in_process(endpoint(address, tls)?.connect().await?))
    }

    /// As [`HubChannel::connect`], but connects with the first call.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect_lazy(address: &str) -> Result<Self, tonic::transport::Error> {
        Self::connect_tls(address, &Tls::new())
    }

    /// As [`HubChannel::connect_lazy`], and trusts the issuers in `ca`, PEM, instead of the usual
    /// ones.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect_trusting(address: &str, ca: &[u8]) -> Result<Self, tonic::transport::Error> {
        Self::connect_tls(address, &Tls::new().trusting(ca))
    }

    /// As [`HubChannel::connect_lazy`], over TLS as `tls` says if the address begins with
    /// `https://`.
    ///
    /// # Errors
    /// If the address is malformed or the certificates make no sense.
    pub fn connect_tls(address: &str, tls: &Tls) -> Result<Self, tonic::transport::Error> {
        Ok(Self::in_process(endpoint(address, tls)?.connect_lazy()))
    }
}

fn endpoint(address: &str, tls: &Tls) -> Result<Endpoint, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(address.to_owned())?;
    let is_tls = endpoint.uri().scheme_str() == Some("https");
    let endpoint = if is_tls { endpoint.tls_config(tls.config())? } else { endpoint };
    Ok(endpoint
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .http2_max_header_list_size(HEADERS_BYTES_MAX)
        .http2_keep_alive_interval(Duration::from_secs(20)))
}

impl std::fmt::Debug for HubChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubChannel").finish_non_exhaustive()
    }
}

impl Service<Request<Body>> for HubChannel {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = <BoxCloneSyncService<Request<Body>, Response<Body>, BoxError> as Service<
        Request<Body>,
    >>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.inner.call(request)
    }
}
