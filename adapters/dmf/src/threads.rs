//! Jobs that are done side by side for different things, and in order for one.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use tokio::task::{JoinError, JoinSet};

/// Jobs under way and waiting, by the thing that they are of.
pub(crate) struct Threads<K, J, O> {
    running: JoinSet<(K, O)>,
    /// What waits until the job before it is done; a thing is in here as long as one runs.
    waiting: HashMap<K, VecDeque<J>>,
    count: usize,
}

impl<K, J, O> Default for Threads<K, J, O> {
    fn default() -> Self {
        Self { running: JoinSet::new(), waiting: HashMap::new(), count: 0 }
    }
}

impl<K, J, O> Threads<K, J, O>
where
    K: Clone + Eq + Hash + Send + 'static,
    O: Send + 'static,
{
    /// How many jobs are under way or waiting.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Begins a job, or lets it wait for those before it.
    pub(crate) fn begin<F>(&mut self, of: K, job: J, work: impl FnOnce(J) -> F)
    where
        F: Future<Output = O> + Send + 'static,
    {
        self.count += 1;
        match self.waiting.get_mut(&of) {
            Some(waiting) => waiting.push_back(job),
            None => {
                self.waiting.insert(of.clone(), VecDeque::new());
                self.run(of, work(job));
            }
        }
    }

    /// Waits for the end of any job, and begins the one that waited for it. None if there are
    /// none; may be dropped and called again.
    ///
    /// # Errors
    /// If the job panicked.
    pub(crate) async fn next<F>(
        &mut self,
        work: impl FnOnce(J) -> F,
    ) -> Option<Result<O, JoinError>>
    where
        F: Future<Output = O> + Send + 'static,
    {
        let (of, outcome) = match self.running.join_next().await? {
            Ok(ended) => ended,
            Err(error) => return Some(Err(error)),
        };
        self.count -= 1;
        match self.waiting.get_mut(&of).and_then(VecDeque::pop_front) {
            Some(job) => self.run(of, work(job)),
            None => {
                self.waiting.remove(&of);
            }
        }
        Some(Ok(outcome))
    }

    fn run<F>(&mut self, of: K, work: F)
    where
        F: Future<Output = O> + Send + 'static,
    {
        self.running.spawn(async move { (of, work.await) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn one_thing_has_one_job_at_a_time_and_others_go_on() {
        let mut threads: Threads<&str, (u8, Option<oneshot::Receiver<()>>), u8> =
            Threads::default();
        let work = |(number, gate): (u8, Option<oneshot::Receiver<()>>)| async move {
            if let Some(gate) = gate {
                gate.await.unwrap();
            }
            number
        };
        let (open, gate) = oneshot::channel();
        threads.begin("a", (1, Some(gate)), work);
        threads.begin("a", (2, None), work);
        threads.begin("b", (3, None), work);
        assert_eq!(threads.len(), 3);
        assert_eq!(threads.next(work).await.unwrap().unwrap(), 3);
        open.send(()).unwrap();
        assert_eq!(threads.next(work).await.unwrap().unwrap(), 1);
        assert_eq!(threads.next(work).await.unwrap().unwrap(), 2);
        assert!(threads.next(work).await.is_none());
        assert_eq!(threads.len(), 0);
        threads.begin("a", (4, None), work);
        assert_eq!(threads.next(work).await.unwrap().unwrap(), 4);
    }
}
