//! Standing consent: given once for all actions of a target to come.

use super::{AutoConfirmation, Target};
use crate::{Error, Result, Timestamp, text};

const INITIATOR_MAX: usize = 64;
const REMARK_MAX: usize = 512;

/// Gives a target a standing consent (DDI reference: "Auto-confirm"). The actions that wait
/// already get [`crate::action::Event::AutoConfirmed`] with the consent.
///
/// Empty texts count as absent. `by` is who calls: a user, or the device.
///
/// # Errors
/// - [`Error::AutoConfirmationActive`] if there is one already;
/// - [`Error::Invalid`] for an initiator of more than 64 or a remark of more than 512 characters.
pub fn activate_auto_confirmation(
    target: &Target,
    initiator: Option<&str>,
    remark: Option<&str>,
    by: &str,
    now: Timestamp,
) -> Result<Target> {
    if target.auto_confirmation.is_some() {
        let controller_id = target.controller_id.clone();
        return Err(Error::AutoConfirmationActive { controller_id });
    }
    let given = |field, text, max| -> Result<Option<String>> {
        Ok(text::optional(field, text, max)?.filter(|text| !text.is_empty()))
    };
    let mut target = target.clone();
    target.auto_confirmation = Some(AutoConfirmation {
        initiator: given("initiator", initiator, INITIATOR_MAX)?,
        remark: given("remark", remark, REMARK_MAX)?,
        activated_at: now,
        activated_by: by.to_owned(),
    });
    Ok(target)
}

/// Takes a standing consent back, if there is one. What was confirmed stays confirmed.
#[must_use]
pub fn deactivate_auto_confirmation(target: &Target) -> Target {
    let mut target = target.clone();
    target.auto_confirmation = None;
    target
}
