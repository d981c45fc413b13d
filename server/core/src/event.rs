//! What the event log says: written in the transaction of what caused it.

use otahub_domain::action::{Action, Effect};
use otahub_domain::target::Target;
use otahub_domain::{Result, TenantId, Timestamp};
use otahub_proto::names;
use otahub_store::{NewEvent, Session};

/// What happened, as the log's `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    /// A target was made.
    TargetCreated,
    /// A target changed.
    TargetUpdated,
    /// A target is gone.
    TargetDeleted,
    /// An action was made.
    ActionCreated,
    /// An action changed.
    ActionUpdated,
    /// An action is gone.
    ActionDeleted,
    /// What a device is offered may have changed.
    OfferChanged,
    /// What a device is offered stays, in another manner.
    OfferAdjusted,
    /// A device made itself known, perhaps again.
    Registered,
    /// A device is to stop an action.
    CancelWanted,
    /// A device is asked for its attributes.
    AttributesWanted,
    /// Settings of the tenant changed.
    SettingUpdated,
    /// A software module was made.
    ModuleCreated,
    /// A software module, or one of its artifacts, changed.
    ModuleUpdated,
    /// A software module is gone.
    ModuleDeleted,
    /// A distribution set was made.
    SetCreated,
    /// A distribution set changed.
    SetUpdated,
    /// A distribution set is gone.
    SetDeleted,
    /// A target type was made, changed or deleted.
    TargetTypeChanged,
    /// A target filter was made, changed or deleted.
    TargetFilterChanged,
    /// A target tag was made, changed or deleted.
    TargetTagChanged,
    /// A software module type was made, changed or deleted.
    ModuleTypeChanged,
    /// A distribution set type was made, changed or deleted.
    SetTypeChanged,
    /// A distribution set tag was made, changed or deleted.
    SetTagChanged,
    /// A rollout was made.
    RolloutCreated,
    /// A rollout changed.
    RolloutUpdated,
    /// A rollout is gone.
    RolloutDeleted,
    /// A dynamic rollout got a further group.
    RolloutGroupCreated,
    /// A group of a rollout changed.
    RolloutGroupUpdated,
    /// A user was made, changed or deleted.
    UserChanged,
    /// An API token was made or revoked.
    ApiTokenChanged,
    /// A tenant was made or deleted. The log of who did it tells.
    TenantChanged,
    /// A webhook was made, changed or deleted, or is to send again what it could not.
    WebhookChanged,
}

impl Happened {
    /// The word in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TargetCreated => "target.created",
            Self::TargetUpdated => "target.updated",
            Self::TargetDeleted => "target.deleted",
            Self::ActionCreated => "action.created",
            Self::ActionUpdated => "action.updated",
            Self::ActionDeleted => "action.deleted",
            Self::OfferChanged => "device.offer_changed",
            Self::OfferAdjusted => "device.offer_adjusted",
            Self::Registered => "device.registered",
            Self::CancelWanted => "device.cancel",
            Self::AttributesWanted => "device.attributes_requested",
            Self::SettingUpdated => "setting.updated",
            Self::ModuleCreated => "software_module.created",
            Self::ModuleUpdated => "software_module.updated",
            Self::ModuleDeleted => "software_module.deleted",
            Self::SetCreated => "distribution_set.created",
            Self::SetUpdated => "distribution_set.updated",
            Self::SetDeleted => "distribution_set.deleted",
            Self::TargetTypeChanged => "target_type.changed",
            Self::TargetFilterChanged => "target_filter.changed",
            Self::TargetTagChanged => "target_tag.changed",
            Self::ModuleTypeChanged => "software_module_type.changed",
            Self::SetTypeChanged => "distribution_set_type.changed",
            Self::SetTagChanged => "distribution_set_tag.changed",
            Self::RolloutCreated => "rollout.created",
            Self::RolloutUpdated => "rollout.updated",
            Self::RolloutDeleted => "rollout.deleted",
            Self::RolloutGroupCreated => "rollout_group.created",
            Self::RolloutGroupUpdated => "rollout_group.updated",
            Self::UserChanged => "user.changed",
            Self::ApiTokenChanged => "api_token.changed",
            Self::TenantChanged => "tenant.changed",
            Self::WebhookChanged => "webhook.changed",
        }
    }

    const fn of_effect(effect: Effect) -> Self {
        match effect {
            Effect::ActionChanged => Self::ActionUpdated,
            Effect::OfferChanged => Self::OfferChanged,
            Effect::OfferAdjusted => Self::OfferAdjusted,
            Effect::CancelWanted => Self::CancelWanted,
            Effect::AttributesWanted => Self::AttributesWanted,
        }
    }
}

/// Writes to the log as part of a transaction.
pub(crate) struct Log<'s> {
    /// The transaction.
    pub session: &'s Session<'s>,
    /// Whose log.
    pub tenant: TenantId,
    /// When.
    pub now: Timestamp,
}

impl Log<'_> {
    /// Something happened to a target. The log keeps where it could be reached.
    pub(crate) async fn target(&self, what: Happened, target: &Target) -> Result<()> {
        self.append(what, Some(target), None, address(target)).await
    }

    /// Something happened to an action.
    pub(crate) async fn action(
        &self,
        what: Happened,
        target: &Target,
        action: &Action,
    ) -> Result<()> {
        self.append(what, Some(target), Some(action), address(target)).await
    }

    /// What transitions have to tell: of each, wishes for attributes before what is to be done
    /// next.
    pub(crate) async fn effects(&self, changes: &[(&[Effect], &Target, &Action)]) -> Result<()> {
        let mut events = Vec::with_capacity(changes.len() * 2);
        for (effects, target, action) in changes {
            let (first, rest): (Vec<Effect>, Vec<Effect>) =
                effects.iter().partition(|effect| **effect == Effect::AttributesWanted);
            let event = |effect| {
                let what = Happened::of_effect(effect);
                self.event(what, Some(target), Some(action), address(target))
            };
            events.extend(first.into_iter().chain(rest).map(event));
        }
        Ok(self.session.append_events(&events, self.now).await?)
    }

    /// Something happened to another resource, by its name.
    pub(crate) async fn resource(&self, what: Happened, name: &str) -> Result<()> {
        self.append(what, None, None, name.to_owned()).await
    }

    async fn append(
        &self,
        what: Happened,
        target: Option<&Target>,
        action: Option<&Action>,
        payload: String,
    ) -> Result<()> {
        let event = self.event(what, target, action, payload);
        Ok(self.session.append_event(&event, self.now).await?)
    }

    fn event(
        &self,
        what: Happened,
        target: Option<&Target>,
        action: Option<&Action>,
        payload: String,
    ) -> NewEvent {
        self.session.note(match (target, action) {
            (_, Some(action)) => names::action(action.id.0),
            (Some(target), None) => names::target(&target.controller_id),
            (None, None) => payload.clone(),
        });
        NewEvent {
            tenant: self.tenant,
            kind: what.as_str().to_owned(),
            target: target.map(|t| t.id),
            controller_id: target.map(|t| t.controller_id.clone()),
            action: action.map(|a| a.id),
            payload,
        }
    }
}

/// Where a target could be reached, as the payload of its events.
fn address(target: &Target) -> String {
    target.address.clone().unwrap_or_default()
}
