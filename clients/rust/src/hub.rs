//! A hub as one caller sees it.

use crate::{Called, Caller, HubChannel, HubClient, Tls};

/// A hub as one caller sees it. Cheap to clone; clones may be used at the same time.
#[derive(Debug, Clone)]
pub struct Hub {
    client: HubClient,
    caller: Caller,
}

impl Hub {
    /// The hub at `http://host:port` or `https://host:port`. Connects with the first call.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect(address: &str, caller: Caller) -> Result<Self, tonic::transport::Error> {
        Ok(Self::new(HubClient::new(HubChannel::connect_lazy(address)?), caller))
    }

    /// As [`Hub::connect`], and trusts the issuers in `ca`, PEM, instead of the usual ones.
    ///
    /// # Errors
    /// If the address is malformed.
    pub fn connect_trusting(
        address: &str,
        caller: Caller,
        ca: &[u8],
    ) -> Result<Self, tonic::transport::Error> {
        Ok(Self::new(HubClient::new(HubChannel::connect_trusting(address, ca)?), caller))
    }

    /// As [`Hub::connect`], over TLS as `tls` says: whom to trust, and with which certificate.
    ///
    /// # Errors
    /// If the address is malformed or the certificates make no sense.
    pub fn connect_tls(
        address: &str,
        caller: Caller,
        tls: &Tls,
    ) -> Result<Self, tonic::transport::Error> {
        Ok(Self::new(HubClient::new(HubChannel::connect_tls(address, tls)?), caller))
    }

    /// What `client` reaches, for `caller`.
    #[must_use]
    pub fn new(client: HubClient, caller: Caller) -> Self {
        Self { client, caller }
    }

    /// What carries calls of any rpc; see [`HubClient::service`].
    #[must_use]
    pub fn service(&self) -> Called {
        self.client.service(&self.caller)
    }

    pub(crate) fn client(&self) -> &HubClient {
        &self.client
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }
}
