//! The end of the event log as it grows, for any number of streams: one reader for all of them.
//!
//! The reader keeps the newest events in memory. A stream takes from there what is new to it;
//! one that is further behind reads the log itself until it has caught up.

use crate::hub::Hub;
use otahub_domain::{Error, Result};
use otahub_store::Event;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::sleep;

/// How many events are read, or taken, at once.
const BATCH: u64 = 500;
/// How many of the newest events are kept.
const KEPT: usize = 8192;
/// How many streams look into the database at once; the others wait for their turn.
const LOOKING: usize = 2;
/// How long the reader rests after it has found something, so that what happens in quick
/// succession wakes the streams up once.
const REST: Duration = Duration::from_millis(5);

/// What the streams of a node share.
pub(crate) struct Streams {
    shelf: Mutex<Weak<Shelf>>,
    looking: Semaphore,
}

impl Default for Streams {
    fn default() -> Self {
        Self { shelf: Mutex::default(), looking: Semaphore::new(LOOKING) }
    }
}

/// The newest events. It is there as long as a stream is.
struct Shelf {
    newest: RwLock<Newest>,
    /// Changes with `newest`; closed when nobody reads any more.
    told: watch::Receiver<()>,
    /// Asks the reader to look, whether anything was committed or not.
    look: Arc<Notify>,
}

/// All events after `floor`, up to `reach`.
#[derive(Default)]
struct Newest {
    floor: i64,
    reach: Option<i64>,
    events: VecDeque<Arc<Event>>,
}

/// What there is after a point.
enum After {
    /// These, the oldest first.
    Events(Vec<Arc<Event>>),
    /// Nothing yet.
    Nothing,
    /// More than is kept.
    Elsewhere,
}

impl Newest {
    fn after(&self, seen: i64) -> After {
        if self.reach.is_some() && seen < self.floor {
            return After::Elsewhere;
        }
        let begin = self.events.partition_point(|event| event.seq <= seen);
        let batch = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let events: Vec<_> = self.events.iter().skip(begin).take(batch).cloned().collect();
        if events.is_empty() { After::Nothing } else { After::Events(events) }
    }

    fn add(&mut self, events: Vec<Event>) {
        self.reach = events.last().map(|event| event.seq).or(self.reach);
        self.events.extend(events.into_iter().map(Arc::new));
        let surplus = self.events.len().saturating_sub(KEPT);
        if let Some(last) = self.events.drain(..surplus).next_back() {
            self.floor = last.seq;
        }
    }
}

impl Shelf {
    fn after(&self, seen: i64) -> After {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).after(seen)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // so that the reader sees that nobody is there any more
        self.look.notify_one();
    }
}

/// The end of the log, as it grows.
pub(crate) struct Tail {
    hub: Hub,
    shelf: Arc<Shelf>,
    told: watch::Receiver<()>,
    seen: i64,
}

impl Tail {
    /// Where it is.
    pub(crate) const fn seen(&self) -> i64 {
        self.seen
    }

    /// The events that come next; waits for some. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Vec<Arc<Event>>> {
        loop {
            self.told.borrow_and_update();
            let events = match self.shelf.after(self.seen) {
                After::Events(events) => events,
                After::Nothing => Vec::new(),
                After::Elsewhere => {
                    let _turn = self.hub.turn_to_look().await?;
                    let events = self.hub.store.read().events_after(self.seen, BATCH).await?;
                    events.into_iter().map(Arc::new).collect()
                }
            };
            if let Some(last) = events.last() {
                self.seen = last.seq;
                return Ok(events);
            }
            self.told.changed().await.map_err(|_| Error::Unavailable)?;
        }
    }
}

impl Hub {
    /// The log after a point, or from now on.
    ///
    /// # Errors
    /// [`Error::Invalid`] if events after that point may be gone.
    pub(crate) async fn tail(&self, after: Option<i64>) -> Result<Tail> {
        let _turn = self.turn_to_look().await?;
        let seen = match after {
            None => self.store.read().last_event().await?,
            Some(after) => {
                let first = self.store.read().first_event().await?;
                if after != 0 && after < first {
                    return Err(Error::invalid("resume_token", "is older than the oldest event"));
                }
                after
            }
        };
        Ok(self.tail_from(seen))
    }

