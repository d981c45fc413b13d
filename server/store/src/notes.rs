//! What a job has changed, by name, for whoever keeps account of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::Session;

/// How many names a job keeps.
const NAMES_MAX: usize = 1000;

/// The names of the resources that a job has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Each once.
    pub names: BTreeSet<String>,
    /// There are more than are kept.
    pub truncated: bool,
}

impl Notes {
    fn add(&mut self, name: String) {
        if self.names.len() < NAMES_MAX {
            self.names.insert(name);
        } else if !self.names.contains(&name) {
            self.truncated = true;
        }
    }
}

/// Notes that are shared within a job.
pub(crate) type Shared = Mutex<Notes>;

impl Session<'_> {
    /// Notes that the job changes the resource of this name.
    pub fn note(&self, name: String) {
        self.shared_notes().lock().unwrap_or_else(PoisonError::into_inner).add(name);
    }

    /// What was noted so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.shared_notes().lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_not_too_many_of_them() {
        let mut notes = Notes::default();
        for round in 0..2 {
            for number in 0..NAMES_MAX {
                notes.add(format!("targets/{number}"));
            }
            assert_eq!((notes.names.len(), notes.truncated), (NAMES_MAX, false), "{round}");
        }
        notes.add("one more".into());
        assert_eq!((notes.names.len(), notes.truncated), (NAMES_MAX, true));
    }
}
