//! The way to the hub: a function call in the same process, or HTTP/2.

use http::{Request, Response};
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt};

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
        let channel = Self::endpoint(address, None)?.connect().await?;
        Ok(Self::in_process(channel))
    }

    /// As [`HubChannel::connect`], but connects with the first call.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect_lazy(address: &str) -> Result<Self, tonic::transport::Error> {
        Ok(Self::in_process(Self::endpoint(address, None)?.connect_lazy()))
    }

    /// As [`HubChannel::connect_lazy`], and trusts the issuers in `ca`, PEM, instead of the usual
    /// ones.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect_trusting(address: &str, ca: &[u8]) -> Result<Self, tonic::transport::Error> {
        Ok(Self::in_process(Self::endpoint(address, Some(ca))?.connect_lazy()))
    }

    fn endpoint(address: &str, ca: Option<&[u8]>) -> Result<Endpoint, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(address.to_owned())?;
        let is_tls = endpoint.uri().scheme_str() == Some("https");
        let tls = ClientTlsConfig::new();
        let endpoint = if is_tls {
            endpoint.tls_config(match ca {
                Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
                None => tls.with_enabled_roots(),
            })?
        } else {
            endpoint
        };
        Ok(endpoint
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20)))
    }
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
