//! Where reports wait: a desk for each writer, attended by one task at a time.

use super::{Heard, Report};
use otahub_domain::Result;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The most reports that are taken together.
const TOGETHER: usize = 256;

/// A report whose device waits for the answer.
pub(super) struct Waiting {
    pub(super) report: Report,
    pub(super) reply: oneshot::Sender<Result<Heard>>,
}

/// The desks.
pub(crate) struct Desks(Vec<Mutex<Desk>>);

#[derive(Default)]
struct Desk {
    waiting: VecDeque<Waiting>,
    is_attended: bool,
}

impl Desks {
    /// So many desks.
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count.max(1)).map(|_| Mutex::default()).collect())
    }

    /// Lets a report wait at a desk; whether somebody has to come and attend it.
    pub(super) fn wait(&self, number: usize, waiting: Waiting) -> bool {
        let mut desk = self.desk(number);
        desk.waiting.push_back(waiting);
        !std::mem::replace(&mut desk.is_attended, true)
    }

    fn desk(&self, number: usize) -> MutexGuard<'_, Desk> {
        self.0[number % self.0.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time in which a desk is attended. However that ends, the next report finds the desk free.
pub(super) struct Attendance<'a> {
    desks: &'a Desks,
    number: usize,
    is_over: bool,
}

impl<'a> Attendance<'a> {
    pub(super) fn new(desks: &'a Desks, number: usize) -> Self {
        Self { desks, number, is_over: false }
    }

    /// What is taken next: as much as can be taken together. Nothing when nobody waits, and then
    /// the desk is left.
    pub(super) fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut desk = self.desks.desk(self.number);
        let next = together(&mut desk.waiting);
        self.is_over = next.is_empty();
        desk.is_attended = !self.is_over;
        (!self.is_over).then_some(next)
    }
}

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            *self.desks.desk(self.number) = Desk::default();
        }
    }
}

/// Takes reports of one tenant and of different targets from the front. Of one target they keep
/// their order.
fn together(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let Some(tenant) = waiting.front().map(|one| one.report.tenant) else {
        return Vec::new();
    };
    let (mut taken, mut left) = (Vec::new(), VecDeque::new());
    let mut targets = HashSet::new();
    while taken.len() < TOGETHER
        && let Some(one) = waiting.pop_front()
    {
        let is_other = one.report.tenant != tenant;
        if is_other || !targets.insert(one.report.controller_id.clone()) {
            left.push_back(one);
        } else {
            taken.push(one);
        }
    }
    left.append(waiting);
    *waiting = left;
    taken
}
