//! A job: what a caller of [`crate::Store::write`] wants done, and its answer.

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{Error, Session};

/// A unit of work whose types the writer need not know.
pub(crate) trait Job: Send {
    /// Runs the job and keeps its result; whether it succeeded.
    fn run<'s>(&'s mut self, session: &'s Session<'s>) -> BoxFuture<'s, bool>;
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Answers with the failure, or with the kept result.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// A job as [`crate::Store::write`] makes it.
pub(crate) struct Task<T, E, F> {
    job: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Task<T, E, F> {
    /// A job that answers through `reply`.
    pub(crate) const fn new(job: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { job, result: None, reply }
    }
}

impl<T, E, F> Job for Task<T, E, F>
where
    F: for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<T, E>> + Send + Sync,
    E: From<Error> + Send,
    T: Send,
{
    fn run<'s>(&'s mut self, session: &'s Session<'s>) -> BoxFuture<'s, bool> {
        Box::pin(async move {
            let result = (self.job)(session).await;
            let is_ok = result.is_ok();
            self.result = Some(result);
            is_ok
        })
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.into()),
            (None, Some(result)) => result,
            (None, None) => Err(Error::Unavailable("the job was not run".into()).into()),
        };
        // nobody there any more is no fault: the caller went away
        let _ = self.reply.send(result);
    }
}
