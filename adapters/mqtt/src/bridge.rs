//! The bridge as a whole.

use crate::acks::Acks;
use crate::handler::Handler;
use crate::intake::Intake;
use crate::lead::Lead;
use crate::options::Options;
use crate::session::{self, INTAKE_MAX, Listener};
use crate::topic::Topics;
use crate::work;
use otahub_client::HubClient;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait when a session cannot even be opened.
const PAUSE: Duration = Duration::from_secs(15);

/// The bridge between a broker and the hub.
pub struct Bridge {
    hub: HubClient,
    options: Options,
}

impl Bridge {
    /// A bridge to the hub behind `hub`, which has to believe its adapters.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the options.
    pub fn new(hub: HubClient, options: Options) -> Result<Self, String> {
        options.check()?;
        // certificates are read now, so that a fault shows at the start
        session::open(&options)?;
        Ok(Self { hub, options })
    }

    /// Bridges until `stop`: whenever this node holds the broker's lease. A broker that is away
    /// is waited for.
    pub async fn run(self, stop: CancellationToken) {
        let lead = Lead::new(self.hub.clone(), &self.options.broker_name(), &self.options.node);
        while lead.acquire(&stop).await {
            tracing::info!(broker = self.options.broker_name(), "this node has the MQTT bridge");
            let term = stop.child_token();
            // if the lease is lost whoever has it now has to be alone
            let keep = async {
                lead.keep(&term).await;
                term.cancel();
            };
            let serve = async {
                self.serve(&term).await;
                term.cancel();
            };
            tokio::join!(keep, serve);
            lead.release().await;
        }
    }

    /// Serves until `term`.
    async fn serve(&self, term: &CancellationToken) {
        let (client, connection) = match session::open(&self.options) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(error, "the connection to the broker cannot be prepared");
                term.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                return;
            }
        };
        let topics = Topics::new(&self.options.prefix);
        let (acks, tickets) = Acks::new(usize::from(INTAKE_MAX));
        let acks = Arc::new(acks);
        let tasks = TaskTracker::new();
        let handler = Arc::new(Handler {
            hub: self.hub.clone(),
            client: client.clone(),
            topics: topics.clone(),
            public_url: self.options.public_url.clone(),
            acks: acks.clone(),
            stop: term.clone(),
        });
        let intake = Intake::start(&handler, &tasks);
        drop(handler);
        tasks.spawn({
            let (acks, client, term) = (acks.clone(), client.clone(), term.clone());
            async move {
                term.run_until_cancelled(acks.acknowledge(tickets, client)).await;
            }
        });
        tasks.spawn(work::follow(
            self.hub.clone(),
            session::name(&self.options),
            intake.clone(),
            term.clone(),
        ));
        tasks.spawn(work::watch_the_clock(self.hub.clone(), intake.clone(), term.clone()));
        let astarte = self.options.astarte;
        Listener { client, topics, acks, intake, astarte }.run(connection, term).await;
        tasks.close();
        tasks.wait().await;
    }
}
