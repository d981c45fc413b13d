//! How an update ended on a device that could not say it: by what it runs afterwards.

use super::{Delivery, Stage};
use crate::action::{CancelOutcome, Event, Feedback, Outcome, SERVER_PREFIX};
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

/// Whether a device that is to be sent a request again has installed it already, while nobody
/// heard it: it runs something else than before, and that is one of the `wanted` versions.
#[must_use]
pub fn has_installed(delivery: &Delivery, image: Option<&Image>, wanted: &[String]) -> bool {
    let Some((before, image)) = delivery.image_before.as_ref().zip(image) else {
        return false;
    };
    delivery.stage == Stage::Pending && *before != image.whole && image.is_one_of(wanted)
}

/// What to make of a device that is back after an installation and has not said how it went:
/// `wanted` are the versions that the update was to bring. The action stays open if it cannot be
/// told.
#[must_use]
pub fn judge(
    delivery: &Delivery,
    state: State,
    image: Option<&Image>,
    wanted: &[String],
    now: Timestamp,
) -> Vec<Event> {
    let unchanged = image.is_some_and(|image| delivery.image_before.as_ref() == Some(&image.whole));
    let version = image.map(|image| image.version.as_str()).unwrap_or_default();
    let (outcome, text) = match image {
        Some(image) if image.is_one_of(wanted) => (
            Outcome::Succeeded,
            format!(
                "It runs version {version} now, which is what was to be installed (inferred from \
                 its base image)."
            ),
        ),
        Some(_) if unchanged => (
            Outcome::Failed,
            format!(
                "It runs version {version} as it did before: it fell back (SystemRollback, \
                 inferred from its base image)."
            ),
        ),
        Some(_) => (
            Outcome::Rejected,
            format!(
                "It runs version {version}, which is neither what was to be installed nor \
                     what it ran before."
            ),
        ),
        None => (Outcome::Rejected, "Nor does it say what it runs.".to_owned()),
    };
    let text = format!("The device did not say how the update ended. {text}");
    let reported = Event::Reported(Feedback {
        outcome,
        code: None,
        messages: vec![format!("{SERVER_PREFIX}{text}")],
        occurred_at: now,
        after_download: true,
        answer_with_order: false,
    });
    let stopped = (state == State::Canceling).then(|| Event::CancelReported {
        outcome: CancelOutcome::Refused,
        code: None,
        messages: vec![format!("{SERVER_PREFIX}The device was not stopped.")],
        occurred_at: now,
    });
    stopped.filter(|_| outcome != Outcome::Rejected).into_iter().chain([reported]).collect()
}

impl Image {
    fn is_one_of(&self, wanted: &[String]) -> bool {
        wanted.iter().any(|version| !version.is_empty() && *version == self.version)
    }
}

impl Delivery {
    /// Whether the device could be judged once it has had its time: it came back after it had
    /// begun to install, and its action is open still.
    #[must_use]
    pub fn awaits_judgement(&self, state: State) -> bool {
        state.is_active()
            && self.returned
            && (Stage::Downloaded..=Stage::Rebooting).contains(&self.stage)
    }
}
