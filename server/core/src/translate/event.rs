//! Events and device work.

use super::{name, time};
use crate::auth::Operator;
use crate::event::Happened;
use crate::usecase::{Work, WorkKind};
use otahub_domain::permission::{Grants, Permission};
use otahub_domain::webhook::Webhook;
use otahub_domain::{ActionId, Error, Result, TenantId};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::{Event, HeldWork};
use proto::EventKind;

/// How many kinds may be named.
const KINDS_MAX: usize = 100;

/// The point in the log that a token means; none without one.
pub(crate) fn position(token: &str) -> Result<Option<i64>> {
    if token.is_empty() {
        return Ok(None);
    }
    let point = token.parse().ok().filter(|point| *point >= 0);
    point.map(Some).ok_or_else(|| Error::invalid("resume_token", "is not one of the hub's"))
}

/// Which events somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct EventFilter {
    tenant: TenantId,
    /// What whoever watches may see.
    grants: Grants,
    kinds: Vec<EventKind>,
    target: Option<String>,
    action: Option<ActionId>,
    rollout: Option<String>,
}

impl EventFilter {
    /// What a request asks for.
    pub(crate) fn new(operator: &Operator, asked: &proto::WatchEventsRequest) -> Result<Self> {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        Ok(Self {
            tenant: operator.tenant,
            grants: operator.grants.clone(),
            kinds: asked.kinds().collect(),
            target: given(&asked.target).map(|n| name::controller_id(&n)).transpose()?,
            action: given(&asked.action).map(|n| name::action(&n)).transpose()?,
            rollout: given(&asked.rollout)
                .map(|name| name::rollout(&name).map(|_| name))
                .transpose()?,
        })
    }

    /// What a webhook is told.
    pub(crate) fn of_webhook(webhook: &Webhook) -> Self {
        let wish = &webhook.wish;
        let kinds = wish.kinds.iter().filter_map(|kind| EventKind::try_from(*kind).ok());
        Self {
            tenant: webhook.tenant,
            grants: Grants::new(wish.sees.iter().cloned()),
            kinds: kinds.collect(),
            target: wish.controller_id.clone(),
            action: None,
            rollout: wish.rollout.map(|id| names::numbered("rollouts", id.0)),
        }
    }

    /// The event as the contract has it, if it is wanted.
    pub(crate) fn pass(&self, event: &Event) -> Option<proto::Event> {
        let kind = kind_of(&event.kind)?;
        let wanted = event.tenant == self.tenant
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.target.is_none() || self.target == event.controller_id)
            && (self.action.is_none() || self.action == event.action)
            && (self.rollout.is_none() || self.rollout.as_deref() == rollout_of(kind, event))
            && permission(kind).is_none_or(|permission| self.grants.allows(permission));
        wanted.then(|| translated(kind, event))
    }
}

/// Which rollout an event is of: `rollouts/{id}`.
fn rollout_of(kind: EventKind, event: &Event) -> Option<&str> {
    let name = match kind {
        EventKind::RolloutCreated | EventKind::RolloutUpdated | EventKind::RolloutDeleted => {
            event.payload.as_str()
        }
        _ => return None,
    };
    Some(name.split_once("/groups/").map_or(name, |(rollout, _)| rollout))
}

/// Refuses kinds that there are not, or that the operator may not see.
pub(crate) fn check_kinds(operator: &Operator, kinds: &[i32]) -> Result<()> {
    if kinds.len() > KINDS_MAX {
        return Err(Error::invalid("kinds", format!("are more than {KINDS_MAX}")));
    }
    for kind in kinds {
        match EventKind::try_from(*kind) {
            Err(_) | Ok(EventKind::Unspecified) => {
                return Err(Error::invalid("kinds", "there is no such kind"));
            }
            Ok(kind) => permission(kind).map_or(Ok(()), |needed| operator.may(needed))?,
        }
    }
    Ok(())
}

/// The permissions of an operator that decide what it is told, by their names.
pub(crate) fn seen_by(operator: &Operator) -> Vec<String> {
    let deciding = [
        Permission::ReadRollout,
        Permission::ReadUser,
        Permission::SystemAdmin,
        Permission::ReadTenantConfiguration,
    ];
    let seen = deciding.into_iter().filter(|permission| operator.grants.allows(*permission));
    seen.map(|permission| permission.as_str().to_owned()).collect()
}

/// What it takes to be told of it, beside the permission to watch.
const fn permission(kind: EventKind) -> Option<Permission> {
    match kind {
        EventKind::RolloutCreated | EventKind::RolloutUpdated | EventKind::RolloutDeleted => {
            Some(Permission::ReadRollout)
        }
        EventKind::UserChanged | EventKind::ApiTokenChanged => Some(Permission::ReadUser),
        EventKind::TenantChanged => Some(Permission::SystemAdmin),
        EventKind::WebhookChanged => Some(Permission::ReadTenantConfiguration),
        _ => None,
    }
}

