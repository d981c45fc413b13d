//! Who made a thing and who touched it last.

use crate::Timestamp;

/// The four audit fields that every entity carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it: a user name, a controller id or a job's name; at most 64 characters.
    pub created_by: String,
    /// When it was changed last.
    pub modified_at: Timestamp,
    /// Who changed it last.
    pub modified_by: String,
}

impl Audit {
    /// The audit fields of something that `by` makes at `now`.
    #[must_use]
    pub fn new(by: &str, now: Timestamp) -> Self {
        Self { created_at: now, created_by: by.into(), modified_at: now, modified_by: by.into() }
    }

    /// Notes that `by` changed the thing at `now`.
    pub fn touch(&mut self, by: &str, now: Timestamp) {
        self.modified_at = now;
        self.modified_by = by.into();
    }

    /// As [`Audit::touch`], with a time that is later than any before: it stands for a version.
    pub fn touch_later(&mut self, by: &str, now: Timestamp) {
        let later = self.modified_at.plus(std::time::Duration::from_millis(1));
        self.touch(by, now.max(later));
    }
}
