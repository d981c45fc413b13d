//! Actions before they have a number: who made them, and how their history begins.

use super::confirm::auto_confirmation_text;
use super::{
    Action, ActionType, Assignment, Consent, EntryStatus, Initiator, MaintenanceWindow, NewEntry,
    State, split_messages,
};
use crate::target::Target;
use crate::{ActionId, Audit, RolloutGroupId, RolloutId, SetId, TargetId, TenantId, Timestamp};

/// The weight of an action that none was given for.
const WEIGHT_DEFAULT: i32 = 1000;

/// An action that is to be stored: all of it but number and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAction {
    /// Whose it is.
    pub tenant: TenantId,
    /// Who is to install.
    pub target: TargetId,
    /// What is to be installed.
    pub set: SetId,
    /// How urgent.
    pub action_type: ActionType,
    /// What it is in.
    pub state: State,
    /// 0 to 1000.
    pub weight: i32,
    /// When the device may install.
    pub window: Option<MaintenanceWindow>,
    /// A reference of another system.
    pub external_ref: Option<String>,
    /// The rollout it comes from.
    pub rollout: Option<RolloutId>,
    /// The rollout's group; for whoever makes rollouts to fill in.
    pub rollout_group: Option<RolloutGroupId>,
    /// Who makes it.
    pub audit: Audit,
    /// Its first history entry; scheduled actions have none.
    pub entry: Option<NewEntry>,
}

impl NewAction {
    /// The action once it has a number.
    #[must_use]
    pub fn into_action(self, id: ActionId, version: i64) -> Action {
        Action {
            id,
            tenant: self.tenant,
            target: self.target,
            set: self.set,
            action_type: self.action_type,
            state: self.state,
            weight: self.weight,
            window: self.window,
            last_code: None,
            retrieved_last: false,
            entries: u32::from(self.entry.is_some()),
            external_ref: self.external_ref,
            rollout: self.rollout,
            rollout_group: self.rollout_group,
            audit: self.audit,
            version,
        }
    }
}

impl Initiator {
    /// The history's first message.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::User(name) | Self::Device(name) => {
                format!("Assignment initiated by user '{name}'")
            }
            Self::AutoAssignment { filter } => {
                format!("Auto assignment by target filter: {filter}")
            }
            Self::Rollout { rollout, id, group } => {
                format!("Initiated by Rollout Group '{group}' [Rollout {rollout}:{id}]")
            }
        }
    }
}

/// The first entry of an action's history: what made it, and what is with its consent. `by` is
/// who made it in the end.
#[must_use]
pub fn first_entry(initiator: &Initiator, consent: &Consent, by: &str, now: Timestamp) -> NewEntry {
    let first = initiator.text();
    let (status, second) = match consent {
        Consent::NotNeeded => (EntryStatus::Running, None),
        Consent::ByInitiator => (
            EntryStatus::WaitForConfirmation,
            Some(format!("Assignment confirmed by initiator [{by}].")),
        ),
        Consent::Auto(auto) => {
            (EntryStatus::WaitForConfirmation, Some(auto_confirmation_text(auto)))
        }
        Consent::Needed => (
            EntryStatus::WaitForConfirmation,
            Some(
                "Waiting for the confirmation by the device before processing with the \
                  deployment"
                    .to_owned(),
            ),
        ),
    };
    // not the hub's own words but those of whoever assigned: devices may see them
    let messages = std::iter::once(first).chain(second).collect();
    NewEntry { status, messages: split_messages(messages), code: None, occurred_at: now }
}

/// A scheduled action, as a rollout makes them for all its groups at its start. It has no
/// history; [`super::Event::Started`] or [`super::Event::Skipped`] begins one.
#[must_use]
pub fn schedule_action(
    assignment: &Assignment,
    target: &Target,
    initiator: &Initiator,
    by: &str,
    now: Timestamp,
) -> NewAction {
    let rollout = match initiator {
        Initiator::Rollout { id, .. } => Some(*id),
        Initiator::User(_) | Initiator::AutoAssignment { .. } | Initiator::Device(_) => None,
    };
    NewAction {
        tenant: target.tenant,
        target: target.id,
        set: assignment.set,
        action_type: assignment.action_type,
        state: State::Scheduled,
        weight: assignment.weight.unwrap_or(WEIGHT_DEFAULT),
        window: assignment.window.clone(),
        external_ref: assignment.external_ref.clone(),
        rollout,
        rollout_group: None,
        audit: Audit::new(by, now),
        entry: None,
    }
}
