//! How far work is done that is done out of order.

use std::collections::VecDeque;

/// Work under way, in the order in which it came.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    first: u64,
    waiting: VecDeque<(String, bool)>,
}

impl Progress {
    /// Notes work that has begun, and the point that is reached with it; gives its number.
    pub(crate) fn begin(&mut self, token: String) -> u64 {
        self.waiting.push_back((token, false));
        self.first + self.waiting.len() as u64 - 1
    }

    /// Notes that a piece of work is done.
    pub(crate) fn done(&mut self, number: u64) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(entry) = place.and_then(|place| self.waiting.get_mut(place)) {
            entry.1 = true;
        }
    }

    /// The point up to which all is done, if it has moved.
    pub(crate) fn reached(&mut self) -> Option<String> {
        let mut reached = None;
        while self.waiting.front().is_some_and(|(_, done)| *done) {
            reached = self.waiting.pop_front().map(|(token, _)| token);
            self.first += 1;
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_moves_only_when_all_before_it_is_done() {
        let mut progress = Progress::default();
        let numbers: Vec<u64> = ["a", "b", "c"].map(|t| progress.begin(t.into())).into();
        assert_eq!(progress.reached(), None);
        progress.done(numbers[1]);
        assert_eq!(progress.reached(), None);
        progress.done(numbers[0]);
        assert_eq!(progress.reached(), Some("b".into()));
        assert_eq!(progress.reached(), None);
        progress.done(numbers[0]);
        let late = progress.begin("d".into());
        progress.done(late);
        assert_eq!(progress.reached(), None);
        progress.done(numbers[2]);
        assert_eq!(progress.reached(), Some("d".into()));
    }
}
