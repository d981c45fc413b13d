//! Orders that go to several things in one message, where a tenant wants that.

use crate::publisher::{Publisher, Unpublished};
use crate::tell::{now_millis, publish};
use crate::translate::{Outbound, Part};
use crate::wire::outbound::BatchDownloadAndUpdate;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// A message goes out when nothing joined it for so long …
const LINGER: Duration = Duration::from_millis(100);
/// … or when it has so many things.
const THINGS_MAX: usize = 200;

/// What the things of a message have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shared {
    tenant: String,
    exchange: String,
    topic: &'static str,
    modules: Vec<i64>,
}

type Answer = oneshot::Sender<Result<(), Unpublished>>;

/// Messages that are being put together.
#[derive(Default)]
pub(crate) struct Batches(Mutex<HashMap<Shared, Vec<(Part, Answer)>>>);

impl Batches {
    /// Gives a thing its order together with others; ends when the broker has the message.
    pub(crate) async fn join(
        self: &Arc<Self>,
        publisher: &Arc<Publisher>,
        (tenant, exchange): (&str, &str),
        part: Part,
    ) -> Result<(), Unpublished> {
        let shared = Shared {
            tenant: tenant.to_owned(),
            exchange: exchange.to_owned(),
            topic: part.topic,
            modules: part.modules.iter().map(|module| module.module_id).collect(),
        };
        let (answer, answered) = oneshot::channel();
        if self.add(&shared, part, answer) {
            let (batches, publisher) = (self.clone(), publisher.clone());
            tokio::spawn(async move { batches.send_soon(shared, &publisher).await });
        }
        answered.await.unwrap_or_else(|_| Err(Unpublished::Lost("the message is gone".into())))
    }

    /// Adds a thing; whether it is the message's first.
    fn add(&self, shared: &Shared, part: Part, answer: Answer) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let things = open.entry(shared.clone()).or_default();
        things.push((part, answer));
        things.len() == 1
    }

    fn count(&self, shared: &Shared) -> usize {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(shared).map_or(0, Vec::len)
    }

    async fn send_soon(&self, shared: Shared, publisher: &Publisher) {
        let mut count = 0;
        while count < THINGS_MAX && self.count(&shared) > count {
            count = self.count(&shared);
            sleep(LINGER).await;
        }
        let things = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&shared).unwrap_or_default()
        };
        let (mut parts, answers): (Vec<Part>, Vec<Answer>) = things.into_iter().unzip();
        parts.sort_by_key(|part| part.target.action_id);
        let message = message(shared.topic, parts);
        let sent = publish(publisher, &shared.exchange, (&shared.tenant, None), message).await;
        for answer in answers {
            // whoever is gone does it again
            let _ = answer.send(sent.clone());
        }
    }
}

/// One message for all of them. Links are the first thing's.
fn message(topic: &'static str, parts: Vec<Part>) -> Outbound {
    let mut targets = Vec::with_capacity(parts.len());
    let mut modules = None;
    for part in parts {
        targets.push(part.target);
        modules.get_or_insert(part.modules);
    }
    Outbound::batch(
        topic,
        &BatchDownloadAndUpdate {
            timestamp: now_millis(),
            targets,
            software_modules: modules.unwrap_or_default(),
        },
    )
}
