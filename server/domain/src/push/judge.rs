//! How an update ended on a device that could not say it: by what it runs afterwards.

use super::{Delivery, Stage};
use crate::action::{Event, Feedback, Outcome, SERVER_PREFIX};
use crate::target::Attributes;
use crate::{Timestamp, action::State};

/// The software that a device says it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Its version.
    pub version: String,
    /// All that it says about it, to see whether anything changed.
    pub whole: String,
}

/// The attributes that name the software, the telling ones first.
const KEYS: [&str; 4] =
    ["baseImage.version", "baseImage.buildId", "baseImage.fingerprint", "baseImage.name"];

impl Image {
    /// What the attributes of a device say of its software; nothing if they do not.
    #[must_use]
    pub fn of(attributes: &Attributes) -> Option<Self> {
        let of = |key: &str| attributes.get(key).cloned().unwrap_or_default();
        let parts = KEYS.map(of);
        if parts.iter().all(String::is_empty) {
            return None;
        }
        Some(Self { version: parts[0].clone(), whole: parts.join("|") })
    }
}

/// What to make of a device that is back after an installation and has not said how it went:
/// `wanted` are the versions that the update was to bring. Nothing if it cannot be told.
#[must_use]
pub fn judge(
    delivery: &Delivery,
    image: Option<&Image>,
    wanted: &[String],
    now: Timestamp,
) -> Option<Event> {
    if !matches!(delivery.stage, Stage::Deployed | Stage::Rebooting) {
        return None;
    }
    let image = image?;
    let is_wanted = wanted.iter().any(|version| !version.is_empty() && *version == image.version);
    let unchanged = delivery.image_before.as_ref() == Some(&image.whole);
    let (outcome, text) = match (is_wanted, unchanged) {
        (true, _) => (
            Outcome::Succeeded,
            format!(
                "The device did not say how the update ended. It runs version {} now, which is \
                 what was to be installed (inferred from its base image).",
                image.version
            ),
        ),
        (false, true) => (
            Outcome::Failed,
            format!(
                "The device did not say how the update ended. It runs version {} as it did \
                 before: it fell back (SystemRollback, inferred from its base image).",
                image.version
            ),
        ),
        (false, false) => return None,
    };
    Some(Event::Reported(Feedback {
        outcome,
        code: None,
        messages: vec![format!("{SERVER_PREFIX}{text}")],
        occurred_at: now,
        after_download: true,
    }))
}

impl Delivery {
    /// Whether the device could be judged once it has had its time: it has installed, and its
    /// action is open still.
    #[must_use]
    pub fn awaits_judgement(&self, state: State) -> bool {
        state.is_active() && matches!(self.stage, Stage::Deployed | Stage::Rebooting)
    }
}
