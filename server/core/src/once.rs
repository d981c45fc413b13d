//! Requests that their callers gave an id: done once, however often they come (AIP-155).
//!
//! A service notes the id of a request with the call ([`identify`]). The use case wraps the job
//! that makes the change ([`Hub::once`]): the id, what tells the request's content, and what came
//! of it are written in the job's own transaction. A repeat finds them and is answered with the
//! same; who repeats while the first one is under way waits for it. A request without an id costs
//! nothing.

use crate::audit::{self, Call};
use crate::hub::Hub;
use crate::outcome::Outcome;
use futures::future::BoxFuture;
use otahub_domain::request::{REMEMBERED, check_repeat, check_request_id};
use otahub_domain::{Error, Result};
use otahub_store::{Lane, NotedRequest, RequestKey, Session};
use prost::Message;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A request that is to be done once.
pub(crate) struct Once {
    /// By what its repeats are known.
    pub(crate) key: RequestKey,
    /// Tells its content.
    pub(crate) fingerprint: String,
}

impl Once {
    async fn recall<T: Outcome>(&self, session: &Session<'_>, noted: NotedRequest) -> Result<T> {
        check_repeat(&self.key.id, &noted.fingerprint, &self.fingerprint)?;
        let kept = serde_json::from_str(&noted.outcome).map_err(|error| {
            tracing::error!(%error, "what came of a request cannot be read");
            Error::Internal
        })?;
        T::recalled(session, self.key.tenant, kept).await
    }
}

/// Notes that the call makes this request under this id; empty if it has none.
pub(crate) fn identify(id: &str, message: &impl Message) -> Result<()> {
    if id.is_empty() {
        return Ok(());
    }
    check_request_id(id)?;
    if let Some(call) = audit::current() {
        call.identify(id, fingerprint(&[message]));
    }
    Ok(())
}

/// Tells the content of messages.
pub(crate) fn fingerprint(messages: &[&dyn Encoded]) -> String {
    let mut hash = Sha256::new();
    for message in messages {
        hash.update(message.encoded());
    }
    hex::encode(hash.finalize())
}

/// A message of any kind.
pub(crate) trait Encoded {
    /// Its bytes, and before them how many they are.
    fn encoded(&self) -> Vec<u8>;
}

impl<T: Message> Encoded for T {
    fn encoded(&self) -> Vec<u8> {
        self.encode_length_delimited_to_vec()
    }
}

/// The call that this task works for, if its request has an id.
fn identified() -> Option<Arc<Call>> {
    audit::current().filter(|call| call.once().is_some())
}

impl Hub {
    /// The job, which does nothing if the call's request was made before, and gives what it gave.
    pub(crate) fn once<T, F>(
        &self,
        job: F,
    ) -> impl for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<T>> + Send + Sync + 'static
    where
        T: Outcome,
        F: for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<T>> + Send + Sync + 'static,
    {
        let (call, now, job) = (identified(), self.now(), Arc::new(job));
        move |session| {
            let Some(call) = call.clone() else { return job(session) };
            let job = job.clone();
            Box::pin(async move {
                let once = call.once().ok_or(Error::Internal)?;
                let noted = session.note_request(&once.key, &once.fingerprint, now).await?;
                if let Some(noted) = noted {
                    let recalled = once.recall(session, noted).await?;
                    call.repeated();
                    return Ok(recalled);
                }
                let done = job(session).await?;
                session.finish_request(&once.key, &done.kept().to_string()).await?;
                Ok(done)
            })
        }
    }

    /// What the call's request gave if it was made before. For changes that look at more than
    /// their job does, and would refuse a repeat for what the first one made.
    pub(crate) async fn repeated<T: Outcome>(&self) -> Result<Option<T>> {
        let Some(call) = identified() else { return Ok(None) };
        let once = call.once().ok_or(Error::Internal)?;
        let session = self.store.read();
        let Some(noted) = session.noted_request(&once.key).await? else { return Ok(None) };
        let recalled = once.recall(&session, noted).await?;
        call.repeated();
        Ok(Some(recalled))
    }

    /// Forgets requests that were made so long ago that nobody repeats them.
    pub(crate) async fn forget_requests(&self) -> Result<()> {
        let before = self.now().minus(REMEMBERED);
        self.write(Lane::ANY, move |session| {
            Box::pin(async move { Ok(session.trim_requests(before).await?) })
        })
        .await
        .map(|_| ())
    }
}
