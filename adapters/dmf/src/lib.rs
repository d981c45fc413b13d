//! hawkBit's Device Management Federation API (DMF): things behind services that speak AMQP.
//!
//! Messages come from the queue `dmf_receiver` and go to the exchange that each thing's service
//! named when it registered the thing. [`run`] keeps that going with one broker until it is told
//! to stop, through lost connections and restarts of the broker: what comes in is acknowledged
//! when the hub has committed it, and work of the hub is done when the broker has confirmed it.

mod apply;
mod batch;
mod connection;
mod consumer;
mod delivery;
mod error;
mod message;
mod progress;
mod publisher;
mod status;
mod tell;
mod threads;
mod topology;
mod translate;
mod wire;

pub use connection::run;
pub use status::{Health, State};

use otahub_client::HubClient;
use std::collections::BTreeSet;
use tokio::sync::watch;

/// What the adapter is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The broker: `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://…`.
    pub url: String,
    /// The tenant whose broker (or virtual host) it is; none if several share it.
    pub tenant: Option<String>,
    /// Certificates of those who may vouch for the broker, PEM; without them, those whom the
    /// machine trusts.
    pub issuers: Option<String>,
    /// Tenants that have brokers of their own, in upper case: nothing of theirs is taken from or
    /// given to one that is shared.
    pub elsewhere: watch::Receiver<BTreeSet<String>>,
    /// What links to artifacts are built from, without a slash at the end.
    pub download_urls: Vec<String>,
}

impl Settings {
    /// The name under which the hub remembers what is done.
    fn consumer(&self) -> String {
        match &self.tenant {
            None => "dmf".to_owned(),
            Some(tenant) => format!("dmf/{}", tenant.to_uppercase()),
        }
    }

    /// Whether things of a tenant may speak here.
    fn serves(&self, tenant: &str) -> bool {
        match &self.tenant {
            Some(own) => own.eq_ignore_ascii_case(tenant),
            None => !self.elsewhere.borrow().contains(&tenant.to_uppercase()),
        }
    }
}

/// What everything here shares.
#[derive(Clone)]
struct Adapter {
    hub: HubClient,
    caller: otahub_client::Caller,
    settings: std::sync::Arc<Settings>,
    health: Health,
    /// Things by tenant and action, for the order of what they say.
    things: moka::future::Cache<(String, i64), std::sync::Arc<str>>,
}