fn translated(kind: EventKind, event: &Event) -> proto::Event {
    let target = event.controller_id.as_deref().map(names::target);
    let action = event.action.map(|action| names::action(action.0));
    let about_target = target.is_some();
    let rollout = rollout_of(kind, event).unwrap_or_default().to_owned();
    proto::Event {
        time: Some(time(event.created_at)),
        kind: kind.into(),
        resource: match (&action, &target) {
            (Some(action), _) => action.clone(),
            (None, Some(target)) => target.clone(),
            (None, None) => event.payload.clone(),
        },
        target: target.unwrap_or_default(),
        action: action.filter(|_| about_target).unwrap_or_default(),
        rollout,
    }
}

/// What the contract calls an event of the log; nothing if it is the hub's own matter.
fn kind_of(word: &str) -> Option<EventKind> {
    let kinds = [
        (Happened::TargetCreated, EventKind::TargetCreated),
        (Happened::TargetUpdated, EventKind::TargetUpdated),
        (Happened::TargetDeleted, EventKind::TargetDeleted),
        (Happened::ActionCreated, EventKind::ActionCreated),
        (Happened::ActionUpdated, EventKind::ActionUpdated),
        (Happened::ActionDeleted, EventKind::ActionDeleted),
        (Happened::SetCreated, EventKind::DistributionSetCreated),
        (Happened::SetUpdated, EventKind::DistributionSetUpdated),
        (Happened::SetDeleted, EventKind::DistributionSetDeleted),
        (Happened::ModuleCreated, EventKind::SoftwareModuleCreated),
        (Happened::ModuleUpdated, EventKind::SoftwareModuleUpdated),
        (Happened::ModuleDeleted, EventKind::SoftwareModuleDeleted),
        (Happened::SettingUpdated, EventKind::SettingUpdated),
        (Happened::TargetTypeChanged, EventKind::TargetTypeChanged),
        (Happened::TargetTagChanged, EventKind::TargetTagChanged),
        (Happened::ModuleTypeChanged, EventKind::SoftwareModuleTypeChanged),
        (Happened::SetTypeChanged, EventKind::DistributionSetTypeChanged),
        (Happened::SetTagChanged, EventKind::DistributionSetTagChanged),
        (Happened::TargetFilterChanged, EventKind::TargetFilterChanged),
        (Happened::RolloutCreated, EventKind::RolloutCreated),
        (Happened::RolloutUpdated, EventKind::RolloutUpdated),
        (Happened::RolloutDeleted, EventKind::RolloutDeleted),
        (Happened::RolloutGroupCreated, EventKind::RolloutUpdated),
        (Happened::RolloutGroupUpdated, EventKind::RolloutUpdated),
        (Happened::UserChanged, EventKind::UserChanged),
        (Happened::ApiTokenChanged, EventKind::ApiTokenChanged),
        (Happened::TenantChanged, EventKind::TenantChanged),
        (Happened::WebhookChanged, EventKind::WebhookChanged),
    ];
    kinds.into_iter().find(|(happened, _)| happened.as_str() == word).map(|(_, kind)| kind)
}

/// A message of a stream of work.
pub(crate) fn work(work: Work) -> proto::WatchDeviceWorkResponse {
    proto::WatchDeviceWorkResponse {
        work: work.work.map(|(tenant, kind, work)| proto::DeviceWork {
            tenant,
            controller_id: work.controller_id,
            kind: work_kind(kind).into(),
            action: work.action.map_or(0, |action| action.0),
            address: work.address,
            held: work.id,
        }),
        resume_token: work.seq.map(|seq| seq.to_string()).unwrap_or_default(),
    }
}

const fn work_kind(kind: WorkKind) -> proto::DeviceWorkKind {
    match kind {
        WorkKind::OfferChanged => proto::DeviceWorkKind::OfferChanged,
        WorkKind::Cancel => proto::DeviceWorkKind::Cancel,
        WorkKind::AttributesRequested => proto::DeviceWorkKind::AttributesRequested,
        WorkKind::TargetDeleted => proto::DeviceWorkKind::TargetDeleted,
        WorkKind::Registered => proto::DeviceWorkKind::Registered,
    }
}

/// Work that is to be kept, with its tenant's name; the cause is cut at `cause_max` characters.
pub(crate) fn undelivered(
    undelivered: proto::UndeliveredWork,
    cause_max: usize,
) -> Result<(String, WorkKind, HeldWork)> {
    let work = undelivered.work.ok_or_else(|| Error::invalid("work", "is required"))?;
    let kind = match work.kind() {
        proto::DeviceWorkKind::Unspecified => return Err(Error::invalid("kind", "is required")),
        proto::DeviceWorkKind::OfferChanged => WorkKind::OfferChanged,
        proto::DeviceWorkKind::Cancel => WorkKind::Cancel,
        proto::DeviceWorkKind::AttributesRequested => WorkKind::AttributesRequested,
        proto::DeviceWorkKind::TargetDeleted => WorkKind::TargetDeleted,
        proto::DeviceWorkKind::Registered => WorkKind::Registered,
    };
    let held = HeldWork {
        id: 0,
        tenant: TenantId(0),
        controller_id: work.controller_id,
        kind: String::new(),
        action: (work.action != 0).then_some(ActionId(work.action)),
        address: work.address,
        cause: undelivered.cause.chars().take(cause_max).collect(),
        tries: 0,
    };
    Ok((work.tenant, kind, held))
}