    /// The log after a point that is known to be in it.
    pub(crate) fn tail_from(&self, seen: i64) -> Tail {
        let shelf = self.shelf();
        // what another process wrote into the same file, nobody tells of
        shelf.look.notify_one();
        Tail { hub: self.clone(), told: shelf.told.clone(), shelf, seen }
    }

    /// The turn of a stream to look into the database.
    pub(super) async fn turn_to_look(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        self.streams.looking.acquire().await.map_err(|_| Error::Unavailable)
    }

    /// The shelf, with somebody who fills it.
    fn shelf(&self) -> Arc<Shelf> {
        let mut known = self.streams.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let there = known.upgrade().filter(|shelf| shelf.told.has_changed().is_ok());
        there.unwrap_or_else(|| {
            let (tell, told) = watch::channel(());
            let look = Arc::new(Notify::new());
            let shelf = Arc::new(Shelf { newest: RwLock::default(), told, look: look.clone() });
            *known = Arc::downgrade(&shelf);
            tokio::spawn(self.clone().fill_shelf(Arc::downgrade(&shelf), tell, look));
            shelf
        })
    }

    /// Puts events on the shelf as long as a stream wants them. If they cannot be read, all streams
    /// end; whoever resumes gets another shelf.
    async fn fill_shelf(self, shelf: Weak<Shelf>, tell: watch::Sender<()>, look: Arc<Notify>) {
        // heard from before it is looked, so that nothing comes in between
        let mut changes = self.store.changes();
        loop {
            match self.put_on(&shelf).await {
                Ok(true) => {
                    tell.send_replace(());
                    sleep(REST).await;
                    continue;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "the event log could not be read; streams end");
                    return;
                }
            }
            let goes_on = tokio::select! {
                is_open = changes.changed() => is_open,
                () = look.notified() => true,
                () = self.ending.cancelled() => false,
            };
            if !goes_on || shelf.strong_count() == 0 {
                return;
            }
        }
    }

    /// Puts what is new on the shelf; whether there was anything.
    async fn put_on(&self, shelf: &Weak<Shelf>) -> Result<bool> {
        let reach =
            |shelf: Arc<Shelf>| shelf.newest.read().unwrap_or_else(PoisonError::into_inner).reach;
        let Some(reach) = shelf.upgrade().map(reach) else {
            return Ok(false);
        };
        let (floor, events) = match reach {
            Some(reach) => (None, self.store.read().events_after(reach, BATCH).await?),
            None => (Some(self.store.read().last_event().await?), Vec::new()),
        };
        let Some(shelf) = shelf.upgrade().filter(|_| floor.is_some() || !events.is_empty()) else {
            return Ok(false);
        };
        let mut newest = shelf.newest.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(floor) = floor {
            (newest.floor, newest.reach) = (floor, Some(floor));
        }
        newest.add(events);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_domain::{TenantId, Timestamp};

    fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<Event> {
        let event = |seq| Event {
            seq,
            tenant: TenantId(1),
            kind: "target.created".into(),
            target: None,
            controller_id: None,
            action: None,
            payload: String::new(),
            created_at: Timestamp::from_millis(0),
        };
        numbers.map(event).collect()
    }

    fn numbers(newest: &Newest, seen: i64) -> Option<Vec<i64>> {
        match newest.after(seen) {
            After::Events(events) => Some(events.iter().map(|event| event.seq).collect()),
            After::Nothing => Some(Vec::new()),
            After::Elsewhere => None,
        }
    }

    #[test]
    fn only_the_newest_events_are_kept_and_nobody_passes_over_the_others() {
        let mut newest = Newest { floor: 10, reach: Some(10), events: VecDeque::new() };
        assert_eq!(numbers(&newest, 9), None);
        assert_eq!(numbers(&newest, 10), Some(Vec::new()));
        newest.add(events(11..=13));
        assert_eq!(numbers(&newest, 11), Some(vec![12, 13]));
        assert_eq!(numbers(&newest, 99), Some(Vec::new()));
        let many = i64::try_from(KEPT).unwrap();
        newest.add(events(14..=13 + many));
        assert_eq!((newest.floor, newest.reach), (13, Some(13 + many)));
        assert_eq!(newest.events.len(), KEPT);
        assert_eq!(numbers(&newest, 12), None);
        let some = numbers(&newest, 13).unwrap();
        assert_eq!((some[0], some.len()), (14, 500));
    }
}
