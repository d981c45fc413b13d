//! Consent: whether an action waits for somebody's yes.

use crate::target::AutoConfirmation;

/// An answer to an action that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Go on.
    Confirmed,
    /// Not now: the action keeps waiting.
    Denied,
}

/// Whether a new action needs a confirmation, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// The tenant does not ask for any.
    NotNeeded,
    /// Whoever assigned says that none is needed.
    ByInitiator,
    /// The target has a standing consent.
    Auto(AutoConfirmation),
    /// The action has to wait.
    Needed,
}

impl Consent {
    /// Whether the action has to wait.
    #[must_use]
    pub const fn waits(&self) -> bool {
        match self {
            Self::Needed => true,
            Self::NotNeeded | Self::ByInitiator | Self::Auto(_) => false,
        }
    }
}

/// Decides on the consent of a new action (hawkBit domain rules: "Confirmation flow").
///
/// `flow_on` is the tenant's setting, `confirmation_required` what whoever assigned says (by
/// default it is required), `auto` the target's standing consent.
#[must_use]
pub fn consent_of(
    flow_on: bool,
    confirmation_required: Option<bool>,
    auto: Option<&AutoConfirmation>,
) -> Consent {
    match (flow_on, confirmation_required.unwrap_or(true), auto) {
        (false, _, _) => Consent::NotNeeded,
        (true, false, _) => Consent::ByInitiator,
        (true, true, Some(auto)) => Consent::Auto(auto.clone()),
        (true, true, None) => Consent::Needed,
    }
}

/// What the history says of a standing consent: who asked for it, who switched it on, and why.
pub(crate) fn auto_confirmation_text(consent: &AutoConfirmation) -> String {
    let initiator = consent.initiator.as_deref().filter(|text| !text.is_empty());
    let remark = consent.remark.as_deref().filter(|text| !text.is_empty());
    format!(
        "Confirmed automatically: initiator '{}', activated by '{}', remark '{}'.",
        initiator.unwrap_or("n/a"),
        consent.activated_by,
        remark.unwrap_or("n/a"),
    )
}
